/** The first level of the layout: where whole blocks stand. Deterministic; no two overlap; clients tend to the left. */

import { inColumns, type Packed } from "./columns";
import { FRAME } from "./model";
import { settle } from "./settle";
import { trade } from "./swap";

export interface Block {
  key: string;
  /** The address space: its blocks stand together. */
  realm: string;
  /** Half width and half height. */
  w: number;
  h: number;
  weight: number;
}

export interface Spot {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** `a` is the client's block, `b` the server's. */
export interface Pull {
  a: string;
  b: string;
}

const CARD_HEIGHT = 30;
const MOST_COLUMNS = 48;

/** Half the room that is left free around a block: lines between boxes need more than hulls do. */
export function room(block: { h: number }): { x: number; y: number } {
  return block.h < CARD_HEIGHT ? { x: 30, y: 24 } : { x: 17, y: 12 };
}

/** `wide` is the shape of the screen: how much wider than high. */
export function spread(blocks: Block[], pulls: Pull[], wide: number): Map<string, Spot> {
  const sizes = new Map(blocks.map((block) => [block.key, block]));
  const realms = new Map<string, Block[]>();
  for (const block of [...blocks].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const { x, y } = room(block);
    const roomy = { ...block, w: block.w + x, h: block.h + y };
    realms.set(block.realm, [...(realms.get(block.realm) ?? []), roomy]);
  }
  const order = [...realms.values()].sort(
    (a, b) => b.length - a.length || ((a[0]?.key ?? "") < (b[0]?.key ?? "") ? -1 : 1),
  );
  const hosts = blocks.some((block) => block.h >= CARD_HEIGHT);
  const heading = hosts ? FRAME.headingOfHosts : FRAME.heading;
  const frame = order.length > 1 ? { padding: FRAME.padding, heading } : { padding: 0, heading: 0 };
  const choices = order.map((realm) => {
    const settled = settle(realm, pulls, wide);
    const most = Math.min(MOST_COLUMNS, realm.length);
    return Array.from({ length: most }, (_, i) => inColumns(settled, i + 1)).map((packed) => ({
      ...packed,
      width: packed.width + 2 * frame.padding,
      height: packed.height + 2 * frame.padding + frame.heading,
    }));
  });
  const { chosen, at } = best(choices, wide);
  const placed = new Map<string, Spot>();
  chosen.forEach((packed, i) => {
    const left = (at[i]?.x ?? 0) + frame.padding;
    const top = (at[i]?.y ?? 0) + frame.padding + frame.heading;
    for (const { key, x, y } of trade(packed.places, pulls)) {
      const { w, h } = sizes.get(key) ?? { w: 0, h: 0 };
      placed.set(key, { x: Math.round(left + x), y: Math.round(top + y), w, h });
    }
  });
  return placed;
}

interface Arrangement {
  chosen: Packed[];
  at: { x: number; y: number }[];
  size: number;
}

/** The number of columns of each address space, and the rows they stand in, that are seen largest on the screen. */
function best(choices: Packed[][], wide: number): Arrangement {
  const heights = new Set(choices.slice(0, 3).flatMap((packings) => packings.map(({ height }) => height)));
  let found: Arrangement = { chosen: [], at: [], size: Infinity };
  for (const limit of [...heights].sort((a, b) => a - b)) {
    const chosen = choices.flatMap(
      (packings) => packings.find(({ height }) => height <= limit) ?? packings.at(-1) ?? [],
    );
    let line = 0;
    for (const { width } of chosen.slice(0, 24)) {
      line += width;
      const at = inLines(chosen, line);
      const right = Math.max(...chosen.map((packed, i) => (at[i]?.x ?? 0) + packed.width));
      const bottom = Math.max(...chosen.map((packed, i) => (at[i]?.y ?? 0) + packed.height));
      const size = Math.max(right / wide, bottom);
      if (size < found.size - 0.5) found = { chosen, at, size };
    }
  }
  return found;
}

const BETWEEN = 4;

/** Side by side, and below when the line is full. */
function inLines(chosen: Packed[], line: number): { x: number; y: number }[] {
  let [x, y, high] = [0, 0, 0];
  return chosen.map(({ width, height }) => {
    if (x > 0 && x + width > line + BETWEEN * chosen.length) {
      x = 0;
      y += high + BETWEEN;
      high = 0;
    }
    const at = { x, y };
    x += width + BETWEEN;
    high = Math.max(high, height);
    return at;
  });
}

/** A place in line with the others for one new block, as near as possible to where it wants to be, moving nobody. */
export function freeSpot(block: Block, wanted: { x: number; y: number }, taken: { own: Spot[]; others: Spot[] }): Spot {
  const { x: roomX, y: roomY } = room(block);
  const step = { x: 2 * (block.w + roomX), y: block.h + roomY };
  const [anchor = { x: 0, y: 0 }] = [...taken.own].sort((a, b) => a.x - b.x || a.y - b.y);
  const line = (value: number, from: number, size: number): number => Math.round((value - from) / size) * size + from;
  const start = { x: line(wanted.x, anchor.x, step.x), y: line(wanted.y, anchor.y, step.y) };
  for (let ring = 0; ; ring++) {
    const found = ringOf(ring)
      .map(([column, row]) => ({ x: start.x + column * step.x, y: start.y + row * step.y }))
      .filter(({ x, y }) => clear({ x, y, w: block.w, h: block.h }, taken))
      .sort((a, b) => far(a, wanted) - far(b, wanted) || a.x - b.x || a.y - b.y)[0];
    if (found) return { x: Math.round(found.x), y: Math.round(found.y), w: block.w, h: block.h };
  }
}

function far(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function ringOf(ring: number): [number, number][] {
  const cells: [number, number][] = [];
  for (let column = -ring; column <= ring; column++) {
    for (let row = -2 * ring; row <= 2 * ring; row++) {
      if (Math.max(Math.abs(column), Math.ceil(Math.abs(row) / 2)) === ring) cells.push([column, row]);
    }
  }
  return cells;
}

function clear(spot: Spot, { own, others }: { own: Spot[]; others: Spot[] }): boolean {
  const apart = (other: Spot, x: number, y: number): boolean =>
    Math.abs(other.x - spot.x) >= other.w + spot.w + x || Math.abs(other.y - spot.y) >= other.h + spot.h + y;
  const mine = room(spot);
  const fromFrames = 2 * FRAME.padding + FRAME.headingOfHosts;
  return (
    own.every((other) => apart(other, mine.x + room(other).x - 1, mine.y + room(other).y - 1)) &&
    others.every((other) => apart(other, fromFrames, fromFrames))
  );
}

export function around(spots: Spot[]): Spot {
  const left = Math.min(...spots.map((spot) => spot.x - spot.w));
  const right = Math.max(...spots.map((spot) => spot.x + spot.w));
  const top = Math.min(...spots.map((spot) => spot.y - spot.h));
  const bottom = Math.max(...spots.map((spot) => spot.y + spot.h));
  return { x: (left + right) / 2, y: (top + bottom) / 2, w: (right - left) / 2, h: (bottom - top) / 2 };
}
