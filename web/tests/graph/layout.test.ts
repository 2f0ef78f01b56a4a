import { describe, expect, test } from "vitest";
import { arrange, EMPTY, remember } from "../../src/graph/layout";
import { bounds, fit, type Graph, type Scene } from "../../src/graph/model";
import { arrows, estate, host, network } from "./estate";

function lay(graph: Graph): Scene {
  return arrange(graph, remember(graph, EMPTY));
}

function positions(scene: Scene): Map<string, string> {
  return new Map(scene.nodes.map((node) => [node.id, `${node.x} ${node.y}`]));
}

/** Five nodes in a hundred leave, as many arrive, and every link changes its volume. */
function churned(graph: Graph): Graph {
  const gone = new Set(graph.nodes.filter((_, i) => i % 20 === 3).map((node) => node.id));
  const nodes = [
    ...graph.nodes.filter((node) => !gone.has(node.id)),
    ...[...gone].map((id, i) => host(`${id.replace("@1", "")}9${i}@1`, i % 2 ? "10.0.2.0/24@1" : "10.0.99.0/24@1")),
  ];
  const at = new Map(nodes.map((node, i) => [node.id, i]));
  const links = graph.links.flatMap((link) => {
    const source = at.get(graph.nodes[link.source]?.id ?? "");
    const target = at.get(graph.nodes[link.target]?.id ?? "");
    return source === undefined || target === undefined
      ? []
      : [{ ...link, source, target, octets: link.octets * 3 + 1 }];
  });
  return { nodes, links };
}

describe("the layout", () => {
  test("comes out the same again", () => {
    expect(lay(estate(12, 20))).toEqual(lay(estate(12, 20)));
  });

  test("does not depend on the order in which nodes are listed", () => {
    const graph = arrows("a@1>b@1:500 c@1>b@1:20 d@1>a@1:9000");
    const order = [3, 1, 0, 2];
    const shuffled: Graph = {
      nodes: order.map((i) => graph.nodes[i] ?? network("")),
      links: graph.links.map((link) => ({
        ...link,
        source: order.indexOf(link.source),
        target: order.indexOf(link.target),
      })),
    };
    expect(positions(lay(shuffled))).toEqual(new Map([...positions(lay(graph))].sort(() => 0)));
  });

  test("moves no survivor when nodes come and go", () => {
    const before = estate(15, 20);
    const memory = remember(before, EMPTY);
    const after = churned(before);
    const was = positions(arrange(before, memory));
    const is = positions(arrange(after, remember(after, memory)));
    const survivors = [...is.keys()].filter((id) => was.has(id));
    expect(survivors.length).toBeGreaterThan(280);
    expect(survivors.filter((id) => is.get(id) !== was.get(id))).toEqual([]);
    expect([...is.keys()].length).toBeGreaterThan(survivors.length);
  });

  test("gives two nodes never the same place", () => {
    const before = estate(15, 20);
    const memory = remember(before, EMPTY);
    const after = churned(before);
    const places = [...positions(arrange(after, remember(after, memory))).values()];
    expect(new Set(places).size).toBe(places.length);
  });

  test("gives a node that comes back its old place", () => {
    const whole = estate(4, 6);
    const memory = remember(whole, EMPTY);
    const without = { nodes: whole.nodes.slice(1), links: [] };
    const back = remember(whole, remember(without, memory));
    expect(positions(arrange(whole, back))).toEqual(positions(arrange(whole, memory)));
  });

  test("keeps boxes apart", () => {
    const scene = lay(arrows("a@1>b@1 b@1>c@1 c@1>d@1 d@1>a@1 e@1>a@1 f@1>a@1 g@1>b@1 h@1>i@1"));
    for (const a of scene.nodes) {
      for (const b of scene.nodes) {
        if (a.id < b.id) expect(Math.abs(a.x - b.x) > 150 || Math.abs(a.y - b.y) > 44, `${a.id} ${b.id}`).toBe(true);
      }
    }
  });

  test("makes room for an opened network, and closes as if nothing had been", () => {
    const closed = arrows("a@1>b@1 b@1>c@1 c@1>a@1");
    const hosts = Array.from({ length: 40 }, (_, i) => host(`10.0.0.${i}@1`, "b@1"));
    const opened = arrows("a@1>c@1", [network("a@1"), network("c@1"), ...hosts]);
    const memory = remember(closed, EMPTY);
    const wide = remember(opened, memory);
    const scene = arrange(opened, wide);
    const [hull] = scene.hulls;
    const xs = hull?.points.map((point) => point.x) ?? [];
    const ys = hull?.points.map((point) => point.y) ?? [];
    for (const box of scene.nodes.filter((node) => node.kind === "network")) {
      const inside =
        box.x > Math.min(...xs) && box.x < Math.max(...xs) && box.y > Math.min(...ys) && box.y < Math.max(...ys);
      expect(inside, box.id).toBe(false);
    }
    expect(positions(arrange(closed, remember(closed, wide)))).toEqual(positions(arrange(closed, memory)));
  });

  test("draws a hull around every member", () => {
    const scene = lay(estate(3, 25));
    expect(scene.hulls.map((hull) => hull.members)).toEqual([25, 25, 25]);
    for (const hull of scene.hulls) {
      for (const node of scene.nodes.filter((one) => one.block === hull.block)) {
        const turns = hull.points.map((a, i) => {
          const b = hull.points[(i + 1) % hull.points.length] ?? a;
          return (b.x - a.x) * (node.y - a.y) - (b.y - a.y) * (node.x - a.x);
        });
        expect(
          turns.every((turn) => turn >= -1e-6),
          node.id,
        ).toBe(true);
      }
    }
  });
});

describe("at first sight", () => {
  /** Two address spaces whose networks talk within, as on an estate of some size. */
  function twoSpaces(first: number, second: number): Graph {
    const nodes = [first, second].flatMap((count, space) =>
      Array.from({ length: count }, (_, i) => ({
        ...network(`10.${space}.${i}.0/24@${space + 1}`),
        space: space + 1,
        realm: `Space ${space + 1}`,
      })),
    );
    const links = nodes.flatMap((node, i) => {
      const [low, count] = i < first ? [0, first] : [first, second];
      return [3, 7].map((stride) => {
        const target = low + (((i - low) * stride + 1) % count);
        const id = `${node.id}>${nodes[target]?.id}`;
        return {
          id,
          source: i,
          target,
          octets: 10 ** (3 + (i % 5)),
          flows: 1,
          dependencies: 1,
          rung: "flags" as const,
        };
      });
    });
    return { nodes, links: links.filter((link) => link.source !== link.target) };
  }

  test("55 networks in two address spaces fill a screen with names of 11 pixels or more", () => {
    const scene = lay(twoSpaces(43, 12));
    const view = fit(scene, 1257, 704);
    expect(view.k * 15.5).toBeGreaterThan(11);
    const box = bounds(scene) ?? { left: 0, right: 0, top: 0, bottom: 0 };
    expect((view.k * (box.right - box.left)) / 1257).toBeGreaterThan(0.75);
    expect((view.k * (box.bottom - box.top)) / 704).toBeGreaterThan(0.75);
  });

  test("each address space has its frame, and nobody else's box is in it", () => {
    const scene = lay(twoSpaces(20, 9));
    expect(scene.frames.map(({ label, members }) => [label, members])).toEqual([
      ["Space 1", 20],
      ["Space 2", 9],
    ]);
    for (const frame of scene.frames) {
      const within = scene.nodes.filter(
        ({ x, y }) => x > frame.left && x < frame.right && y > frame.top && y < frame.bottom,
      );
      expect(new Set(within.map((node) => node.realm))).toEqual(new Set([frame.label]));
      expect(within).toHaveLength(frame.members);
    }
  });

  test("the order in which links are listed changes nothing", () => {
    const graph = twoSpaces(15, 6);
    const turned: Graph = { nodes: graph.nodes, links: [...graph.links].reverse() };
    expect(positions(lay(turned))).toEqual(positions(lay(graph)));
  });

  test("however much traffic there is, the picture is the same", () => {
    const graph = twoSpaces(15, 6);
    const later: Graph = {
      nodes: graph.nodes,
      links: graph.links.map((one) => ({ ...one, octets: 1 + (one.octets % 977) })),
    };
    expect(positions(lay(later))).toEqual(positions(lay(graph)));
  });

  test("a map of which most is new is laid out afresh, as if it had been whole from the beginning", () => {
    const whole = twoSpaces(30, 10);
    const kept = new Set(whole.nodes.slice(0, 10));
    const links = whole.links.filter(({ source, target }) => source < 10 && target < 10);
    const early = remember({ nodes: [...kept], links }, EMPTY);
    expect(remember(whole, early).blocks).toEqual(remember(whole, EMPTY).blocks);
  });

  test("300 hosts stand in rows, each within the hull of its network and no other", () => {
    const scene = lay(estate(50, 6));
    for (const hull of scene.hulls) {
      const [from, , to] = hull.points;
      const within = scene.nodes.filter(
        ({ x, y }) => x > (from?.x ?? 0) && x < (to?.x ?? 0) && y > (from?.y ?? 0) && y < (to?.y ?? 0),
      );
      expect(new Set(within.map((node) => node.block))).toEqual(new Set([hull.block]));
      expect(within).toHaveLength(6);
      expect(new Set(within.map(({ x }) => x)).size).toBe(2);
    }
  });
});
