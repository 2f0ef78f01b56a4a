/** What is drawn around nodes: a hull around the hosts of each network, a frame around each address space. */

import {
  FRAME,
  type Frame,
  HOST_CELL,
  HULL_HEADING,
  HULL_PADDING,
  HULL_WIDTH,
  type Hull,
  halfSize,
  type PlacedNode,
} from "./model";

export function outlines(nodes: PlacedNode[]): { hulls: Hull[]; frames: Frame[] } {
  const hulls = hullsOf(nodes);
  return { hulls, frames: framesOf(nodes, hulls) };
}

function gathered(nodes: PlacedNode[], by: (node: PlacedNode) => string): Map<string, PlacedNode[]> {
  const groups = new Map<string, PlacedNode[]>();
  for (const node of nodes) {
    const group = groups.get(by(node));
    if (group) group.push(node);
    else groups.set(by(node), [node]);
  }
  return groups;
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

function boxAround(nodes: PlacedNode[], reach: (node: PlacedNode) => Box): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const node of nodes) {
    const far = reach(node);
    left = Math.min(left, node.x - far.left);
    right = Math.max(right, node.x + far.right);
    top = Math.min(top, node.y - far.top);
    bottom = Math.max(bottom, node.y + far.bottom);
  }
  return { left, top, right, bottom };
}

const HALF_CELL = HOST_CELL.width / 2 - 2;
const HOST_REACH = { left: HALF_CELL, right: HALF_CELL, top: 14, bottom: 26 };

const CARD_REACH = { left: 84, right: 84, top: 30, bottom: 30 };

/** The opened groups, or else the block, that a node lies in, the outermost first. */
function around({ kind, block, within = [] }: PlacedNode): string[] {
  return within.length > 0 ? within : kind === "host" ? [block] : [];
}

/** How far a node reaches, with the hulls around it that lie within the one at a depth. */
function reachWithin(node: PlacedNode, depth: number): Box {
  const { left, right, top, bottom } = node.kind === "host" ? HOST_REACH : CARD_REACH;
  const inner = (around(node).length - depth - 1) * (HULL_PADDING + 4);
  const headings = (around(node).length - depth - 1) * HULL_HEADING;
  return { left: left + inner, right: right + inner, top: top + inner + headings, bottom: bottom + inner };
}

function hullsOf(nodes: PlacedNode[]): Hull[] {
  const members = new Map<string, { depth: number; nodes: PlacedNode[] }>();
  for (const node of nodes) {
    around(node).forEach((id, depth) => {
      const found = members.get(id);
      if (found) found.nodes.push(node);
      else members.set(id, { depth, nodes: [node] });
    });
  }
  const hulls = [...members].map(([block, of]) => hullOf(block, of.depth, of.nodes));
  return hulls.sort((a, b) => a.depth - b.depth);
}

/** A letter of a hull's name, and what its count takes beside it. */
const LETTER = 9;
const COUNT = 54;

function hullOf(block: string, depth: number, members: PlacedNode[]): Hull {
  const { left, top, right: last, bottom } = boxAround(members, (node) => reachWithin(node, depth));
  const label = labelOf(block);
  const right = Math.max(last, left + Math.min(HULL_WIDTH - 4, label.length * LETTER + COUNT));
  return {
    block,
    depth,
    label,
    members: members.length,
    points: [
      { x: left, y: top },
      { x: right, y: top },
      { x: right, y: bottom },
      { x: left, y: bottom },
    ],
    name: { x: left - HULL_PADDING, y: top - HULL_PADDING },
  };
}

/** A block is named like the node it opened from: `10.1.0.0/16@1`, `location=Berlin&environment=test@1`. */
export function labelOf(block: string): string {
  const name = block.replace(/@\d+$/, "");
  if (!name.includes("=")) return name === "internet" ? "Internet" : name;
  const [attribute = "", ...value] = (name.split("&").at(-1) ?? "").split("=");
  if (attribute.endsWith("*")) return `smaller groups by ${attribute.slice(0, -1).replaceAll("_", " ")}`;
  const text = value.join("=").replaceAll("%26", "&").replaceAll("%25", "%");
  return text === "" ? `no ${attribute.replaceAll("_", " ")}` : text;
}

/** One frame per address space, where nodes know of several. */
function framesOf(nodes: PlacedNode[], hulls: Hull[]): Frame[] {
  const named = nodes.filter((node) => node.realm !== undefined);
  const realms = gathered(named, (node) => String(node.space));
  if (realms.size < 2) return [];
  const byBlock = new Map(hulls.map((hull) => [hull.block, hull]));
  return [...realms.values()].map((members) => {
    const { left, top, right, bottom } = boxAround(members, (node) => reachOf(node, byBlock.get(node.block)));
    const heading = members.some((node) => node.kind === "host") ? FRAME.headingOfHosts : FRAME.heading;
    return {
      label: members[0]?.realm ?? "",
      members: members.length,
      left: left - FRAME.padding,
      right: right + FRAME.padding,
      top: top - FRAME.padding - heading,
      bottom: bottom + FRAME.padding,
    };
  });
}

/** How far a node, or the hull it is in, reaches from the node's middle. */
function reachOf(node: PlacedNode, hull: Hull | undefined): Box {
  const [corner, , far] = hull?.points ?? [];
  if (!corner || !far) {
    const { w, h } = halfSize(node);
    return { left: w, right: w, top: h, bottom: h };
  }
  return {
    left: node.x - corner.x + HULL_PADDING,
    top: node.y - corner.y + HULL_PADDING + HULL_HEADING,
    right: far.x - node.x + HULL_PADDING,
    bottom: far.y - node.y + HULL_PADDING,
  };
}
