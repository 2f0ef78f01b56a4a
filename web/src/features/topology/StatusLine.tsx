/** What is drawn of how much, and what the API itself left out. Nothing is hidden without a count. */

import type { Topology } from "@/api/types";
import type { Budgeted } from "@/graph/budget";
import { count, many, octets } from "@/lib/format";
import { When } from "@/ui/When";
import css from "./map.module.css";
import { BUDGET } from "./search";

interface Props {
  budgeted: Budgeted;
  topology: Topology;
  all: boolean;
  onAll: (all: boolean) => void;
}

export function StatusLine({ budgeted, topology, all, onAll }: Props) {
  const { left_out: left, totals } = topology;
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
      <span className={`number ${css["right"]}`}>
        {many(totals.assets, "asset")} · {many(totals.dependencies, "dependency", "dependencies")} ·{" "}
        {octets(totals.octets)} · as of <When at={topology.as_of} />
      </span>
    </div>
  );
}
