/** Trades places between blocks of the same size for as long as links get shorter and cover fewer boxes. */

import type { Moving } from "./settle";
import type { Pull } from "./spread";

const MOST = 130;
const ROUNDS = 12;
const COVERED = 1.1;
const BACKWARDS = 0.35;

interface Tie {
  other: number;
  /** Does the link leave this block? */
  out: boolean;
}

export function trade(places: Moving[], pulls: Pull[]): Moving[] {
  if (places.length > MOST || places.length < 3) return places;
  const order = [...places].sort((a, b) => (a.key < b.key ? -1 : 1));
  const ties = tiesOf(order, pulls);
  const costs = costsOf(order);
  /** Block number i stands on place number at[i]. */
  const at = order.map((_, i) => i);
  for (let round = 0; round < ROUNDS && improve({ order, ties, costs, at }); round++);
  return order.map((block, i) => {
    const place = order[at[i] ?? i] ?? block;
    return { ...block, x: place.x, y: place.y };
  });
}

interface Board {
  order: Moving[];
  ties: Tie[][];
  costs: number[][];
  at: number[];
}

function improve({ order, ties, costs, at }: Board): boolean {
  let better = false;
  const cost = (i: number): number => {
    let sum = 0;
    const here = at[i] ?? 0;
    for (const { other, out } of ties[i] ?? []) {
      const there = at[other] ?? 0;
      sum += (out ? costs[here]?.[there] : costs[there]?.[here]) ?? 0;
    }
    return sum;
  };
  const change = (i: number, j: number): void => {
    [at[i], at[j]] = [at[j] ?? 0, at[i] ?? 0];
  };
  for (let i = 0; i < order.length; i++) {
    for (let j = i + 1; j < order.length; j++) {
      if (order[i]?.w !== order[j]?.w || order[i]?.h !== order[j]?.h) continue;
      const before = cost(i) + cost(j);
      change(i, j);
      if (cost(i) + cost(j) < before - 1e-9) better = true;
      else change(i, j);
    }
  }
  return better;
}

function tiesOf(order: Moving[], pulls: Pull[]): Tie[][] {
  const at = new Map(order.map((block, i) => [block.key, i]));
  const ties = order.map((): Tie[] => []);
  for (const { a, b } of pulls) {
    const [from, to] = [at.get(a), at.get(b)];
    if (from === undefined || to === undefined || from === to) continue;
    ties[from]?.push({ other: to, out: true });
    ties[to]?.push({ other: from, out: false });
  }
  return ties;
}

/** What a link from one place to another costs: its length, the boxes it runs under, and running leftwards. */
function costsOf(places: Moving[]): number[][] {
  return places.map((from) =>
    places.map((to) => {
      if (from === to) return 0;
      const across = (to.x - from.x) / (from.w + to.w);
      const down = (to.y - from.y) / (from.h + to.h);
      const covered = places.filter((place) => place !== from && place !== to && runsUnder(from, to, place)).length;
      return Math.hypot(across, down * 0.8) + COVERED * covered + BACKWARDS * Math.max(0, -across);
    }),
  );
}

/** Does the line between two middles cross the inner part of a place? */
function runsUnder(from: Moving, to: Moving, place: Moving): boolean {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  let [enter, leave] = [0, 1];
  for (const [start, delta, low, high] of [
    [from.x, dx, place.x - place.w * 0.7, place.x + place.w * 0.7],
    [from.y, dy, place.y - place.h * 0.45, place.y + place.h * 0.45],
  ] as const) {
    if (delta === 0) {
      if (start < low || start > high) return false;
      continue;
    }
    const [one, two] = [(low - start) / delta, (high - start) / delta];
    enter = Math.max(enter, Math.min(one, two));
    leave = Math.min(leave, Math.max(one, two));
  }
  return enter < leave;
}
