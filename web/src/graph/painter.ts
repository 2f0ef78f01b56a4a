/** Says what to draw: hulls, then edges, then nodes, then words. Knows no canvas and no SVG. */

import { changed, edges, FADED, type Focus } from "./links";
import type { Ink, Mark } from "./marks";
import { HOST_CELL, HULL_PADDING, halfSize, type PlacedNode, type Scene, type View } from "./model";
import { type Words, wordsOf } from "./words";

export interface Look {
  ink: Ink;
  /** Per link: is it within the budget? */
  drawn: boolean[];
  selectedNode: string | null;
  selectedLink: string | null;
  hovered: string | null;
  cursor: string | null;
  /** What lies upstream or downstream, or on a way: it stands out, and everything else steps back. */
  traced?: { nodes: ReadonlySet<string>; links: ReadonlySet<string> } | null;
  /** On an export every node is named. */
  everyLabel: boolean;
}

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

function focusOf(scene: Scene, look: Look): Focus {
  if (look.traced) return look.traced;
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
    plain: node.internal && node.change === undefined && !selected && !near,
    opacity: focus === null || focus.nodes.has(node.id) ? 1 : FADED + 0.15,
    title: `${node.label}, ${node.assets} ${node.assets === 1 ? "asset" : "assets"}`,
  };
}

function words(scene: Scene, nodes: PlacedNode[], view: View, look: Look, focus: Focus): Mark[] {
  const faded = (node: PlacedNode): boolean => focus !== null && !focus.nodes.has(node.id);
  return wordsOf({ scene, nodes, view, look, faded } satisfies Words);
}
