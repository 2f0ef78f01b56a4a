import { expect, test } from "vitest";
import { isDirection, step } from "../../src/graph/cursor";
import { HitTest } from "../../src/graph/hit";
import type { Scene } from "../../src/graph/model";
import { arrows } from "./estate";

/** a is left, b is right, c is below a. */
function scene(text: string): Scene {
  const graph = arrows(text);
  const at: Record<string, [number, number]> = { a: [0, 0], b: [400, 0], c: [0, 300], d: [400, 300] };
  return {
    nodes: graph.nodes.map((node) => ({ ...node, x: at[node.id]?.[0] ?? 0, y: at[node.id]?.[1] ?? 0 })),
    links: graph.links,
    hulls: [],
    frames: [],
  };
}

const all = () => true;

test("a point within a box is the box", () => {
  const hit = new HitTest(scene("a>b")).at({ x: 60, y: -15 }, 6, all);
  expect(hit).toMatchObject({ node: { id: "a" } });
});

test("a point near a link is the link", () => {
  expect(new HitTest(scene("a>b")).at({ x: 200, y: 4 }, 6, all)).toMatchObject({ link: { id: "a>b" } });
});

test("of two links the nearer is taken", () => {
  const hits = new HitTest(scene("a>b a>d"));
  expect(hits.at({ x: 200, y: 145 }, 20, all)).toMatchObject({ link: { id: "a>d" } });
});

test("a link and its return bend apart, and each can be hit", () => {
  const hits = new HitTest(scene("a>b b>a"));
  const [up, down] = [hits.at({ x: 200, y: 25 }, 6, all), hits.at({ x: 200, y: -25 }, 6, all)];
  expect(new Set([up, down].map((hit) => hit && "link" in hit && hit.link.id))).toEqual(new Set(["a>b", "b>a"]));
});

test("a link that is not drawn cannot be hit", () => {
  expect(new HitTest(scene("a>b")).at({ x: 200, y: 0 }, 6, () => false)).toBeNull();
});

test("far from everything there is nothing", () => {
  expect(new HitTest(scene("a>b")).at({ x: 200, y: 200 }, 6, all)).toBeNull();
});

test("the cursor follows a link before it jumps to a nearer stranger", () => {
  const map = scene("a>b c>d");
  expect(step(map, "a", "ArrowRight")).toBe("b");
  expect(step(map, "a", "ArrowDown")).toBe("c");
  expect(step(map, "d", "ArrowUp")).toBe("b");
});

test("the cursor stays where it is when nothing lies ahead", () => {
  expect(step(scene("a>b"), "a", "ArrowUp")).toBe("a");
});

test("the cursor begins at the busiest node", () => {
  expect(step(scene("a>b:10 c>d:9000 c>b:5"), null, "ArrowUp")).toBe("c");
});

test("only arrows are directions", () => {
  expect(["ArrowUp", "Enter", "a"].map(isDirection)).toEqual([true, false, false]);
});
