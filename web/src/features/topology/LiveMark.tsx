/** Whether the map moves with the flows, has lost the API, or caught up after an absence, and then with what. */

import { count, many } from "@/lib/format";
import { useNow } from "@/lib/useNow";
import type { Graph } from "@/graph/model";
import css from "./map.module.css";
import { LATE, useAbsence } from "./useAbsence";

interface Props {
  graph: Graph;
  fresh: boolean;
  /** When the last answer came, also one that said that nothing has changed. */
  answered: number;
}

export function LiveMark({ graph, fresh, answered }: Props) {
  const caughtUp = useAbsence(graph, fresh, answered);
  const now = useNow(5000);
  const behind = now - answered;
  if (behind > LATE)
    return (
      <span role="status" className={css["lost"]}>
        ● no answer for {many(Math.round(behind / 1000), "second")}, asking again
      </span>
    );
  if (caughtUp)
    return (
      <span role="status">
        <b className={css["added"]}>●</b> caught up with {many(caughtUp.minutes, "minute")}: {count(caughtUp.added)}{" "}
        new, {count(caughtUp.grown)} active, {count(caughtUp.gone)} gone
      </span>
    );
  return (
    <span>
      <b className={css["added"]}>●</b> live
    </span>
  );
}
