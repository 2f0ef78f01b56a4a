/** What lies under a point: a grid of the world for nodes, then the nearest drawn link. */

import { along, linesOf, type Segment } from "./geometry";
import { halfSize, type MapLink, type PlacedNode, type Point, type Scene } from "./model";

export type Hit = { node: PlacedNode } | { link: MapLink } | null;

const CELL = 160;
const STEPS = 10;

export class HitTest {
  readonly #cells = new Map<string, PlacedNode[]>();
  readonly #segments: { link: MapLink; line: Segment; index: number }[] = [];

  constructor(scene: Scene) {
    for (const node of scene.nodes) {
      const { w, h } = halfSize(node);
      for (let column = cell(node.x - w); column <= cell(node.x + w); column++) {
        for (let row = cell(node.y - h); row <= cell(node.y + h); row++) {
          const key = `${column} ${row}`;
          const found = this.#cells.get(key);
          if (found) found.push(node);
          else this.#cells.set(key, [node]);
        }
      }
    }
    const { segments } = linesOf(scene);
    scene.links.forEach((link, index) => {
      const line = segments[index];
      if (line) this.#segments.push({ link, line, index });
    });
  }

  /** `reach` is how far off a click may be, in world units. */
  at(point: Point, reach: number, isDrawn: (link: MapLink, index: number) => boolean): Hit {
    const node = this.node(point, reach);
    if (node) return { node };
    let best: MapLink | null = null;
    let nearest = reach;
    for (const { link, line, index } of this.#segments) {
      if (!isDrawn(link, index)) continue;
      const off = distanceTo(line, point, nearest);
      if (off >= nearest) continue;
      nearest = off;
      best = link;
    }
    return best ? { link: best } : null;
  }

  node(point: Point, reach: number): PlacedNode | null {
    const candidates = this.#cells.get(`${cell(point.x)} ${cell(point.y)}`) ?? [];
    return (
      candidates.find((node) => {
        const { w, h } = halfSize(node);
        const slack = node.kind === "host" ? reach : 0;
        return Math.abs(point.x - node.x) <= w + slack && Math.abs(point.y - node.y) <= h + slack;
      }) ?? null
    );
  }
}

function cell(value: number): number {
  return Math.floor(value / CELL);
}

function distanceTo(line: Segment, point: Point, limit: number): number {
  const xs = [line.from.x, line.bend.x, line.to.x];
  const ys = [line.from.y, line.bend.y, line.to.y];
  if (point.x < Math.min(...xs) - limit || point.x > Math.max(...xs) + limit) return Infinity;
  if (point.y < Math.min(...ys) - limit || point.y > Math.max(...ys) + limit) return Infinity;
  let nearest = Infinity;
  let from = line.from;
  for (let i = 1; i <= STEPS; i++) {
    const to = along(line, i / STEPS);
    nearest = Math.min(nearest, toStretch(from, to, point));
    from = to;
  }
  return nearest;
}

function toStretch(a: Point, b: Point, p: Point): number {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length));
  return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}
