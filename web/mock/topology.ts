/** The estate as the API's topology: grouped, opened and bounded as asked. */

import type { Dependency, Evidence, Topology } from "../src/api/types";
import type { Estate } from "./estate.ts";
import { holdsOf } from "./query.ts";

export interface Asked {
  group: string;
  expand: string[];
  space: number | null;
  /** An instant, or a window; now when none is given. */
  at?: string | null;
  from?: string | null;
  to?: string | null;
  q?: string;
  limit: number;
  now: number;
  /** How many steps of live traffic were added so far. */
  tick: number;
}

interface Row {
  source: string;
  target: string;
  of: Dependency[];
  octets: number;
}

const RUNGS: Evidence[] = ["initiator", "flags", "service", "port_order"];

/** Every seventh dependency is alive: it grows with time. */
export function grown(dependency: Dependency, tick: number): number {
  const octets = dependency.octets_sent + dependency.octets_received;
  return dependency.id % 7 === tick % 7 ? octets + tick * 4096 : octets + Math.floor(tick / 7) * 4096 * 7;
}

export function topology(estate: Estate, asked: Asked): Topology {
  const there = estate.dependencies.filter(
    (d) => (asked.space === null || d.address_space_id === asked.space) && wasThere(d, asked),
  );
  const dependencies = there.filter((d) => holdsOf(estate, d, asked.q ?? ""));
  const hidden = there.filter((d) => !dependencies.includes(d));
  const place = (assetId: number, address: string, space: number): string => {
    const boxes = boxesOf(estate, assetId, asked.group);
    const closed = boxes.find((box) => !asked.expand.includes(box));
    return asked.group === "none" || closed === undefined ? `${address}@${space}` : closed;
  };
  const rows = new Map<string, Row>();
  for (const d of dependencies) {
    const source = place(d.client.asset_id ?? 0, d.client.address ?? "restricted", d.address_space_id);
    const target = place(d.server.asset_id ?? 0, d.server.address ?? "restricted", d.address_space_id);
    const row = rows.get(`${source} ${target}`) ?? { source, target, of: [], octets: 0 };
    row.of.push(d);
    row.octets += grown(d, asked.tick);
    rows.set(`${source} ${target}`, row);
  }
  const strongest = [...rows.values()].sort((a, b) => b.octets - a.octets);
  return { ...answer(estate, strongest, { asked, dependencies }), hidden: hiddenOf(hidden) };
}

function hiddenOf(of: Dependency[]): Topology["hidden"] {
  return {
    dependencies: of.length,
    octets: of.reduce((sum, d) => sum + d.octets_sent + d.octets_received, 0),
    packets: of.reduce((sum, d) => sum + d.packets_sent + d.packets_received, 0),
    flows: of.reduce((sum, d) => sum + d.flows, 0),
  };
}

/** Here the estate only grows: what was seen first before the end of the time asked for was there. */
function wasThere(d: Dependency, { at, from, to }: Asked): boolean {
  const end = at ?? to ?? null;
  return (end === null && (from ?? null) === null) || Date.parse(d.first_seen) <= Date.parse(end ?? "9999-12-31");
}

function answer(
  estate: Estate,
  rows: Row[],
  { asked, dependencies }: { asked: Asked; dependencies: Dependency[] },
): Omit<Topology, "hidden"> {
  const shown = rows.slice(0, asked.limit);
  const left = rows.slice(asked.limit);
  const ids = [...new Set(shown.flatMap((row) => [row.source, row.target]))];
  const all = new Set(rows.flatMap((row) => [row.source, row.target])).size;
  const at = new Map(ids.map((id, i) => [id, i]));
  const totals = sums(rows);
  return {
    as_of: asked.at ?? new Date(asked.now).toISOString(),
    from: asked.from ?? null,
    to: asked.to ?? null,
    group: asked.group,
    nodes: nodes(estate, ids, asked.group, asked.expand),
    edges: edges(shown, at),
    left_out: { nodes: all - ids.length, ...sums(left) },
    totals: {
      nodes: all,
      assets: new Set(dependencies.flatMap((d) => [d.client.asset_id, d.server.asset_id])).size,
      ...totals,
    },
    change: String(asked.tick),
  };
}

function sums(rows: Row[]): { edges: number; dependencies: number; octets: number; packets: number; flows: number } {
  const of = rows.flatMap((row) => row.of);
  return {
    edges: rows.length,
    dependencies: of.length,
    octets: rows.reduce((sum, row) => sum + row.octets, 0),
    packets: of.reduce((sum, d) => sum + d.packets_sent + d.packets_received, 0),
    flows: of.reduce((sum, d) => sum + d.flows, 0),
  };
}

/** The boxes around an asset, the outermost first: one for each attribute that is grouped by. */
function boxesOf(estate: Estate, assetId: number, group: string): string[] {
  const levels = group.split(",");
  const first = boxOf(estate, assetId, levels[0] ?? group);
  if (!first.includes("=")) return [first];
  const asset = estate.assets[assetId - 1];
  const pair = (name: string): string => `${name}=${asset?.attributes[name] ?? ""}`;
  return levels.map(
    (_, depth) =>
      `${levels
        .slice(0, depth + 1)
        .map(pair)
        .join("&")}@${asset?.address_space_id ?? 0}`,
  );
}

/** The network, the Internet, or the group of those that have the same of an attribute. */
function boxOf(estate: Estate, assetId: number, group: string): string {
  const asset = estate.assets[assetId - 1];
  const network = estate.network.get(assetId) ?? "";
  if (group === "network" || group === "none" || !asset) return network;
  const value = asset.attributes[group];
  return value === undefined && !asset.internal ? network : `${group}=${value ?? ""}@${asset.address_space_id}`;
}

function nodes(estate: Estate, ids: string[], group: string, expand: string[]): Topology["nodes"] {
  const inside = new Map<string, number>();
  for (const { id } of estate.assets)
    for (const box of boxesOf(estate, id, group)) inside.set(box, (inside.get(box) ?? 0) + 1);
  const assets = new Map(estate.assets.map((asset) => [`${asset.address}@${asset.address_space_id}`, asset]));
  const label = (id: string): string => {
    const where = (id.split("@")[0] ?? id).split("&").at(-1) ?? id;
    const [attribute, value] = where.split("=");
    if (value !== undefined) return value || `no ${attribute}`;
    return where === "internet" ? "Internet" : where;
  };
  const kind = (id: string): "internet" | "group" | "network" | "host" => {
    if (id.startsWith("internet@")) return "internet";
    if (id.includes("=")) return "group";
    return id.includes("/") ? "network" : "host";
  };
  /** Of a host: the opened groups around it; of a group: those of the attributes before. */
  const within = (id: string): string[] => {
    const asset = assets.get(id);
    if (asset) return boxesOf(estate, asset.id, group).filter((box) => box.includes("=") && expand.includes(box));
    const [path = "", space = ""] = id.split("@");
    const pairs = path.split("&");
    return pairs.slice(0, -1).map((_, depth) => `${pairs.slice(0, depth + 1).join("&")}@${space}`);
  };
  return {
    id: ids,
    label: ids.map(label),
    kind: ids.map(kind),
    address_space_id: ids.map((id) => Number(id.split("@")[1])),
    asset_id: ids.map((id) => assets.get(id)?.id ?? null),
    assets: ids.map((id) => inside.get(id) ?? 1),
    internal: ids.map((id) => assets.get(id)?.internal ?? !id.startsWith("internet@")),
    within: ids.map(within),
    folded: ids.map(() => 0),
    value: ids.map((id) => (id.includes("=") ? label(id) : (assets.get(id)?.attributes[group] ?? null))),
  };
}

function edges(rows: Row[], at: Map<string, number>): Topology["edges"] {
  const one = <T>(row: Row, read: (d: Dependency) => T): T | null => {
    const values = new Set(row.of.map(read));
    return values.size === 1 ? ([...values][0] ?? null) : null;
  };
  const best = (row: Row): Evidence => RUNGS.find((rung) => row.of.some((d) => d.evidence === rung)) ?? "port_order";
  const sorted = (row: Row, read: (d: Dependency) => string): string[] => row.of.map(read).sort();
  return {
    source: rows.map((row) => at.get(row.source) ?? 0),
    target: rows.map((row) => at.get(row.target) ?? 0),
    dependencies: rows.map((row) => row.of.length),
    dependency_id: rows.map((row) => (row.of.length === 1 ? (row.of[0]?.id ?? null) : null)),
    protocol: rows.map((row) => one(row, (d) => d.protocol)),
    port: rows.map((row) => one(row, (d) => d.port)),
    service: rows.map((row) => one(row, (d) => d.service)),
    octets: rows.map((row) => row.octets),
    packets: rows.map((row) => row.of.reduce((sum, d) => sum + d.packets_sent + d.packets_received, 0)),
    flows: rows.map((row) => row.of.reduce((sum, d) => sum + d.flows, 0)),
    evidence: rows.map(best),
    first_seen: rows.map((row) => sorted(row, (d) => d.first_seen)[0] ?? ""),
    last_seen: rows.map((row) => sorted(row, (d) => d.last_seen).at(-1) ?? ""),
  };
}
