import { expect, test } from "vitest";
import { estate } from "../../mock/estate";
import { topology } from "../../mock/topology";
import { compare } from "../../src/features/topology/changes";
import { read } from "../../src/features/topology/read";
import { readSearch } from "../../src/features/topology/search";
import {
  asLocal,
  beforeOf,
  fromLocal,
  patchOf,
  stepped,
  type Time,
  timeOf,
  whenOf,
} from "../../src/features/topology/time";

const NOW = Date.UTC(2026, 10, 23, 10, 0);
const at = (hour: number, minute: number): number => Date.UTC(2026, 10, 23, hour, minute);

const TIMES: Time[] = [
  { kind: "live" },
  { kind: "last", last: "6h" },
  { kind: "at", at: at(8, 30) },
  { kind: "window", from: at(7, 0), to: at(8, 0) },
];

test.each(TIMES.map((time) => [time.kind, time] as const))("the address brings the time back: %s", (_, time) => {
  expect(timeOf(readSearch({ ...patchOf(time) }))).toEqual(time);
});

test("a time that is none is now", () => {
  expect(timeOf(readSearch({ at: "yesterday" }))).toEqual({ kind: "live" });
  expect(timeOf(readSearch({ last: "toString" }))).toEqual({ kind: "live" });
  expect(timeOf(readSearch({ from: "2026-11-23T10:00:00Z", to: "2026-11-23T09:00:00Z" }))).toEqual({ kind: "live" });
});

test("what the API is asked: nothing, a begin, an instant, both ends", () => {
  expect(TIMES.map((time) => whenOf(time, NOW))).toEqual([
    {},
    { from: "2026-11-23T04:00:00Z" },
    { at: "2026-11-23T08:30:00Z" },
    { from: "2026-11-23T07:00:00Z", to: "2026-11-23T08:00:00Z" },
  ]);
});

test("the state before a window is the window of the same length before it", () => {
  expect(TIMES.map((time) => beforeOf(time, NOW))).toEqual([
    { at: "2026-11-23T09:45:00Z" },
    { from: "2026-11-22T22:00:00Z", to: "2026-11-23T04:00:00Z" },
    { at: "2026-11-23T08:15:00Z" },
    { from: "2026-11-23T06:00:00Z", to: "2026-11-23T07:00:00Z" },
  ]);
});

test("a step back from now is an instant; steps forth lead back to live, never past it", () => {
  const back = stepped({ kind: "live" }, -1, NOW);
  expect(back).toEqual({ kind: "at", at: at(9, 45) });
  expect(stepped(back, 1, NOW)).toEqual({ kind: "live" });
  const hour = stepped({ kind: "last", last: "1h" }, -1, NOW);
  expect(hour).toEqual({ kind: "window", from: at(8, 0), to: at(9, 0) });
  expect(stepped(hour, 1, NOW)).toEqual({ kind: "window", from: at(9, 0), to: at(10, 0) });
  expect(stepped(stepped(hour, 1, NOW), 1, NOW)).toEqual({ kind: "live" });
});

test("an instant goes through the browser's own input and comes back", () => {
  expect(fromLocal(asLocal(at(8, 30)))).toBe(at(8, 30));
  expect(fromLocal("")).toBeNull();
});

test("a comparison marks what is new and what is gone, and counts both", () => {
  const ask = { group: "none", expand: [] as string[], space: null, limit: 5000, now: 0, tick: 0 };
  const whole = read(topology(estate(), ask), [], null);
  const early = read(topology(estate(), { ...ask, at: "2026-11-21T18:00:00Z" }), [], null);
  expect(early.links.size).toBeGreaterThan(0);
  const forth = compare(early, whole);
  const grown = whole.links.size - early.links.size;
  expect(grown).toBeGreaterThan(0);
  expect(forth.links).toEqual({ added: grown, gone: 0 });
  expect(forth.data.graph.links.filter((link) => link.change === "new")).toHaveLength(grown);
  const back = compare(whole, early);
  expect(back.links).toEqual({ added: 0, gone: grown });
  expect(back.nodes).toEqual({ added: 0, gone: whole.nodes.size - early.nodes.size });
  const ends = back.data.graph.links.map(({ id, source, target }) => [id, source, target] as const);
  for (const [id, source, target] of ends) {
    expect(`${back.data.graph.nodes[source]?.id}>${back.data.graph.nodes[target]?.id}`).toBe(id);
  }
});
