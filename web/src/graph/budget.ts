/** Which links are drawn: those that changed, the strongest two of each node, then the strongest of all, up to the budget. */

import type { Graph } from "./model";

export interface Budgeted {
  drawn: boolean[];
  count: number;
  total: number;
  /** Share of all octets that the drawn links carry, 0..1. */
  share: number;
}

export function withinBudget(graph: Graph, budget: number): Budgeted {
  const { links, nodes } = graph;
  const order = links.map((_, i) => i).sort((a, b) => octets(graph, b) - octets(graph, a) || a - b);
  const kept: number[] = new Array<number>(nodes.length).fill(0);
  const drawn: boolean[] = new Array<boolean>(links.length).fill(false);
  let count = 0;
  for (const i of order) {
    const link = links[i];
    if (!link) continue;
    const mine = kept[link.source] ?? 0;
    const theirs = kept[link.target] ?? 0;
    if (mine >= 2 && theirs >= 2 && link.change === undefined) continue;
    kept[link.source] = mine + 1;
    kept[link.target] = theirs + 1;
    drawn[i] = true;
    count++;
  }
  for (const i of order) {
    if (count >= budget) break;
    if (drawn[i]) continue;
    drawn[i] = true;
    count++;
  }
  const all = links.reduce((sum, link) => sum + link.octets, 0);
  const seen = links.reduce((sum, link, i) => sum + (drawn[i] ? link.octets : 0), 0);
  return { drawn, count, total: links.length, share: all === 0 ? 1 : seen / all };
}

function octets(graph: Graph, i: number): number {
  return graph.links[i]?.octets ?? 0;
}
