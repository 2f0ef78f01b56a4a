/** Convex hull by Andrew's monotone chain. One or two points are their own hull. */

import type { Point } from "./model";

function turn(o: Point, a: Point, b: Point): number {
  return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

function chain(points: Point[]): Point[] {
  const found: Point[] = [];
  for (const point of points) {
    while (found.length >= 2 && turn(found.at(-2) as Point, found.at(-1) as Point, point) <= 0) found.pop();
    found.push(point);
  }
  return found.slice(0, -1);
}

export function hullOf(points: Point[]): Point[] {
  const sorted = points.map(({ x, y }) => ({ x, y })).sort((a, b) => a.x - b.x || a.y - b.y);
  if (sorted.length < 3) return sorted;
  return [...chain(sorted), ...chain(sorted.reverse())];
}
