/** The gate that a cloud pushes through: whom it last let in, and what it refused within a day. */

import type { FeedPush } from "@/api/types";
import { count } from "@/lib/format";
import { CopyButton } from "@/ui/Copy";
import { When } from "@/ui/When";
import css from "./feeds.module.css";

export function Taken({ text, what }: { text: string; what: string }) {
  return (
    <>
      <span className={css["long"]}>{text}</span> <CopyButton text={text} what={what} />
    </>
  );
}

export function Refusals({ of }: { of: FeedPush["refusals"] }) {
  if (of.length === 0) return <p className={css["hint"]}>Nothing was refused in the last day.</p>;
  return (
    <>
      <h4 className={css["heading"]}>Refused in the last day</h4>
      <ul className={css["lines"]} aria-label="Refused in the last day">
        {of.map((one) => (
          <li key={one.reason}>
            {count(one.times)} × <span className="mono">{one.reason}</span>, last <When at={one.last_at} relative />:{" "}
            {one.detail}
          </li>
        ))}
      </ul>
    </>
  );
}

/** A FlowLens that only its own machine can reach. */
export function Unreached() {
  const { hostname, protocol } = window.location;
  if (protocol === "https:" && !/^(127\.|localhost$|\[::1\]$)/.test(hostname)) return null;
  return (
    <p className={css["told"]}>
      A cloud cannot reach this address: it wants one on the internet, over https, with a certificate that browsers
      trust.
    </p>
  );
}
