/** Two times side by side, as lists: what came, what went, what carries another amount, what moved. */

import { Link } from "@tanstack/react-router";
import type { TopologyAsked, When } from "@/api/queries";
import { useComparison } from "@/api/time";
import type { Comparison } from "@/api/types";
import { nameOf } from "@/lib/attributes";
import { count, octets } from "@/lib/format";
import { portOf } from "@/lib/words";
import { Icon } from "@/ui/Icon";
import { Region } from "@/ui/Region";
import css from "./panel.module.css";

interface Props {
  asked: TopologyAsked;
  before: When;
  against: string;
  onClose: () => void;
}

export function ComparePanel({ asked, before, against, onClose }: Props) {
  const found = useComparison(asked, before);
  return (
    <aside className={css["panel"]} aria-label="Comparison">
      <header className={css["head"]}>
        <h2 className={css["title"]}>Compared with {against}</h2>
        <button type="button" aria-label="Close the comparison" onClick={onClose}>
          <Icon name="close" size={14} />
        </button>
      </header>
      <Region of={found} height={240}>
        {(comparison) => <Lists of={comparison} windows={asked.when.from !== undefined} />}
      </Region>
    </aside>
  );
}

type Difference = Comparison["added"][number];

function Lists({ of: { added, removed, changed, moved, counts }, windows }: { of: Comparison; windows: boolean }) {
  return (
    <>
      <Section title="Added" mark="+" of={counts.added} items={added} tell={(one) => octets(one.octets)} />
      <Section title="Removed" mark="−" of={counts.removed} items={removed} tell={(one) => octets(one.octets_before)} />
      <Section
        title="Twice as much, or half"
        mark="◆"
        of={counts.changed}
        items={changed}
        tell={(one) => `${octets(one.octets_before)} → ${octets(one.octets)}`}
      />
      {!windows && <p className="dim">Amounts are compared between windows only.</p>}
      <h3 className={css["subtitle"]}>
        Moved <span className="dim number">{count(counts.moved)}</span>
      </h3>
      <ul className={css["links"]}>
        {moved.slice(0, 50).map((one) => (
          <li key={`${one.asset_id} ${one.attribute}`}>
            <Link to="/assets/$id" params={{ id: String(one.asset_id) }} className="mono">
              {one.address}
            </Link>
            <span className="dim">
              {nameOf(one.attribute)}: {one.before ?? "none"} → {one.after ?? "none"}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

interface SectionProps {
  title: string;
  mark: string;
  of: number;
  items: Difference[];
  tell: (one: Difference) => string;
}

function Section({ title, mark, of, items, tell }: SectionProps) {
  return (
    <section aria-label={title}>
      <h3 className={css["subtitle"]}>
        {mark} {title} <span className="dim number">{count(of)}</span>
      </h3>
      <ul className={css["links"]}>
        {items.slice(0, 50).map((one) => (
          <li key={one.id} className={css["pair"]}>
            <Link to="/dependencies/$id" params={{ id: String(one.id) }} className="mono">
              {one.client} → {one.server}
            </Link>
            <span className="dim">
              {one.service ?? portOf(one)} · {tell(one)}
            </span>
          </li>
        ))}
      </ul>
      {of > Math.min(items.length, 50) && <p className="dim">and {count(of - Math.min(items.length, 50))} more</p>}
    </section>
  );
}
