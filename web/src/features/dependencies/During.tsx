/** The intervals in which a dependency was valid: drawn to scale, then as text. */

import type { DependencyDetail } from "@/api/types";
import { localTime } from "@/lib/format";
import { When } from "@/ui/When";
import css from "./dependency.module.css";

type Interval = DependencyDetail["during"][number];

export function During({ of }: { of: Interval[] }) {
  const first = Math.min(...of.map((interval) => Date.parse(interval.from)));
  const last = Math.max(...of.map((interval) => Date.parse(interval.to)));
  const width = Math.max(1, last - first);
  const label = of.map((interval) => `${localTime(interval.from)} to ${localTime(interval.to)}`).join("; ");
  return (
    <>
      <svg className={css["strip"]} viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label={label}>
        {of.map((interval) => (
          <rect
            key={interval.from}
            x={(1000 * (Date.parse(interval.from) - first)) / width}
            width={Math.max(3, (1000 * (Date.parse(interval.to) - Date.parse(interval.from))) / width)}
            height="12"
          />
        ))}
      </svg>
      <ol className={css["intervals"]}>
        {[...of]
          .reverse()
          .slice(0, 12)
          .map((interval) => (
            <li key={interval.from}>
              <When at={interval.from} /> – <When at={interval.to} />
            </li>
          ))}
      </ol>
      {of.length > 12 && <p className="dim">and {of.length - 12} earlier</p>}
    </>
  );
}
