/** What is drawn of how much, and what the API itself left out. Nothing is hidden without a count. */

import type { Topology } from "@/api/types";
import type { Budgeted } from "@/graph/budget";
import type { Graph } from "@/graph/model";
import { count, many, octets } from "@/lib/format";
import { When } from "@/ui/When";
import { LiveMark } from "./LiveMark";
import css from "./map.module.css";
import { BUDGET } from "./search";

interface Props {
  budgeted: Budgeted;
  topology: Topology;
  /** What is asked again and again; null at another time than now. */
  live: { graph: Graph; fresh: boolean; answered: number } | null;
  all: boolean;
  onAll: (all: boolean) => void;
}

export function StatusLine({ budgeted, topology, live, all, onAll }: Props) {
  const { left_out: left, totals, hidden } = topology;
  return (
    <div className={css["status"]}>
      <span className="number">
        {count(budgeted.count)} of {many(budgeted.total, "link")}, {Math.round(budgeted.share * 100)} % of octets
      </span>
      {budgeted.count < budgeted.total && (
        <button type="button" onClick={() => onAll(true)}>
          show all
        </button>
      )}
      {all && budgeted.total > BUDGET && (
        <button type="button" onClick={() => onAll(false)}>
          strongest {BUDGET} only
        </button>
      )}
      {left.edges > 0 && (
        <span className="number">
          · {many(left.edges, "weaker link")} not fetched ({octets(left.octets)},{" "}
          {many(left.dependencies, "dependency", "dependencies")})
        </span>
      )}
      {hidden.dependencies > 0 && (
        <span className="number">
          · the filter hides {many(hidden.dependencies, "dependency", "dependencies")} ({octets(hidden.octets)})
        </span>
      )}
      {live && <LiveMark {...live} />}
      <span className={`number ${css["right"]}`}>
        {many(totals.assets, "asset")} · {many(totals.dependencies, "dependency", "dependencies")} ·{" "}
        {octets(totals.octets)} · as of <When at={topology.as_of} />
      </span>
    </div>
  );
}
