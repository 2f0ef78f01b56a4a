import { describe, expect, test } from "vitest";
import { withinBudget } from "../../src/graph/budget";
import { arrange, EMPTY, remember } from "../../src/graph/layout";
import { fit, type Graph, type Rung, RUNGS, type View } from "../../src/graph/model";
import { compose, type Look } from "../../src/graph/painter";
import { drawAsSvg } from "../../src/graph/svg";
import { DARK, LIGHT } from "../../src/ui/ink";
import { arrows, host, network } from "./estate";

function look(graph: Graph, patch: Partial<Look> = {}): Look {
  const drawn = withinBudget(graph, 120).drawn;
  return {
    ink: LIGHT,
    drawn,
    selectedNode: null,
    selectedLink: null,
    hovered: null,
    cursor: null,
    everyLabel: false,
    ...patch,
  };
}

function drawing(graph: Graph, patch: Partial<Look> = {}, zoomed = 1): string {
  const scene = arrange(graph, remember(graph, EMPTY));
  const whole = fit(scene, 800, 500);
  const view: View = {
    ...whole,
    k: whole.k * zoomed,
    x: 400 - (400 - whole.x) * zoomed,
    y: 250 - (250 - whole.y) * zoomed,
  };
  const options = look(graph, patch);
  return drawAsSvg(compose(scene, view, options), view, options.ink.paper);
}

const SMALL = arrows("web@1>app@1:90000 app@1>db@1:800000 db@1>app@1:10 office@1>web@1:5000");

describe("the painter", () => {
  test.each([
    ["light", 1],
    ["light", 2.5],
    ["light", 0.15],
    ["dark", 1],
  ] as const)("draws the same in %s at %s times", (scheme, zoomed) => {
    expect(drawing(SMALL, { ink: scheme === "dark" ? DARK : LIGHT }, zoomed)).toMatchSnapshot();
  });

  test.each(RUNGS.map((rung) => [rung] as [Rung]))("draws a direction known by %s as surely as it is known", (rung) => {
    const svg = drawing(arrows("a@1>b@1", [], rung));
    const certain = rung === "initiator" || rung === "flags";
    expect(svg.includes(`fill="${LIGHT.edgeStrong}"`)).toBe(certain);
    expect(svg.includes("stroke-dasharray")).toBe(rung === "port_order");
  });

  test("fades what has nothing to do with the selection", () => {
    const svg = drawing(SMALL, { selectedNode: "office@1" });
    expect(svg).toMatch(/<text[^>]*opacity="0.4"[^>]*>db</);
    expect(svg).toMatch(/<text[^>]*opacity="1"[^>]*>web</);
  });

  test("draws every link of the selection, whatever the budget", () => {
    const graph = arrows("a@1>b@1 a@1>c@1 b@1>c@1");
    const none = graph.links.map(() => false);
    const lines = (svg: string): number => svg.match(/Q/g)?.length ?? 0;
    expect(lines(drawing(graph, { drawn: none }))).toBe(0);
    expect(lines(drawing(graph, { drawn: none, selectedNode: "a@1" }))).toBe(2);
  });

  test("names one host to a cell on the screen, and every host on an export", () => {
    const hosts = Array.from({ length: 400 }, (_, i) => host(`10.0.0.${i}@1`, "10.0.0.0/24@1"));
    const graph: Graph = { nodes: hosts, links: [] };
    const named = (svg: string): number => svg.match(/>10\.0\.0\.\d+@1</g)?.length ?? 0;
    expect(named(drawing(graph))).toBeLessThan(400);
    expect(named(drawing(graph, { everyLabel: true }))).toBe(400);
  });

  test("writes names as text, whatever they contain", () => {
    const svg = drawing({ nodes: [{ ...network("x@1"), label: `<script>"&` }], links: [] });
    expect(svg).toContain("&lt;script&gt;&quot;&amp;");
    expect(svg).not.toContain("<script>");
  });

  test("tells internal from external by a letter, not by colour alone", () => {
    const outside = { ...network("internet@1"), internal: false, kind: "internet" as const, label: "Internet" };
    const svg = drawing(arrows("a@1>internet@1", [network("a@1"), outside]));
    expect(svg.match(/>I</g)).toHaveLength(1);
    expect(svg.match(/>E</g)).toHaveLength(1);
  });
});

describe("a crowd of links", () => {
  const nodes = Array.from({ length: 80 }, (_, i) => host(`10.0.${i % 8}.${i}@1`, `10.0.${i % 8}.0/24@1`));
  const ends = Array.from({ length: 4800 }, (_, i) => [i % 80, (i * 7 + 1 + Math.floor(i / 80)) % 80] as const);
  const graph: Graph = {
    nodes,
    links: ends
      .filter(([a, b]) => a !== b)
      .map(([source, target], i) => ({
        id: `${nodes[source]?.id}>${nodes[target]?.id}`,
        source,
        target,
        octets: 1 + i,
        flows: 1,
        dependencies: 1,
        rung: "port_order",
      })),
  };
  const all = graph.links.map(() => true);

  test("is drawn as fine whole lines from afar, and with all its marks from near and on an export", () => {
    const dashes = (svg: string): boolean => /<path[^>]*dasharray/.test(svg);
    expect(dashes(drawing(graph, { drawn: all }, 0.4))).toBe(false);
    expect(dashes(drawing(graph, { drawn: all }, 3))).toBe(true);
    expect(dashes(drawing(graph, { drawn: all, everyLabel: true }, 0.4))).toBe(true);
    expect(dashes(drawing(graph, { drawn: all.map((_, i) => i < 4000) }, 0.4))).toBe(true);
  });

  test("is drawn only where one looks", () => {
    const lines = (svg: string): number => svg.match(/Q/g)?.length ?? 0;
    expect(lines(drawing(graph, { drawn: all }))).toBe(graph.links.length);
    const near = lines(drawing(graph, { drawn: all }, 9));
    expect(near).toBeGreaterThan(0);
    expect(near).toBeLessThan(graph.links.length);
  });
});

test("names of networks never cover one another", () => {
  const nodes = Array.from({ length: 60 }, (_, n) =>
    host(`10.0.${n % 30}.${n}@1`, `10.0.${n % (n < 45 ? 30 : 5)}.0/24@1`),
  );
  const graph: Graph = { nodes, links: [] };
  const names = (svg: string): { x: number; y: number; size: number }[] =>
    [
      ...svg.matchAll(/<text x="([^"]+)" y="([^"]+)" dy="0.35em" font-size="([^"]+)"[^>]*>10\.0\.\d+\.0\/24 · \d+</g),
    ].map(([, x, y, size]) => ({
      x: Number(x),
      y: Number(y),
      size: Number(size),
    }));
  const shown = names(drawing(graph, {}, 0.08));
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.length).toBeLessThan(30);
  expect(names(drawing(graph, { everyLabel: true }, 0.08))).toHaveLength(30);
  for (const a of shown) {
    for (const b of shown) {
      if (a !== b)
        expect(Math.abs(a.x - b.x) > 8 * a.size || Math.abs(a.y - b.y) >= a.size, `${a.x} ${b.x}`).toBe(true);
    }
  }
});
