/** What the map draws: nodes gathered in blocks, and links that run from client to server. */

export type NodeKind = "host" | "network" | "internet";

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
}

export interface MapLink {
  /** Survives a refetch: the ids of both ends. */
  id: string;
  source: number;
  target: number;
  octets: number;
  flows: number;
  dependencies: number;
  rung: Rung;
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
  label: string;
  members: number;
  points: Point[];
  top: Point;
}

export interface Scene {
  nodes: PlacedNode[];
  links: MapLink[];
  hulls: Hull[];
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
export const HULL_PADDING = 30;

export function halfSize(node: MapNode): { w: number; h: number } {
  return node.kind === "host" ? { w: HOST_RADIUS, h: HOST_RADIUS } : { w: CARD.width / 2, h: CARD.height / 2 };
}

export function bounds(scene: Scene): { left: number; top: number; right: number; bottom: number } | null {
  if (scene.nodes.length === 0) return null;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const node of scene.nodes) {
    const { w, h } = halfSize(node);
    const pad = node.kind === "host" ? HULL_PADDING : 0;
    left = Math.min(left, node.x - w - pad);
    right = Math.max(right, node.x + w + pad);
    top = Math.min(top, node.y - h - pad - (pad > 0 ? 16 : 0));
    bottom = Math.max(bottom, node.y + h + pad);
  }
  return { left, top, right, bottom };
}

/** The view in which the whole scene is seen with a margin, never larger than life. */
export function fit(scene: Scene, width: number, height: number, margin = 36): View {
  const box = bounds(scene);
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
