/** Says what to draw: hulls, then edges, then nodes, then words. Knows no canvas and no SVG. */

import { pairedLinks, segment } from "./geometry";
import type { EdgesMark, HeadsMark, Ink, Mark } from "./marks";
import {
  type Change,
  HOST_CELL,
  HULL_PADDING,
  halfSize,
  type MapLink,
  type PlacedNode,
  type Scene,
  type View,
} from "./model";
import { type Words, wordsOf } from "./words";

export interface Look {
  ink: Ink;
  /** Per link: is it within the budget? */
  drawn: boolean[];
  selectedNode: string | null;
  selectedLink: string | null;
  hovered: string | null;
  cursor: string | null;
  /** On an export every node is named. */
  everyLabel: boolean;
}

const FADED = 0.2;
const WIDTHS = [1, 1.6, 2.4, 3.6] as const;

export function compose(scene: Scene, view: View, look: Look): Mark[] {
  const inFocus = focusOf(scene, look);
  const seen = windowOf(view);
  const nodes = scene.nodes.filter((node) => seen(node, halfSize(node).w + HOST_CELL.width / 2));
  return [
    ...frames(scene, look),
    ...hulls(scene, look),
    ...edges(scene, view, look, inFocus),
    ...nodes.map((node) => nodeMark(node, view, look, inFocus)),
    ...words(scene, nodes, view, look, inFocus),
  ];
}

type Focus = { nodes: Set<string>; links: Set<string> } | null;

function focusOf(scene: Scene, look: Look): Focus {
  if (look.selectedNode === null && look.selectedLink === null) return null;
  const nodes = new Set<string>();
  const links = new Set<string>();
  for (const link of scene.links) {
    const a = scene.nodes[link.source]?.id ?? "";
    const b = scene.nodes[link.target]?.id ?? "";
    if (link.id !== look.selectedLink && a !== look.selectedNode && b !== look.selectedNode) continue;
    nodes.add(a).add(b);
    links.add(link.id);
  }
  if (look.selectedNode !== null) nodes.add(look.selectedNode);
  return { nodes, links };
}

function windowOf(view: View): (at: { x: number; y: number }, reach: number) => boolean {
  const left = -view.x / view.k;
  const top = -view.y / view.k;
  const right = left + view.width / view.k;
  const bottom = top + view.height / view.k;
  return (at, reach) => at.x + reach >= left && at.x - reach <= right && at.y + reach >= top && at.y - reach <= bottom;
}

const CORNER = 10;

function frames(scene: Scene, { ink }: Look): Mark[] {
  return scene.frames.map(({ left, top, right, bottom }) => ({
    mark: "hull",
    points: [
      { x: left + CORNER, y: top + CORNER },
      { x: right - CORNER, y: top + CORNER },
      { x: right - CORNER, y: bottom - CORNER },
      { x: left + CORNER, y: bottom - CORNER },
    ],
    padding: CORNER,
    fill: ink.frame,
    line: ink.frameLine,
  }));
}

function hulls(scene: Scene, { ink }: Look): Mark[] {
  return scene.hulls.map((hull) => ({
    mark: "hull",
    points: hull.points,
    padding: HULL_PADDING,
    fill: ink.hull,
    line: ink.hullLine,
  }));
}

/** Traffic is told by width in four classes, because overlapping translucent lines in one path do not add up. */
export function widthClass(link: MapLink, strongest: number): number {
  const share = link.octets / Math.max(1, strongest);
  return share > 0.4 ? 3 : share > 0.1 ? 2 : share > 0.02 ? 1 : 0;
}

function edges(scene: Scene, view: View, look: Look, focus: Focus): Mark[] {
  const batches = new Map<string, { lines: EdgesMark; heads: HeadsMark }>();
  const paired = pairedLinks(scene);
  const strongest = scene.links.reduce((most, link) => Math.max(most, link.octets), 1);
  scene.links.forEach((link, i) => {
    const focused = focus?.links.has(link.id) ?? false;
    if (!look.drawn[i] && !focused) return;
    const line = segment(scene, link, paired[i] ?? false);
    if (!line) return;
    const batch = batchFor(batches, link, { focused, faded: focus !== null && !focused, strongest, look, k: view.k });
    batch.lines.path.push(line.from.x, line.from.y, line.bend.x, line.bend.y, line.to.x, line.to.y);
    batch.heads.path.push(line.to.x, line.to.y, Math.atan2(line.to.y - line.bend.y, line.to.x - line.bend.x));
  });
  const order = [...batches.values()].sort(
    (a, b) => a.lines.opacity - b.lines.opacity || a.lines.width - b.lines.width,
  );
  return order.flatMap(({ lines, heads }) => (view.k < 0.25 ? [lines] : [lines, heads]));
}

interface Drawing {
  focused: boolean;
  faded: boolean;
  strongest: number;
  look: Look;
  k: number;
}

function batchFor(
  batches: Map<string, { lines: EdgesMark; heads: HeadsMark }>,
  link: MapLink,
  { focused, faded, strongest, look, k }: Drawing,
): { lines: EdgesMark; heads: HeadsMark } {
  const weight = widthClass(link, strongest);
  const certain = link.rung === "initiator" || link.rung === "flags";
  const dashed = link.rung === "port_order" || link.change === "gone";
  const key = `${weight}${certain}${dashed}${focused}${link.id === look.selectedLink}${link.change ?? ""}`;
  const found = batches.get(key);
  if (found) return found;
  const plain = weight >= 3 ? look.ink.edgeStrong : look.ink.edge;
  const colour = changed(link.change, look.ink) ?? (focused ? look.ink.accent : plain);
  const opacity = faded ? FADED : 1;
  // Widths are on the screen, not in the world, but for a little thinning where everything is seen from afar.
  const thin = Math.max(0.45, Math.min(1, k * 1.3));
  const width = ((WIDTHS[weight] ?? 1) * thin + (link.id === look.selectedLink ? 1.5 : 0)) / k;
  const batch = {
    lines: { mark: "edges", path: [], colour, width, dashed, opacity } as EdgesMark,
    heads: { mark: "heads", path: [], colour, size: 7 / Math.sqrt(k) + width, filled: certain, opacity } as HeadsMark,
  };
  batches.set(key, batch);
  return batch;
}

function changed(change: Change | undefined, ink: Ink): string | null {
  return change === undefined ? null : change === "new" ? ink.live : ink.gone;
}

function nodeMark(node: PlacedNode, view: View, look: Look, focus: Focus): Mark {
  const { ink } = look;
  const selected = node.id === look.selectedNode;
  const near = node.id === look.hovered || node.id === look.cursor;
  const { w, h } = halfSize(node);
  const tiny = view.k < 0.25;
  const floor = 1.2 / view.k; // never smaller than 1.2 px
  return {
    mark: "node",
    shape: node.kind === "host" ? (tiny ? "square" : "dot") : "card",
    x: node.x,
    y: node.y,
    w: Math.max(w, floor),
    h: Math.max(h, floor),
    fill: node.internal ? (node.kind === "host" ? ink.host : ink.card) : ink.outside,
    line: selected || near ? ink.accent : (changed(node.change, ink) ?? ink.cardLine),
    lineWidth: (selected ? 2.5 : near || node.change ? 2 : 1.2) / Math.min(1, view.k),
    dashed: !node.internal || node.change === "gone",
    opacity: focus === null || focus.nodes.has(node.id) ? 1 : FADED + 0.15,
    title: `${node.label}, ${node.assets} ${node.assets === 1 ? "asset" : "assets"}`,
  };
}

function words(scene: Scene, nodes: PlacedNode[], view: View, look: Look, focus: Focus): Mark[] {
  const faded = (node: PlacedNode): boolean => focus !== null && !focus.nodes.has(node.id);
  return wordsOf({ scene, nodes, view, look, faded } satisfies Words);
}
