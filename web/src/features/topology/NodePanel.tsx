/** What is known of the selected node: what it depends on, what depends on it, and how surely. */

import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { count, octets } from "@/lib/format";
import { EvidenceCounts } from "@/ui/Evidence";
import { Facts } from "@/ui/Page";
import { When } from "@/ui/When";
import { LinkList } from "./LinkList";
import css from "./panel.module.css";
import type { LinkRow, MapData, NodeRow } from "./read";

interface Props {
  data: MapData;
  node: NodeRow;
  isOpen: boolean;
  onPick: (link: string) => void;
  onOpen: () => void;
  onTrace: (way: "up" | "down") => void;
  onFocus: () => void;
  onPath: () => void;
}

export function NodePanel({ data, node, isOpen, onPick, onOpen, onTrace, onFocus, onPath }: Props) {
  const links = [...data.links.values()];
  const uses = links.filter((link) => link.client.id === node.id);
  const used = links.filter((link) => link.server.id === node.id);
  const inside = data.inside.get(node.id);
  const all = [...uses, ...used];
  return (
    <>
      <Facts of={factsOf(node, { all, inside })} />
      <div className={css["buttons"]}>
        {(node.kind === "network" || node.kind === "group" || node.kind === "internet") && (
          <Button onClick={onOpen}>{openingOf(node)}</Button>
        )}
        {isOpen && (
          <Button variant="default" onClick={onOpen}>
            Close what it is in
          </Button>
        )}
        {node.assetId !== null && (
          <Link to="/assets/$id" params={{ id: String(node.assetId) }}>
            Asset page
          </Link>
        )}
        {node.kind !== "host" && (
          <Link to="/assets" search={{ within: node.id }}>
            Its assets
          </Link>
        )}
        <Link to="/dependencies" search={{ server: node.id }}>
          Used by, as a table
        </Link>
      </div>
      <div className={css["buttons"]} role="group" aria-label="Show on the map">
        <Button variant="default" onClick={() => onTrace("up")} title="All that it depends on (U)">
          Upstream
        </Button>
        <Button variant="default" onClick={() => onTrace("down")} title="All that depends on it (D)">
          Downstream
        </Button>
        <Button variant="default" onClick={onFocus} title="Only what lies around it (F)">
          Focus
        </Button>
        <Button variant="default" onClick={onPath} title="The way to another node (P)">
          Path to …
        </Button>
      </div>
      <LinkList title="Depends on" links={uses} end="server" onPick={onPick} />
      <LinkList title="Used by" links={used} end="client" onPick={onPick} />
      <h3 className={css["subtitle"]}>How the direction is known</h3>
      <EvidenceCounts counts={flowsByRung(inside ? [...all, inside] : all)} />
      <p className="dim">
        Each link counts under its strongest evidence. A link's own page has the counts of every kind.
      </p>
    </>
  );
}

function openingOf({ kind, folded }: NodeRow): string {
  if (folded > 0) return `Show all ${count(folded)}`;
  return kind === "internet" ? "Open the Internet" : `Open this ${kind}`;
}

function factsOf(
  node: NodeRow,
  { all, inside }: { all: LinkRow[]; inside: LinkRow | undefined },
): [string, React.ReactNode][] {
  const sum = (links: LinkRow[]): number => links.reduce((total, link) => total + link.octets, 0);
  const seen = inside ? [...all, inside] : all;
  const first = seen.map((link) => link.firstSeen).sort()[0] ?? null;
  const last =
    seen
      .map((link) => link.lastSeen)
      .sort()
      .at(-1) ?? null;
  const facts: [string, React.ReactNode][] = [
    [
      "Kind",
      node.kind === "restricted"
        ? "beyond what your grants show"
        : node.folded > 0
          ? `${count(node.folded)} groups of the fewest assets, folded into one`
          : `${node.kind === "internet" ? "the Internet" : node.kind}, ${node.internal ? "internal" : "external"}`,
    ],
  ];
  if (node.realm !== undefined) facts.push(["Address space", node.realm]);
  if (node.kind !== "host") facts.push(["Assets", count(node.assets)]);
  facts.push(["On its links", octets(sum(all))]);
  if (inside) facts.push(["Inside", `${octets(inside.octets)} in ${count(inside.dependencies)} dependencies`]);
  facts.push(["First seen", <When key="first" at={first} />], ["Last seen", <When key="last" at={last} relative />]);
  return facts;
}

function flowsByRung(links: LinkRow[]): Record<LinkRow["evidence"], number> {
  const counts = { initiator: 0, flags: 0, service: 0, port_order: 0 };
  for (const link of links) counts[link.evidence] += link.flows;
  return counts;
}
