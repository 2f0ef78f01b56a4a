/** Lines that could not be read, by reason, with up to three of each. */

import { count } from "@/lib/format";
import css from "./feeds.module.css";

interface Lines {
  unreadable: Record<string, number>;
  examples: Record<string, string[]>;
}

export function NotRead({ unreadable, examples }: Lines) {
  const all = Object.entries(unreadable);
  if (all.length === 0) return null;
  return (
    <section aria-label="Lines that could not be read">
      <h3 className={css["subtitle"]}>Not read</h3>
      {all.map(([reason, lines]) => (
        <div key={reason}>
          {count(lines)} × {reason}
          <ul className={css["lines"]}>
            {(examples[reason] ?? []).map((line) => (
              <li key={line} className="mono">
                {line}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}
