/** Two levels: blocks are spread once, members take numbered slots inside. What has a place keeps it. */

import { hullOf } from "./hull";
import { CARD, type Graph, HULL_PADDING, type Hull, type MapNode, type PlacedNode, type Scene } from "./model";
import { type Block, freeSpot, type Pull, type Spot, spread } from "./spread";

/** Everything that makes a layout come out the same again. Plain JSON. */
export interface Memory {
  blocks: Record<string, Spot>;
  slots: Record<string, number>;
}

export const EMPTY: Memory = { blocks: {}, slots: {} };

const STEP = 33;
/** Room for the name above a hull, seen from afar. */
const NAME_WIDTH = 500;
const TURN = Math.PI * (3 - Math.sqrt(5));
const STRETCH = { x: 1.8, y: 0.95 };

export function slotOffset(slot: number): { x: number; y: number } {
  const r = STEP * Math.sqrt(slot + 0.35);
  return { x: STRETCH.x * r * Math.cos(slot * TURN), y: STRETCH.y * r * Math.sin(slot * TURN) };
}

function blockSize(members: MapNode[], slots: number): { w: number; h: number } {
  if (members.every((node) => node.kind !== "host")) return { w: CARD.width / 2, h: CARD.height / 2 };
  const r = STEP * Math.sqrt(slots + 0.35);
  return { w: Math.max(NAME_WIDTH / 2, STRETCH.x * r + HULL_PADDING), h: STRETCH.y * r + HULL_PADDING + 24 };
}

function membersOf(graph: Graph): Map<string, MapNode[]> {
  const blocks = new Map<string, MapNode[]>();
  for (const node of [...graph.nodes].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const members = blocks.get(node.block);
    if (members) members.push(node);
    else blocks.set(node.block, [node]);
  }
  return blocks;
}

function pullsOf(graph: Graph): Pull[] {
  const sums = new Map<string, Pull>();
  for (const link of graph.links) {
    const a = graph.nodes[link.source]?.block;
    const b = graph.nodes[link.target]?.block;
    if (a === undefined || b === undefined || a === b) continue;
    const key = `${a}\n${b}`;
    const pull = sums.get(key);
    if (pull) pull.strength += link.octets;
    else sums.set(key, { a, b, strength: link.octets });
  }
  return [...sums.values()];
}

/** Gives a place to every node that has none. Nothing that has one is moved. */
export function remember(graph: Graph, memory: Memory): Memory {
  const members = membersOf(graph);
  const slots = giveSlots(members, memory.slots);
  const blocks: Record<string, Spot> = { ...memory.blocks };
  const arrivals: Block[] = [];
  for (const [key, nodes] of members) {
    if (blocks[key]) continue;
    // Room for half as many again, so that a growing network need not move its neighbours.
    const size = blockSize(nodes, nodes.length * 1.5 + 4);
    arrivals.push({ key, ...size, weight: nodes.reduce((sum, node) => sum + node.assets, 0) });
  }
  if (arrivals.length === 0) return { blocks, slots };
  const pulls = pullsOf(graph);
  if (Object.keys(memory.blocks).length === 0) {
    for (const [key, spot] of spread(arrivals, pulls)) blocks[key] = spot;
    return { blocks, slots };
  }
  for (const block of arrivals)
    blocks[block.key] = freeSpot(block, wanted(block.key, pulls, blocks), Object.values(blocks));
  return { blocks, slots };
}

function giveSlots(members: Map<string, MapNode[]>, known: Record<string, number>): Record<string, number> {
  const slots = { ...known };
  for (const nodes of members.values()) {
    const taken = new Set(nodes.map((node) => known[node.id]));
    let next = 0;
    for (const node of nodes) {
      if (slots[node.id] !== undefined) continue;
      while (taken.has(next)) next++;
      slots[node.id] = next++;
    }
  }
  return slots;
}

function wanted(key: string, pulls: Pull[], placed: Record<string, Spot>): { x: number; y: number } {
  let [x, y, sum] = [0, 0, 0];
  for (const pull of pulls) {
    const other = pull.a === key ? placed[pull.b] : pull.b === key ? placed[pull.a] : undefined;
    if (!other) continue;
    const share = Math.log1p(pull.strength);
    x += other.x * share;
    y += other.y * share;
    sum += share;
  }
  return sum === 0 ? { x: 0, y: 0 } : { x: x / sum, y: y / sum };
}

/** Where everything stands now: an opened network pushes the others outwards for as long as it is open. */
export function arrange(graph: Graph, memory: Memory): Scene {
  const members = membersOf(graph);
  const spots = pushed(members, memory);
  const nodes: PlacedNode[] = graph.nodes.map((node) => {
    const spot = spots.get(node.block) ?? { x: 0, y: 0 };
    if (node.kind !== "host") return { ...node, x: spot.x, y: spot.y };
    const offset = slotOffset(memory.slots[node.id] ?? 0);
    return { ...node, x: spot.x + offset.x, y: spot.y + offset.y };
  });
  return { nodes, links: graph.links, hulls: hullsOf(nodes) };
}

function pushed(members: Map<string, MapNode[]>, memory: Memory): Map<string, { x: number; y: number }> {
  const spots = new Map<string, Spot>();
  for (const key of members.keys()) {
    const spot = memory.blocks[key];
    if (spot) spots.set(key, { ...spot });
  }
  for (const [key, nodes] of members) {
    const home = memory.blocks[key];
    const centre = spots.get(key);
    if (!home || !centre) continue;
    const last = Math.max(...nodes.map((node) => memory.slots[node.id] ?? 0));
    const size = blockSize(nodes, last + 1);
    const grown = { w: Math.max(0, size.w - home.w), h: Math.max(0, size.h - home.h) };
    if (grown.w === 0 && grown.h === 0) continue;
    for (const [other, spot] of spots) if (other !== key) pushAway(spot, centre, home, grown);
  }
  return spots;
}

function pushAway(spot: Spot, centre: Spot, home: Spot, grown: { w: number; h: number }): void {
  const dx = (spot.x - centre.x) / (spot.w + home.w);
  const dy = (spot.y - centre.y) / (spot.h + home.h);
  const far = Math.max(Math.abs(dx), Math.abs(dy)) || 1;
  spot.x += (dx / far) * grown.w;
  spot.y += (dy / far) * grown.h;
}

function hullsOf(nodes: PlacedNode[]): Hull[] {
  const hosts = new Map<string, PlacedNode[]>();
  for (const node of nodes) {
    if (node.kind !== "host") continue;
    const members = hosts.get(node.block);
    if (members) members.push(node);
    else hosts.set(node.block, [node]);
  }
  return [...hosts].map(([block, members]) => {
    const top = members.reduce((best, node) => (node.y < best.y ? node : best));
    const middle = members.reduce((sum, node) => sum + node.x, 0) / members.length;
    return {
      block,
      label: labelOf(block, members[0]?.realm),
      members: members.length,
      points: hullOf(members),
      top: { x: middle, y: top.y - HULL_PADDING },
    };
  });
}

/** A block is named like the node it opened from: `10.1.0.0/16@1`. */
function labelOf(block: string, realm: string | undefined): string {
  const [network = block] = block.split("@");
  const name = network === "internet" ? "Internet" : network;
  return realm === undefined ? name : `${name} · ${realm}`;
}
