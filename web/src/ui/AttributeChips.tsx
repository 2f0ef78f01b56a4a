/** Attributes in a table's cell. */

import { inOrder, nameOf } from "@/lib/attributes";
import css from "./attributes.module.css";

export function AttributeChips({ of }: { of: Record<string, string> }) {
  const all = inOrder(of);
  if (all.length === 0) return <span className="dim">–</span>;
  return (
    <span className={css["chips"]} title={all.map(([name, value]) => `${nameOf(name)}: ${value}`).join("\n")}>
      {all.map(([name, value]) => (
        <span key={name}>
          <span className="dim">{nameOf(name)}</span> <b>{value}</b>
        </span>
      ))}
    </span>
  );
}
