/** Links as short rows: the other end, the service, the volume. */

import { octets } from "@/lib/format";
import { portOf } from "@/lib/words";
import { RungLine } from "@/ui/Evidence";
import css from "./panel.module.css";
import type { LinkRow } from "./read";

interface Props {
  title: string;
  links: LinkRow[];
  end: "client" | "server";
  onPick: (link: string) => void;
}

const SHOWN = 8;

export function LinkList({ title, links, end, onPick }: Props) {
  if (links.length === 0) return null;
  const strongest = [...links].sort((a, b) => b.octets - a.octets);
  return (
    <section aria-label={title}>
      <h3 className={css["subtitle"]}>
        {title} <span className="dim number">{links.length}</span>
      </h3>
      <ul className={css["links"]}>
        {strongest.slice(0, SHOWN).map((link) => (
          <li key={link.id}>
            <button type="button" onClick={() => onPick(link.id)}>
              <span className={css["end"]}>{link[end].label}</span>
              <span className="dim">
                {link.service ?? (link.dependencies > 1 ? `${link.dependencies} dependencies` : portOf(link))}
              </span>
              <RungLine rung={link.evidence} />
              <span className="number">{octets(link.octets)}</span>
            </button>
          </li>
        ))}
      </ul>
      {strongest.length > SHOWN && <p className="dim">and {strongest.length - SHOWN} more in the List tab</p>}
    </section>
  );
}
