/** What the map draws: nodes gathered in blocks, and links that run from client to server. */

export type NodeKind = "host" | "network" | "internet" | "group" | "restricted";

/** How the two ends of a link were told apart, strongest first. */
export const RUNGS = ["initiator", "flags", "service", "port_order"] as const;
export type Rung = (typeof RUNGS)[number];

export interface MapNode {
  id: string;
  label: string;
  kind: NodeKind;
  space: number;
  assets: number;
  internal: boolean;
  /** The address space by name, where there are several. */
  realm?: string;
  /** Nodes of one block stay together: a network and its hosts have the same block. */
  block: string;
  /** The opened groups that it lies in, the outermost first. */
  within?: string[];
  change?: Change;
}

/** Against the state before, where two are compared. */
export type Change = "new" | "gone";

export interface MapLink {
  /** Survives a refetch: the ids of both ends. */
  id: string;
  source: number;
  target: number;
  octets: number;
  flows: number;
  dependencies: number;
  rung: Rung;
  change?: Change;
}

export interface Graph {
  nodes: MapNode[];
  links: MapLink[];
}

export interface Point {
  x: number;
  y: number;
}

export interface PlacedNode extends MapNode, Point {}

export interface Hull {
  block: string;
  /** 0 lies in no other. */
  depth: number;
  label: string;
  members: number;
  points: Point[];
  /** The left end of its name stands above this. */
  name: Point;
}

/** The frame around an address space, where there are several. */
export interface Frame {
  label: string;
  members: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Scene {
  nodes: PlacedNode[];
  links: MapLink[];
  hulls: Hull[];
  frames: Frame[];
}

export interface View {
  x: number;
  y: number;
  k: number;
  width: number;
  height: number;
}

export const CARD = { width: 150, height: 44 };
export const HOST_RADIUS = 8;
export const HULL_PADDING = 12;
/** Room for one host and its name below it. */
export const HOST_CELL = { width: 124, height: 40 };
/** Room around what a frame or a hull holds, and for the name above it. */
export const FRAME = { padding: 22, heading: 34, headingOfHosts: 62 };
export const HULL_HEADING = 30;
/** A hull is never narrower than its name. */
export const HULL_WIDTH = 1.7 * HOST_CELL.width;

export function halfSize(node: MapNode): { w: number; h: number } {
  return node.kind === "host" ? { w: HOST_RADIUS, h: HOST_RADIUS } : { w: CARD.width / 2, h: CARD.height / 2 };
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export function bounds(scene: Scene): Box | null {
  if (scene.nodes.length === 0) return null;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const node of scene.nodes) {
    const { w, h } = halfSize(node);
    left = Math.min(left, node.x - w);
    right = Math.max(right, node.x + w);
    top = Math.min(top, node.y - h);
    bottom = Math.max(bottom, node.y + h);
  }
  for (const { points } of scene.hulls) {
    for (const { x, y } of points) {
      left = Math.min(left, x - HULL_PADDING);
      right = Math.max(right, x + HULL_PADDING);
      top = Math.min(top, y - HULL_PADDING - HULL_HEADING);
      bottom = Math.max(bottom, y + HULL_PADDING);
    }
  }
  for (const frame of scene.frames) {
    left = Math.min(left, frame.left);
    right = Math.max(right, frame.right);
    top = Math.min(top, frame.top);
    bottom = Math.max(bottom, frame.bottom);
  }
  return { left, top, right, bottom };
}

export function within(inner: Box, outer: Box): boolean {
  return (
    inner.left >= outer.left && inner.top >= outer.top && inner.right <= outer.right && inner.bottom <= outer.bottom
  );
}

/** The view in which the whole scene is seen with a margin, never larger than life. */
export function fit(scene: Scene, width: number, height: number, margin = 18): View {
  return fitBox(bounds(scene), width, height, margin);
}

export function fitBox(box: Box | null, width: number, height: number, margin = 18): View {
  if (!box || width === 0 || height === 0) return { x: width / 2, y: height / 2, k: 1, width, height };
  const across = (width - 2 * margin) / Math.max(1, box.right - box.left);
  const down = (height - 2 * margin) / Math.max(1, box.bottom - box.top);
  const k = Math.max(0.05, Math.min(1.15, across, down));
  return {
    x: width / 2 - (k * (box.left + box.right)) / 2,
    y: height / 2 - (k * (box.top + box.bottom)) / 2,
    k,
    width,
    height,
  };
}
