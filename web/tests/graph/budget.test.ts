import { expect, test } from "vitest";
import { withinBudget } from "../../src/graph/budget";
import { arrows, estate } from "./estate";

test("every node keeps its two strongest links, however small the budget", () => {
  const graph = estate(6, 10);
  const { drawn } = withinBudget(graph, 1);
  graph.nodes.forEach((_, n) => {
    const mine = graph.links
      .map((link, i) => ({ link, i }))
      .filter(({ link }) => link.source === n || link.target === n)
      .sort((a, b) => b.link.octets - a.link.octets || a.i - b.i);
    expect(mine.slice(0, 2).every(({ i }) => drawn[i])).toBe(true);
  });
});

test("what the budget leaves is spent on the strongest", () => {
  const graph = arrows("a>b:900 a>c:800 a>d:700 a>e:600 b>c:500 b>d:400 c>d:300 d>e:200 c>e:100 b>e:50");
  const { drawn, count } = withinBudget(graph, 9);
  expect(count).toBe(9);
  expect(graph.links.filter((_, i) => !drawn[i]).map((link) => link.id)).toEqual(["b>e"]);
});

test("it says how much of the traffic is drawn", () => {
  const graph = arrows("a>b:600 a>c:200 a>d:100 b>c:60 b>d:30 c>d:10");
  const all = withinBudget(graph, Number.POSITIVE_INFINITY);
  expect(all).toMatchObject({ count: 6, total: 6, share: 1 });
  const few = withinBudget(graph, 0);
  const octets = graph.links.reduce((sum, link, i) => sum + (few.drawn[i] ? link.octets : 0), 0);
  expect(few.share).toBeCloseTo(octets / 1000);
  expect(few.share).toBeLessThan(1);
});

test("an empty map is wholly drawn", () => {
  expect(withinBudget({ nodes: [], links: [] }, 120)).toEqual({ drawn: [], count: 0, total: 0, share: 1 });
});
