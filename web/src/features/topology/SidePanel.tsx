/** The panel beside the map: about the selected node or link, and gone when nothing is selected. */

import { Icon } from "@/ui/Icon";
import { LinkPanel } from "./LinkPanel";
import { NodePanel } from "./NodePanel";
import css from "./panel.module.css";
import type { MapData, NodeRow } from "./read";
import { patchFor } from "./useTrace";
import type { Change } from "./view";

interface Props {
  data: MapData;
  selected: string;
  expanded: string[];
  onPick: (id: string | null) => void;
  onOpen: (node: NodeRow) => void;
  onTrace: (way: "up" | "down", node: string) => void;
  change: Change;
}

export function SidePanel({ data, selected, expanded, onPick, onOpen, onTrace, change }: Props) {
  const node = data.nodes.get(selected);
  const link = data.links.get(selected);
  const title = node?.label ?? (link ? `${link.client.label} → ${link.server.label}` : selected);
  return (
    <aside className={css["panel"]} aria-label="Details">
      <header className={css["head"]}>
        <h2 className={css["title"]}>{title}</h2>
        <button type="button" aria-label="Close the details" onClick={() => onPick(null)}>
          <Icon name="close" size={14} />
        </button>
      </header>
      {node && (
        <NodePanel
          data={data}
          node={node}
          isOpen={[node.block, ...(node.within ?? [])].some((id) => expanded.includes(id))}
          onPick={onPick}
          onOpen={() => onOpen(node)}
          onTrace={(way) => onTrace(way, node.id)}
          onFocus={() => change(patchFor("focus", node.id))}
          onPath={() => change(patchFor("path", node.id))}
        />
      )}
      {link && <LinkPanel key={link.id} link={link} />}
      {!node && !link && <p className="dim">It is not in this view: it may be grouped, filtered or gone.</p>}
    </aside>
  );
}
