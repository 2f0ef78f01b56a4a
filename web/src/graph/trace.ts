/** What lies upstream or downstream of a node on the drawn map, hop by hop. */

import type { Graph } from "./model";

export interface Traced {
  nodes: ReadonlySet<string>;
  links: ReadonlySet<string>;
  /** How many hops the farthest one is away. */
  hops: number;
}

/** Upstream is what it depends on, from client to server; downstream what depends on it. */
export function trace({ nodes, links }: Graph, from: string, way: "up" | "down"): Traced {
  const next = new Map<string, { node: string; link: string }[]>();
  for (const { id, source, target } of links) {
    const [client, server] = [nodes[source]?.id, nodes[target]?.id];
    if (client === undefined || server === undefined) continue;
    const [here, there] = way === "up" ? [client, server] : [server, client];
    const found = next.get(here);
    if (found) found.push({ node: there, link: id });
    else next.set(here, [{ node: there, link: id }]);
  }
  const seen = new Set([from]);
  const walked = new Set<string>();
  let front = [from];
  let hops = 0;
  while (front.length > 0) {
    const reached: string[] = [];
    for (const here of front) {
      for (const { node, link } of next.get(here) ?? []) {
        walked.add(link);
        if (seen.has(node)) continue;
        seen.add(node);
        reached.push(node);
      }
    }
    front = reached;
    if (front.length > 0) hops++;
  }
  return { nodes: seen, links: walked, hops };
}
