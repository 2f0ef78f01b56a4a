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

function hullsOf(nodes: PlacedNode[]): Hull[] {
  const hosts = gathered(
    nodes.filter((node) => node.kind === "host"),
    (node) => node.block,
  );
  return [...hosts].map(([block, members]) => {
    const { left, top, right: last, bottom } = boxAround(members, () => HOST_REACH);
    const right = Math.max(last, left + HULL_WIDTH - 4);
    return {
      block,
      label: labelOf(block),
      members: members.length,
      points: [
        { x: left, y: top },
        { x: right, y: top },
        { x: right, y: bottom },
        { x: left, y: bottom },
      ],
      name: { x: left - HULL_PADDING, y: top - HULL_PADDING },
    };
  });
}

/** A block is named like the node it opened from: `10.1.0.0/16@1`. */
function labelOf(block: string): string {
  const [network = block] = block.split("@");
  return network === "internet" ? "Internet" : network;
}

/** One frame per address space, where nodes know of several. */
function framesOf(nodes: PlacedNode[], hulls: Hull[]): Frame[] {
  const named = nodes.filter((node) => node.realm !== undefined);
  const realms = gathered(named, (node) => String(node.space));
  if (realms.size < 2) return [];
  const around = new Map(hulls.map((hull) => [hull.block, hull]));
  return [...realms.values()].map((members) => {
    const { left, top, right, bottom } = boxAround(members, (node) => reachOf(node, around.get(node.block)));
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
  if (node.kind !== "host" || !corner || !far) {
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
