import { expect, test } from "vitest";
import { estate } from "../../mock/estate";
import { topology } from "../../mock/topology";
import { blockOf, grown, read } from "../../src/features/topology/read";
import { readSearch } from "../../src/features/topology/search";

const ASKED = { group: "network", expand: [] as string[], space: null, limit: 500, now: 0, tick: 0 };

test("what flows within a box is no link", () => {
  const data = read(topology(estate(), ASKED), [], null);
  expect(data.inside.get("10.3.1.0/24@1")?.dependencies).toBeGreaterThan(0);
  expect(data.graph.links.every((link) => link.source !== link.target)).toBe(true);
  expect(data.links.size).toBe(data.graph.links.length);
});

test("hosts of an opened network stay in its block", () => {
  const opened = "10.1.20.0/24@1";
  const data = read(topology(estate(), { ...ASKED, expand: [opened] }), [opened], null);
  const hosts = data.graph.nodes.filter((node) => node.kind === "host");
  expect(hosts).toHaveLength(28);
  expect(new Set(hosts.map((node) => node.block))).toEqual(new Set([opened]));
});

test("the same network in two address spaces is two blocks", () => {
  const home = { internal: true, expanded: ["10.1.0.0/16@2"] };
  expect(blockOf("10.1.2.3", { ...home, space: 2 })).toBe("10.1.0.0/16@2");
  expect(blockOf("10.1.2.3", { ...home, space: 1 })).toBe("10.1.2.0/24@1");
  expect(blockOf("8.8.8.8", { ...home, internal: false, space: 1 })).toBe("internet@1");
});

test("only links that grew or are new have pulsed", () => {
  const before = read(topology(estate(), ASKED), [], null).graph;
  const after = read(topology(estate(), { ...ASKED, tick: 1 }), [], null).graph;
  expect(grown(before, before).size).toBe(0);
  expect(grown(before, after).size).toBeGreaterThan(0);
  expect(grown({ nodes: [], links: [] }, before).size).toBe(before.links.length);
});

test("an address keeps what it may, and drops what it does not know", () => {
  expect(readSearch({ g: "none", sel: "a", open: ["b", 3], x: 1, y: "2", zz: 1, tab: "chart" })).toEqual({
    g: "none",
    sel: "a",
    open: ["b"],
    x: 1,
  });
});
