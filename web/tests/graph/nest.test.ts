import { expect, test } from "vitest";
import { arrange, EMPTY, remember } from "../../src/graph/layout";
import type { Graph, MapNode, Scene } from "../../src/graph/model";
import { HULL_PADDING, halfSize } from "../../src/graph/model";
import { labelOf } from "../../src/graph/outlines";
import { trace } from "../../src/graph/trace";

const BERLIN = "location=Berlin@1";
const PROD = "location=Berlin&environment=prod@1";

function node(id: string, within: string[] = [], kind: MapNode["kind"] = id.includes("=") ? "group" : "host"): MapNode {
  return { id, label: id, kind, space: 1, assets: 3, internal: true, block: within[0] ?? id, within };
}

function graph(nodes: MapNode[], links: [number, number][] = []): Graph {
  return {
    nodes,
    links: links.map(([source, target]) => ({
      id: `${nodes[source]?.id}>${nodes[target]?.id}`,
      source,
      target,
      octets: 1,
      flows: 1,
      dependencies: 1,
      rung: "flags",
    })),
  };
}

const NESTED = [
  node("location=Oslo@1"),
  node("location=Berlin&environment=test@1", [BERLIN]),
  node("location=Berlin&environment=@1", [BERLIN]),
  node("10.1.0.1@1", [BERLIN, PROD]),
  node("10.1.0.2@1", [BERLIN, PROD]),
];

function scene(nodes: MapNode[]): Scene {
  const of = graph(nodes);
  return arrange(of, remember(of, EMPTY));
}

test("a hull holds all that lies in it, and an inner hull lies in the outer one", () => {
  const { nodes, hulls } = scene(NESTED);
  expect(hulls.map(({ block, depth, members, label }) => [block, depth, members, label])).toEqual([
    [BERLIN, 0, 4, "Berlin"],
    [PROD, 1, 2, "prod"],
  ]);
  const [outer, inner] = hulls;
  const box = (hull: typeof outer) => ({ from: hull?.points[0], to: hull?.points[2] });
  for (const hull of hulls) {
    const { from, to } = box(hull);
    for (const one of nodes.filter(({ within = [] }) => within.includes(hull.block))) {
      const { w, h } = halfSize(one);
      expect(one.x - w).toBeGreaterThanOrEqual(from?.x ?? 0);
      expect(one.x + w).toBeLessThanOrEqual(to?.x ?? 0);
      expect(one.y - h).toBeGreaterThanOrEqual(from?.y ?? 0);
      expect(one.y + h).toBeLessThanOrEqual(to?.y ?? 0);
    }
  }
  expect((box(inner).from?.x ?? 0) - HULL_PADDING).toBeGreaterThanOrEqual(box(outer).from?.x ?? 0);
  expect((box(inner).to?.y ?? 0) + HULL_PADDING).toBeLessThanOrEqual(box(outer).to?.y ?? 0);
});

test("no two nodes of a nest overlap, and what is beside it lies beside it", () => {
  const many = Array.from({ length: 9 }, (_, i) => node(`location=Berlin&environment=e${i}@1`, [BERLIN]));
  const { nodes, hulls } = scene([...NESTED, ...many]);
  for (const [i, a] of nodes.entries()) {
    for (const b of nodes.slice(i + 1)) {
      const [p, q] = [halfSize(a), halfSize(b)];
      expect(Math.abs(a.x - b.x) >= p.w + q.w || Math.abs(a.y - b.y) >= p.h + q.h, `${a.id} on ${b.id}`).toBe(true);
    }
  }
  const oslo = nodes.find(({ id }) => id === "location=Oslo@1");
  const [left, , right] = hulls[0]?.points ?? [];
  const apart = (oslo?.x ?? 0) < (left?.x ?? 0) || (oslo?.x ?? 0) > (right?.x ?? 0);
  expect(apart || (oslo?.y ?? 0) < (left?.y ?? 0) || (oslo?.y ?? 0) > (right?.y ?? 0)).toBe(true);
});

test("an arrival in a nest moves nobody to another slot, and the same comes out again", () => {
  const first = graph(NESTED);
  const memory = remember(first, EMPTY);
  const grown = graph([...NESTED, node("10.1.0.0@1", [BERLIN, PROD])]);
  const later = remember(grown, memory);
  for (const { id } of NESTED) expect(later.slots[id]).toBe(memory.slots[id]);
  expect(arrange(grown, later)).toEqual(arrange(grown, remember(grown, memory)));
});

test.each([
  ["10.1.0.0/16@1", "10.1.0.0/16"],
  ["internet@1", "Internet"],
  ["owner=me@example.com@2", "me@example.com"],
  ["location=Berlin&asset_type=@1", "no asset type"],
  ["owner=R%26D 100%25@1", "R&D 100%"],
  ["asset_type*=more@1", "smaller groups by asset type"],
])("%s is called %s", (block, label) => expect(labelOf(block)).toBe(label));

test("upstream and downstream are walked to their end, loops included", () => {
  const names = ["web", "api", "db", "batch"].map((id) => node(id));
  const of = graph(names, [
    [0, 1],
    [1, 2],
    [2, 1],
    [3, 2],
  ]);
  const up = trace(of, "web", "up");
  expect([[...up.nodes].sort(), up.links.size, up.hops]).toEqual([["api", "db", "web"], 3, 2]);
  const down = trace(of, "db", "down");
  expect([[...down.nodes].sort(), down.hops]).toEqual([["api", "batch", "db", "web"], 2]);
});
