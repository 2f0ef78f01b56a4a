/** What a change would move, while it is written. */

import { asProblem } from "@/api/client";
import { type Tried, usePreview } from "@/api/classification";
import type { ListedRule, NewRule } from "@/api/types";
import { nameOf } from "@/lib/attributes";
import { many } from "@/lib/format";
import { useSettled } from "@/lib/useSettled";
import css from "./classification.module.css";

interface Props {
  rule: ListedRule | null;
  /** What it would say; null when it would be deleted. */
  wanted: NewRule | null;
  changed: boolean;
}

export function Moves({ rule, wanted, changed }: Props) {
  const text = useSettled(JSON.stringify({ rule, wanted, changed }), 300);
  const tried = triedOf(JSON.parse(text) as Props);
  const { data, error, isFetching } = usePreview(tried);
  if (tried === null) return null;
  return (
    <section className={css["moves"]} aria-label="What would move" aria-busy={isFetching} aria-live="polite">
      {error ? <p role="alert">{asProblem(error).detail}</p> : <List moves={data?.items} />}
    </section>
  );
}

function triedOf({ rule, wanted, changed }: Props): Tried | null {
  if (!changed) return null;
  if (wanted === null) return rule ? { rule_id: rule.id } : null;
  if (!wanted.network.includes("/") || Object.keys(wanted.attributes).length === 0) return null;
  return { ...(rule ? { rule_id: rule.id } : {}), rule: wanted };
}

interface Move {
  attribute: string;
  before: string | null;
  after: string | null;
  assets: number;
  examples: string[];
}

function List({ moves }: { moves: Move[] | undefined }) {
  if (moves === undefined) return <p className="dim">Looking what would move…</p>;
  if (moves.length === 0) return <p className="dim">No asset that was seen would move.</p>;
  return (
    <ul>
      {moves.slice(0, 8).map(({ attribute, before, after, assets, examples }) => (
        <li key={`${attribute} ${before} ${after}`} title={examples.join(", ")}>
          {many(assets, "asset")}: {nameOf(attribute)} {before ?? <i>none</i>} → {after ?? <i>none</i>}
        </li>
      ))}
      {moves.length > 8 && <li className="dim">and {moves.length - 8} more kinds of move</li>}
    </ul>
  );
}
