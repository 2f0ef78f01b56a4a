/** 200 networks of 50 hosts, each with five links it begins; but for the time the same at every call. */

import type { Topology } from "../src/api/types";

const [NETWORKS, HOSTS, LINKS] = [200, 50, 5];
const CHURN = 0.05;

/** At step 1 every twentieth host has gone and as many others have come. */
export function topologyOf(step: number): Topology {
  const random = seeded(42);
  const count = NETWORKS * HOSTS;
  const gone = (i: number): boolean => step > 0 && i % Math.round(1 / CHURN) === 7;
  const address = (i: number): string =>
    `10.${Math.floor(i / HOSTS / 100)}.${Math.floor(i / HOSTS) % 100}.${(i % HOSTS) + 1 + (gone(i) ? HOSTS : 0)}`;
  const ids = Array.from({ length: count }, (_, i) => i);
  const source = ids.flatMap((i) => Array<number>(LINKS).fill(i));
  // Most talk to few: servers of the own or the next networks, and some that all know.
  const target = source.map((i) => {
    const near = (Math.floor(i / HOSTS) + Math.floor(random() * 8)) % NETWORKS;
    const network = random() < 0.3 ? Math.floor(random() * 10) : near;
    const found = network * HOSTS + Math.floor(random() * 12);
    return found === i ? (i + 1) % count : found;
  });
  const edges = source.length;
  const of = <T>(value: T): T[] => Array<T>(edges).fill(value);
  const octets = source.map(() => Math.floor(1e3 * 10 ** (6 * random())));
  const time = new Date().toISOString();
  const all = { edges, dependencies: edges, octets: 1e12, packets: 1e9, flows: 1e8 };
  return {
    as_of: time,
    from: null,
    to: null,
    group: "none",
    nodes: {
      id: ids.map((i) => `${address(i)}@1`),
      label: ids.map(address),
      kind: ids.map(() => "host" as const),
      address_space_id: ids.map(() => 1),
      asset_id: ids.map((i) => i + 1),
      assets: ids.map(() => 1),
      internal: ids.map(() => true),
      value: ids.map(() => null),
      within: ids.map(() => []),
      folded: ids.map(() => 0),
    },
    edges: {
      source,
      target,
      dependencies: of(1),
      dependency_id: source.map((_, i) => i + 1),
      protocol: of(6),
      port: of(443),
      service: of("https"),
      octets,
      packets: of(1000),
      flows: of(10),
      evidence: source.map((_, i) => (["initiator", "flags", "service", "port_order"] as const)[i % 4] ?? "flags"),
      first_seen: of(time),
      last_seen: of(time),
    },
    left_out: { nodes: 0, edges: 0, dependencies: 0, octets: 0, packets: 0, flows: 0 },
    totals: { nodes: count, assets: count, ...all },
    hidden: { dependencies: 0, octets: 0, packets: 0, flows: 0 },
    change: String(step),
  };
}

/** Of two exported pictures, how far the node that moved most went, in per cent of the picture's width. */
export function movement(before: string, after: string): number {
  const [was, is] = [placesOf(before), placesOf(after)];
  const width = Number(/width="([\d.]+)"/.exec(before)?.[1] ?? 1);
  const ways = [...was].flatMap(([name, [x, y]]) => {
    const now = is.get(name);
    return now ? [Math.hypot(now[0] - x, now[1] - y)] : [];
  });
  if (ways.length < was.size / 2) throw new Error(`only ${ways.length} of ${was.size} nodes are on both pictures`);
  return (100 * Math.max(...ways)) / width;
}

function placesOf(svg: string): Map<string, [number, number]> {
  const nodes = svg.matchAll(/<circle cx="([-\d.]+)" cy="([-\d.]+)"[^>]*><title>([^<]+)/g);
  return new Map([...nodes].map(([, x, y, title]) => [title ?? "", [Number(x), Number(y)]]));
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
