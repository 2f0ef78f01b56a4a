/** What stands beside the topology: its time, two times side by side, the way between two. */

import type { Comparison, Dependency, Path, Timeline } from "../src/api/types";
import type { Estate } from "./estate.ts";
import { holdsOf } from "./query.ts";

export function sides(estate: Estate, what: "timeline" | "comparison" | "path", query: URLSearchParams): object {
  const q = query.get("q") ?? "";
  const dependencies = estate.dependencies.filter((d) => holdsOf(estate, d, q));
  if (what === "timeline") return timeline(dependencies, query);
  if (what === "comparison") return comparison(dependencies, query);
  return path(dependencies, query);
}

function timeline(dependencies: Dependency[], query: URLSearchParams): Timeline {
  const from = Date.parse(query.get("from") ?? "");
  const to = Date.parse(query.get("to") ?? "");
  const step = to - from > 8 * 86_400_000 ? 6 * 3_600_000 : 3_600_000;
  const first = Math.floor(from / step) * step;
  const t = Array.from({ length: Math.ceil((to - first) / step) }, (_, i) => first + i * step);
  const came = (at: number): number =>
    dependencies.filter((d) => Date.parse(d.first_seen) >= at && Date.parse(d.first_seen) < at + step).length;
  const wave = (i: number): number => Math.round(dependencies.length * 40_000 * (1.3 + Math.sin(i / 3.8)));
  return {
    step_seconds: step / 1000,
    t: t.map((at) => new Date(at).toISOString()),
    octets: t.map((_, i) => wave(i)),
    flows: t.map((_, i) => Math.round(wave(i) / 2000)),
    added: t.map(came),
    gone: t.map((_, i) => (i % 9 === 4 ? 2 : 0)),
  };
}

function comparison(dependencies: Dependency[], query: URLSearchParams): Comparison {
  const time = (name: string): number => Date.parse(query.get(name) ?? "9999-12-31");
  const [before, after] = [Math.min(time("before_at"), time("before_to")), Math.min(time("at"), time("to"))];
  const added = dependencies.filter((d) => Date.parse(d.first_seen) > before && Date.parse(d.first_seen) <= after);
  return {
    added: added.map((d) => ({
      id: d.id,
      client: d.client.address ?? "restricted",
      server: d.server.address ?? "restricted",
      address_space_id: d.address_space_id,
      protocol: d.protocol,
      port: d.port,
      service: d.service,
      octets_before: 0,
      octets: d.octets_sent + d.octets_received,
    })),
    removed: [],
    changed: [],
    moved: [],
    counts: { added: added.length, removed: 0, changed: 0, moved: 0 },
  };
}

/** One hop or two, from what lies in the first place to what lies in the second. */
function path(dependencies: Dependency[], query: URLSearchParams): Path {
  const within = (d: Dependency, end: "client" | "server", place: string): boolean =>
    (d[end].address ?? "").startsWith(place.replace(/\.0\/\d+@\d+$/, ".").replace(/@\d+$/, "")) &&
    place.endsWith(`@${d.address_space_id}`);
  const [from, to] = [query.get("from") ?? "", query.get("to") ?? ""];
  const found = dependencies.find((d) => within(d, "client", from) && within(d, "server", to));
  if (!found) return { found: false, way: null, steps: [], ways: 0 };
  const end = (which: "client" | "server", node: string): Path["steps"][number]["client"] => ({
    asset_id: found[which].asset_id ?? 0,
    address: found[which].address ?? "",
    address_space_id: found.address_space_id,
    node,
  });
  const { id, protocol, port, service, octets_sent, octets_received } = found;
  const step = { dependency_id: id, along: true, protocol, port, service, octets: octets_sent + octets_received };
  return {
    found: true,
    way: "up",
    steps: [{ ...step, client: end("client", from), server: end("server", to) }],
    ways: 1,
  };
}
