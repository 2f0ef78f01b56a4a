/** Two levels: blocks are spread once, members take numbered slots inside. What has a place keeps it. */

import { CARD, type Graph, HULL_HEADING, HULL_PADDING, type MapNode, type PlacedNode, type Scene } from "./model";
import { isNest, nestOf } from "./nest";
import { outlines } from "./outlines";
import { slotOffset, slotsSize } from "./slots";
import { around, type Block, freeSpot, type Pull, type Spot, spread } from "./spread";

/** Everything that makes a layout come out the same again. Plain JSON. */
export interface Memory {
  blocks: Record<string, Spot>;
  slots: Record<string, number>;
}

export const EMPTY: Memory = { blocks: {}, slots: {} };

/** The shape of a common screen without its bars. */
export const WIDE = 1.8;

export interface How {
  /** How much wider than high the screen is. */
  wide: number;
  /** May a map of which most is new be laid out anew? */
  afresh: boolean;
}

const HOW: How = { wide: WIDE, afresh: true };

function blockSize(members: MapNode[], count: number, slots: Record<string, number>): { w: number; h: number } {
  if (isNest(members)) return nestOf(members, slots);
  if (members.every((node) => node.kind !== "host")) return { w: CARD.width / 2, h: CARD.height / 2 };
  return slotsSize(Math.ceil(count));
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

/** Who draws whom. Not how much: traffic varies from look to look, and two people should see the same picture. */
function pullsOf(graph: Graph): Pull[] {
  const found = new Map<string, Pull>();
  for (const link of graph.links) {
    const a = graph.nodes[link.source]?.block;
    const b = graph.nodes[link.target]?.block;
    if (a !== undefined && b !== undefined && a !== b) found.set(`${a}\n${b}`, { a, b });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pull]) => pull);
}

function realmOf(key: string): string {
  return key.split("@")[1] ?? "";
}

/** Gives a place to every node that has none. Nothing that has one is moved, unless most of the map is new. */
export function remember(graph: Graph, memory: Memory, { wide, afresh }: How = HOW): Memory {
  const members = membersOf(graph);
  const known = [...members.keys()].filter((key) => memory.blocks[key]).length;
  const blocks: Record<string, Spot> = afresh && known * 2 < members.size ? {} : { ...memory.blocks };
  const slots = giveSlots(members, memory.slots);
  const arrivals: Block[] = [];
  for (const [key, nodes] of members) {
    if (blocks[key]) continue;
    // Room for a few more, so that a growing network need not move its neighbours.
    const size = blockSize(nodes, nodes.length * 1.25 + 1, slots);
    arrivals.push({ key, realm: realmOf(key), ...size, weight: nodes.length });
  }
  if (arrivals.length === 0) return { blocks, slots };
  const pulls = pullsOf(graph);
  if (arrivals.length === members.size) return { blocks: Object.fromEntries(spread(arrivals, pulls, wide)), slots };
  for (const block of arrivals)
    blocks[block.key] = freeSpot(block, wanted(block, pulls, blocks), takenOf(block, blocks));
  return { blocks, slots };
}

function takenOf(block: Block, blocks: Record<string, Spot>): { own: Spot[]; others: Spot[] } {
  const realms = new Map<string, Spot[]>();
  for (const [key, spot] of Object.entries(blocks)) {
    const realm = realmOf(key);
    realms.set(realm, [...(realms.get(realm) ?? []), spot]);
  }
  const own = realms.get(block.realm) ?? [];
  realms.delete(block.realm);
  return { own, others: [...realms.values()].map(around) };
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

function wanted({ key, realm }: Block, pulls: Pull[], placed: Record<string, Spot>): { x: number; y: number } {
  let [x, y, count] = [0, 0, 0];
  for (const pull of pulls) {
    const other = pull.a === key ? placed[pull.b] : pull.b === key ? placed[pull.a] : undefined;
    if (!other) continue;
    x += other.x;
    y += other.y;
    count++;
  }
  if (count > 0) return { x: x / count, y: y / count };
  const own = Object.entries(placed).filter(([one]) => realmOf(one) === realm);
  return around((own.length > 0 ? own : Object.entries(placed)).map(([, spot]) => spot));
}

/** Where everything stands now: an opened network pushes the others outwards for as long as it is open. */
export function arrange(graph: Graph, memory: Memory): Scene {
  const members = membersOf(graph);
  const { spots, opened } = pushed(members, memory);
  const nests = new Map(
    [...members].flatMap(([key, nodes]) => (isNest(nodes) ? [[key, nestOf(nodes, memory.slots).nest] as const] : [])),
  );
  const nodes: PlacedNode[] = graph.nodes.map((node) => {
    const inside = nests.get(node.block)?.at.get(node.id);
    const spot = opened.get(node.block) ?? spots.get(node.block) ?? { x: 0, y: 0, w: 0, h: 0 };
    if (inside)
      return {
        ...node,
        x: spot.x - spot.w + HULL_PADDING + inside.x,
        y: spot.y - spot.h + HULL_PADDING + HULL_HEADING + inside.y,
      };
    if (node.kind !== "host") return { ...node, x: spot.x, y: spot.y };
    const offset = slotOffset(memory.slots[node.id] ?? 0);
    return { ...node, x: spot.x - spot.w + offset.x, y: spot.y - spot.h + offset.y };
  });
  return { nodes, links: graph.links, ...outlines(nodes) };
}

interface Pushed {
  spots: Map<string, Spot>;
  /** Blocks that need more room than their place has, at their size of now. */
  opened: Map<string, Spot>;
}

function pushed(members: Map<string, MapNode[]>, memory: Memory): Pushed {
  const spots = new Map<string, Spot>();
  const opened = new Map<string, Spot>();
  for (const key of members.keys()) {
    const spot = memory.blocks[key];
    if (spot) spots.set(key, { ...spot });
  }
  for (const [key, nodes] of members) {
    const home = memory.blocks[key];
    const centre = spots.get(key);
    if (!home || !centre || (!isNest(nodes) && nodes.every((node) => node.kind !== "host"))) continue;
    const last = nodes.reduce((most, node) => Math.max(most, memory.slots[node.id] ?? 0), 0);
    const size = blockSize(nodes, last + 1, memory.slots);
    const grown = { w: Math.max(0, size.w - home.w), h: Math.max(0, size.h - home.h) };
    if (grown.w === 0 && grown.h === 0) continue;
    opened.set(key, centre);
    centre.w += grown.w;
    centre.h += grown.h;
    for (const [other, spot] of spots) if (other !== key) pushAway(spot, centre, home, grown);
  }
  return { spots, opened };
}

function pushAway(spot: Spot, centre: Spot, home: Spot, grown: { w: number; h: number }): void {
  const dx = (spot.x - centre.x) / (spot.w + home.w);
  const dy = (spot.y - centre.y) / (spot.h + home.h);
  const far = Math.max(Math.abs(dx), Math.abs(dy)) || 1;
  spot.x += (dx / far) * grown.w;
  spot.y += (dy / far) * grown.h;
}
