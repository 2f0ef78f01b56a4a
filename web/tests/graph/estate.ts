/** Small graphs for tests, in a notation one can read: `a>b:500 c>b:20`. */

import type { Graph, MapNode, Rung } from "../../src/graph/model";

export function host(id: string, block: string): MapNode {
  return { id, label: id, kind: "host", space: 1, assets: 1, internal: true, block };
}

export function network(id: string, assets = 10): MapNode {
  return { id, label: id.split("@")[0] ?? id, kind: "network", space: 1, assets, internal: true, block: id };
}

/** Nodes come from the arrows unless given. */
export function arrows(text: string, given: MapNode[] = [], rung: Rung = "flags"): Graph {
  const nodes = [...given];
  const at = (id: string): number => {
    const found = nodes.findIndex((node) => node.id === id);
    return found >= 0 ? found : nodes.push(network(id)) - 1;
  };
  const links = text
    .split(" ")
    .filter(Boolean)
    .map((arrow) => {
      const [ends = "", octets = "1000"] = arrow.split(":");
      const [a = "", b = ""] = ends.split(">");
      return { id: ends, source: at(a), target: at(b), octets: Number(octets), flows: 3, dependencies: 1, rung };
    });
  return { nodes, links };
}

/** `networks` boxes in a ring of talk, or their hosts. */
export function estate(networks: number, hostsEach: number): Graph {
  const nodes: MapNode[] = [];
  for (let n = 0; n < networks; n++) {
    for (let h = 0; h < hostsEach; h++) nodes.push(host(`10.0.${n}.${h}@1`, `10.0.${n}.0/24@1`));
  }
  const links = nodes.map((node, i) => {
    const target = (i * 7 + 3) % nodes.length;
    return {
      id: `${node.id}>${nodes[target]?.id}`,
      source: i,
      target,
      octets: 1000 + ((i * 7919) % 100_000),
      flows: 2,
      dependencies: 1,
      rung: "flags" as const,
    };
  });
  return { nodes, links: links.filter((link) => link.source !== link.target) };
}
