/** The first level of the layout: where whole blocks stand. Deterministic; no two overlap; clients tend to the left. */

export interface Block {
  key: string;
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
  strength: number;
}

const GAP_X = 66;
const GAP_Y = 50;
const TURN = Math.PI * (3 - Math.sqrt(5));
const WIDE = 1.7;
const DRIFT = 7;

type Moving = Spot & { key: string };

export function spread(blocks: Block[], pulls: Pull[]): Map<string, Spot> {
  const placed = new Map<string, Spot>();
  const islands: Spot[] = [];
  for (const island of islandsOf(blocks, pulls)) {
    const moving = settle(island, pulls);
    const box = around(moving);
    const at = beside(box, islands);
    islands.push(at);
    for (const { key, x, y, w, h } of moving) {
      placed.set(key, { x: Math.round(at.x + x - box.x), y: Math.round(at.y + y - box.y), w, h });
    }
  }
  return placed;
}

/** To the right of what stands already, or below it: whichever leaves the whole nearer to the shape of a screen. */
function beside(box: Spot, islands: Spot[]): Spot {
  if (islands.length === 0) return { ...box, x: 0, y: 0 };
  const whole = around(islands);
  const right = { ...box, x: whole.x + whole.w + box.w + 2 * GAP_X, y: whole.y };
  const below = { ...box, x: whole.x, y: whole.y + whole.h + box.h + 2 * GAP_Y };
  const size = (spot: Spot): number => {
    const { w, h } = around([whole, spot]);
    return Math.max(w / WIDE, h);
  };
  return size(right) <= size(below) ? right : below;
}

/** Blocks that talk to one another, the largest company first. Those that talk to nobody stand together. */
function islandsOf(blocks: Block[], pulls: Pull[]): Block[][] {
  const parent = new Map(blocks.map((block) => [block.key, block.key]));
  const rootOf = (key: string): string => {
    let root = key;
    for (let up = parent.get(root); up !== undefined && up !== root; up = parent.get(root)) root = up;
    parent.set(key, root);
    return root;
  };
  for (const { a, b } of pulls) if (parent.has(a) && parent.has(b)) parent.set(rootOf(a), rootOf(b));
  const islands = new Map<string, Block[]>();
  const order = [...blocks].sort((a, b) => b.weight - a.weight || (a.key < b.key ? -1 : 1));
  const linked = new Set(pulls.flatMap(({ a, b }) => [a, b]));
  for (const block of order) {
    const root = linked.has(block.key) ? rootOf(block.key) : "";
    islands.set(root, [...(islands.get(root) ?? []), block]);
  }
  return [...islands.values()].sort((a, b) => b.length - a.length);
}

function around(spots: Spot[]): Spot {
  const left = Math.min(...spots.map((spot) => spot.x - spot.w));
  const right = Math.max(...spots.map((spot) => spot.x + spot.w));
  const top = Math.min(...spots.map((spot) => spot.y - spot.h));
  const bottom = Math.max(...spots.map((spot) => spot.y + spot.h));
  return { x: (left + right) / 2, y: (top + bottom) / 2, w: (right - left) / 2, h: (bottom - top) / 2 };
}

function settle(order: Block[], pulls: Pull[]): Moving[] {
  const size = order.reduce((sum, block) => sum + Math.sqrt((block.w + GAP_X) * (block.h + GAP_Y)), 0) / order.length;
  const moving: Moving[] = order.map((block, i) => {
    const r = size * 1.2 * Math.sqrt(i);
    return { key: block.key, w: block.w, h: block.h, x: r * WIDE * Math.cos(i * TURN), y: r * Math.sin(i * TURN) };
  });
  const byKey = new Map(moving.map((spot) => [spot.key, spot]));
  const strongest = Math.max(1, ...pulls.map((pull) => pull.strength));
  const turns = moving.length > 250 ? 60 : 200;
  for (let turn = 0; turn < turns; turn++) {
    attract(byKey, pulls, { strongest, amount: 0.05 * (1 - turn / turns) });
    for (const spot of moving) {
      spot.x *= 0.998;
      spot.y *= 0.994;
    }
    separate(moving);
  }
  for (let turn = 0; turn < 600 && separate(moving); turn++);
  return moving;
}

function attract(spots: Map<string, Moving>, pulls: Pull[], by: { strongest: number; amount: number }): void {
  for (const { a, b, strength } of pulls) {
    const from = spots.get(a);
    const to = spots.get(b);
    if (!from || !to || from === to) continue;
    const share = by.amount * (Math.log1p(strength) / Math.log1p(by.strongest));
    const dx = (to.x - from.x) * share * 0.5;
    const dy = (to.y - from.y) * share * 0.5;
    const drift = to.x - from.x < 2 * (from.w + to.w) ? DRIFT * share * 10 : 0;
    from.x += dx - drift;
    from.y += dy;
    to.x -= dx - drift;
    to.y -= dy;
  }
}

function separate(spots: Moving[]): boolean {
  let moved = false;
  for (let i = 0; i < spots.length; i++) {
    for (let j = i + 1; j < spots.length; j++) {
      const a = spots[i] as Moving;
      const b = spots[j] as Moving;
      const dx = b.x - a.x;
      const dy = b.y - a.y;
      const wide = a.w + b.w + GAP_X;
      const high = a.h + b.h + GAP_Y;
      const overX = wide - Math.abs(dx);
      const overY = high - Math.abs(dy);
      if (overX <= 0.5 || overY <= 0.5) continue;
      moved = true;
      // Along the axis on which, for their size, they overlap least.
      if (overX / wide < overY / high) {
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
  return moved;
}

/** A place for one new block as near as possible to where it wants to be, moving nobody. */
export function freeSpot(block: Block, wanted: { x: number; y: number }, taken: Iterable<Spot>): Spot {
  const spots = [...taken];
  for (let i = 0; ; i++) {
    const r = 34 * Math.sqrt(i);
    const x = Math.round(wanted.x + r * WIDE * Math.cos(i * TURN));
    const y = Math.round(wanted.y + r * Math.sin(i * TURN));
    const clear = spots.every(
      (spot) => Math.abs(spot.x - x) >= spot.w + block.w + GAP_X || Math.abs(spot.y - y) >= spot.h + block.h + GAP_Y,
    );
    if (clear) return { x, y, w: block.w, h: block.h };
  }
}
