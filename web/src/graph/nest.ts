/** The inside of an opened group: cards, hosts and opened groups in rows, each in the order of its slot. */

import { CARD, HOST_CELL, HULL_HEADING, HULL_PADDING, HULL_WIDTH, type MapNode, type Point } from "./model";

/** Room around one card in an opened group. */
export const CARD_CELL = { width: CARD.width + 22, height: CARD.height + 18 };
/** Room between an inner hull and its neighbours. */
const GAP = 8;
const WIDE = 1.7;

export interface Nest {
  width: number;
  height: number;
  /** From the upper left corner to the middle of each node. */
  at: Map<string, Point>;
}

interface Item {
  key: string;
  slot: number;
  width: number;
  height: number;
  place: (corner: Point, at: Map<string, Point>) => void;
}

/** Does a block hold groups, and not hosts alone? */
export function isNest(members: MapNode[]): boolean {
  return members.some(({ kind, within = [] }) => within.length > 1 || (within.length === 1 && kind !== "host"));
}

/** Half the size of a block that is a nest, and where its nodes stand from its upper left corner. */
export function nestOf(members: MapNode[], slots: Record<string, number>): { w: number; h: number; nest: Nest } {
  const nest = pack(members, 1, slots);
  return {
    w: Math.max(HULL_WIDTH / 2, nest.width / 2) + HULL_PADDING,
    h: nest.height / 2 + HULL_HEADING / 2 + HULL_PADDING,
    nest,
  };
}

function pack(nodes: MapNode[], depth: number, slots: Record<string, number>): Nest {
  const items = itemsOf(nodes, depth, slots).sort((a, b) => a.slot - b.slot || (a.key < b.key ? -1 : 1));
  const area = items.reduce((sum, { width, height }) => sum + width * height, 0);
  const line = Math.max(...items.map(({ width }) => width), Math.sqrt(area * WIDE));
  const at = new Map<string, Point>();
  let [x, y, high, right] = [0, 0, 0, 0];
  for (const item of items) {
    if (x > 0 && x + item.width > line + 1) {
      y += high;
      [x, high] = [0, 0];
    }
    item.place({ x, y }, at);
    x += item.width;
    high = Math.max(high, item.height);
    right = Math.max(right, x);
  }
  return { width: right, height: y + high, at };
}

function itemsOf(nodes: MapNode[], depth: number, slots: Record<string, number>): Item[] {
  const inner = new Map<string, MapNode[]>();
  const items: Item[] = [];
  for (const node of nodes) {
    const group = node.within?.[depth];
    if (group === undefined) items.push(single(node, slots));
    else inner.set(group, [...(inner.get(group) ?? []), node]);
  }
  for (const [key, members] of inner) items.push(opened(key, members, depth, slots));
  return items;
}

function single(node: MapNode, slots: Record<string, number>): Item {
  const { width, height } = node.kind === "host" ? HOST_CELL : CARD_CELL;
  const middle = node.kind === "host" ? 0.35 : 0.5;
  return {
    key: node.id,
    slot: slots[node.id] ?? 0,
    width,
    height,
    place: ({ x, y }, at) => at.set(node.id, { x: x + width / 2, y: y + height * middle }),
  };
}

function opened(key: string, members: MapNode[], depth: number, slots: Record<string, number>): Item {
  const nest = pack(members, depth + 1, slots);
  return {
    key,
    slot: Math.min(...members.map(({ id }) => slots[id] ?? 0)),
    width: Math.max(HULL_WIDTH, nest.width) + 2 * (HULL_PADDING + GAP),
    height: nest.height + HULL_HEADING + 2 * (HULL_PADDING + GAP),
    place: (corner, at) => {
      for (const [id, { x, y }] of nest.at)
        at.set(id, { x: corner.x + GAP + HULL_PADDING + x, y: corner.y + GAP + HULL_PADDING + HULL_HEADING + y });
    },
  };
}
