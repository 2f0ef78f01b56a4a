/** What a rule said before, and who changed it. */

import { useRuleHistory } from "@/api/classification";
import type { ListedRule } from "@/api/types";
import { AttributeChips } from "@/ui/AttributeChips";
import { Region } from "@/ui/Region";
import { When } from "@/ui/When";
import css from "./classification.module.css";

export function History({ rule }: { rule: ListedRule }) {
  const asked = useRuleHistory(rule.id);
  return (
    <section aria-label="History">
      <h3 className={css["subtitle"]}>History</h3>
      <Region of={asked} height={60}>
        {({ items }) => (
          <ol className={css["history"]}>
            {items.map((one) => (
              <li key={one.version}>
                <div>
                  <When at={one.since} /> <span className="dim">by {one.actor}</span>
                </div>
                <div>
                  <span className="mono">{one.network}</span> <AttributeChips of={one.attributes} />
                </div>
              </li>
            ))}
          </ol>
        )}
      </Region>
    </section>
  );
}
