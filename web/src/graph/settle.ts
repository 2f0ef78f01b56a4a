/** Who stands near whom: forces between blocks, before they are put in order. Deterministic. */

import type { Block, Pull } from "./spread";

export interface Moving {
  key: string;
  x: number;
  y: number;
  /** Half width and half height. */
  w: number;
  h: number;
}

const TURN = Math.PI * (3 - Math.sqrt(5));
const DRIFT = 7;
const TURNS = 120;
/** Of more blocks only the forces that cost little are reckoned. */
const MANY = 250;

/** `wide` is how much wider than high the whole should be; blocks come in an order that does not depend on arrival. */
export function settle(blocks: Block[], pulls: Pull[], wide: number): Moving[] {
  const order = [...blocks].sort((a, b) => b.weight - a.weight || (a.key < b.key ? -1 : 1));
  const size = order.reduce((sum, block) => sum + Math.sqrt(block.w * block.h), 0) / Math.max(1, order.length);
  const moving: Moving[] = order.map((block, i) => {
    const r = size * 1.6 * Math.sqrt(i);
    return { key: block.key, w: block.w, h: block.h, x: r * wide * Math.cos(i * TURN), y: r * Math.sin(i * TURN) };
  });
  const byKey = new Map(moving.map((spot) => [spot.key, spot]));
  const turns = moving.length > MANY ? 30 : TURNS;
  for (let turn = 0; turn < turns; turn++) {
    attract(byKey, pulls, 0.04 * (1 - turn / turns));
    for (const spot of moving) {
      spot.x *= 0.998;
      spot.y *= 0.994;
    }
    separate(moving);
  }
  return moving;
}

function attract(spots: Map<string, Moving>, pulls: Pull[], amount: number): void {
  for (const { a, b } of pulls) {
    const from = spots.get(a);
    const to = spots.get(b);
    if (!from || !to || from === to) continue;
    const dx = (to.x - from.x) * amount * 0.5;
    const dy = (to.y - from.y) * amount * 0.5;
    const drift = to.x - from.x < 2 * (from.w + to.w) ? DRIFT * amount * 10 : 0;
    from.x += dx - drift;
    from.y += dy;
    to.x -= dx - drift;
    to.y -= dy;
  }
}

function separate(spots: Moving[]): void {
  for (let i = 0; i < spots.length; i++) {
    for (let j = i + 1; j < spots.length; j++) {
      const a = spots[i] as Moving;
      const b = spots[j] as Moving;
      const dx = b.x - a.x;
      const dy = b.y - a.y;
      const overX = a.w + b.w - Math.abs(dx);
      const overY = a.h + b.h - Math.abs(dy);
      if (overX <= 0.5 || overY <= 0.5) continue;
      // Along the axis on which, for their size, they overlap least.
      if (overX / (a.w + b.w) < overY / (a.h + b.h)) {
        const step = (dx < 0 ? -overX : overX) / 2;
        a.x -= step;
        b.x += step;
      } else {
        const step = (dy < 0 ? -overY : overY) / 2;
        a.y -= step;
        b.y += step;
      }
    }
  }
}
