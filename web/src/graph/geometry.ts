/** Where a link begins, bends and ends; shared by the painter, the pulses and the hit test. */

import { halfSize, type MapLink, type PlacedNode, type Point, type Scene } from "./model";

export interface Segment {
  from: Point;
  bend: Point;
  to: Point;
}

/** All that is drawn of a scene's links, found once: the segment of each, null where it has none, and the most octets. */
export interface Lines {
  segments: (Segment | null)[];
  strongest: number;
}

const CURVE = 0.09;
const KNOWN = new WeakMap<Scene, Lines>();

export function linesOf(scene: Scene): Lines {
  const known = KNOWN.get(scene);
  if (known) return known;
  const paired = pairedLinks(scene);
  const lines = {
    segments: scene.links.map((link, i) => segment(scene, link, paired[i] ?? false)),
    strongest: scene.links.reduce((most, link) => Math.max(most, link.octets), 1),
  };
  KNOWN.set(scene, lines);
  return lines;
}

/** Links that have a return link bend apart, so that each can be seen and hit. */
function pairedLinks(scene: Scene): boolean[] {
  const count = scene.nodes.length;
  const there = new Set(scene.links.map((link) => link.source * count + link.target));
  return scene.links.map((link) => there.has(link.target * count + link.source));
}

function segment(scene: Scene, link: MapLink, paired: boolean): Segment | null {
  const a = scene.nodes[link.source];
  const b = scene.nodes[link.target];
  if (!a || !b || a === b) return null;
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const bow = paired ? CURVE : 0;
  const bend = { x: (a.x + b.x) / 2 - dy * bow, y: (a.y + b.y) / 2 + dx * bow };
  return { from: border(a, bend, 1), bend, to: border(b, bend, 4) };
}

/** The point on the rim of a node that looks towards `towards`. */
function border(node: PlacedNode, towards: Point, gap: number): Point {
  const { w, h } = halfSize(node);
  const dx = towards.x - node.x;
  const dy = towards.y - node.y;
  const far = Math.hypot(dx, dy) || 1;
  if (node.kind === "host") return { x: node.x + (dx / far) * (w + gap), y: node.y + (dy / far) * (w + gap) };
  const reach = Math.min((w + gap) / Math.max(1e-6, Math.abs(dx)), (h + gap) / Math.max(1e-6, Math.abs(dy)));
  return { x: node.x + dx * reach, y: node.y + dy * reach };
}

export function along({ from, bend, to }: Segment, t: number): Point {
  const u = 1 - t;
  return {
    x: u * u * from.x + 2 * u * t * bend.x + t * t * to.x,
    y: u * u * from.y + 2 * u * t * bend.y + t * t * to.y,
  };
}
