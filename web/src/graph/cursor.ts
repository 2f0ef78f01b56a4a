/** The keyboard's way about the map: the nearest neighbour along a link in that direction, else the nearest node there. */

import type { PlacedNode, Scene } from "./model";

export type Direction = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";

const AHEAD: Record<Direction, { x: number; y: number }> = {
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
};

export function isDirection(key: string): key is Direction {
  return key in AHEAD;
}

export function step(scene: Scene, from: string | null, direction: Direction): string | null {
  const start = scene.nodes.find((node) => node.id === from);
  if (!start) return busiest(scene);
  const neighbours = new Set<PlacedNode>();
  for (const link of scene.links) {
    const a = scene.nodes[link.source];
    const b = scene.nodes[link.target];
    if (a && b && a === start) neighbours.add(b);
    if (a && b && b === start) neighbours.add(a);
  }
  return nearest(start, [...neighbours], direction) ?? nearest(start, scene.nodes, direction) ?? start.id;
}

/** Where the cursor starts: the node with most octets on its links. */
export function busiest(scene: Scene): string | null {
  const sums = new Array<number>(scene.nodes.length).fill(0);
  for (const link of scene.links) {
    sums[link.source] = (sums[link.source] ?? 0) + link.octets;
    sums[link.target] = (sums[link.target] ?? 0) + link.octets;
  }
  const best = sums.indexOf(Math.max(...sums));
  return scene.nodes[best]?.id ?? null;
}

function nearest(start: PlacedNode, nodes: PlacedNode[], direction: Direction): string | null {
  const ahead = AHEAD[direction];
  let found: string | null = null;
  let best = Infinity;
  for (const node of nodes) {
    const dx = node.x - start.x;
    const dy = node.y - start.y;
    const forward = dx * ahead.x + dy * ahead.y;
    const aside = Math.abs(dx * ahead.y) + Math.abs(dy * ahead.x);
    if (forward <= 1 || aside > forward * 1.2) continue;
    const cost = forward + 2 * aside;
    if (cost >= best) continue;
    best = cost;
    found = node.id;
  }
  return found;
}
