/** What is new and what is gone since the state before, drawn into one map. */

import type { MapLink } from "@/graph/model";
import type { LinkRow, MapData, NodeRow } from "./read";

export interface Changes {
  data: MapData;
  nodes: { added: number; gone: number };
  links: { added: number; gone: number };
}

export function compare(before: MapData, after: MapData): Changes {
  const nodes: NodeRow[] = [...after.nodes.values()].map((node) =>
    before.nodes.has(node.id) ? node : { ...node, change: "new" },
  );
  const goneNodes = [...before.nodes.values()].filter(({ id }) => !after.nodes.has(id));
  nodes.push(...goneNodes.map((node): NodeRow => ({ ...node, change: "gone" })));
  const at = new Map(nodes.map((node, i) => [node.id, i]));

  const links: MapLink[] = after.graph.links.map((link) =>
    before.links.has(link.id) ? link : { ...link, change: "new" },
  );
  const rows = new Map(after.links);
  const goneLinks = [...before.links.values()].filter(({ id }) => !after.links.has(id));
  for (const row of goneLinks) {
    rows.set(row.id, row);
    const link = goneLink(row, at);
    if (link) links.push(link);
  }
  return {
    data: {
      graph: { nodes, links },
      nodes: new Map(nodes.map((node) => [node.id, node])),
      links: rows,
      inside: after.inside,
    },
    nodes: { added: after.nodes.size - before.nodes.size + goneNodes.length, gone: goneNodes.length },
    links: { added: after.links.size - before.links.size + goneLinks.length, gone: goneLinks.length },
  };
}

function goneLink(row: LinkRow, at: Map<string, number>): MapLink | null {
  const [source, target] = [at.get(row.client.id), at.get(row.server.id)];
  if (source === undefined || target === undefined) return null;
  const { id, octets, flows, dependencies, evidence: rung } = row;
  return { id, source, target, octets, flows, dependencies, rung, change: "gone" };
}
