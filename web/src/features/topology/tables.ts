/** The links of the map as files for other programs: CSV, JSON, GraphML. */

import type { LinkRow, MapData, NodeRow } from "./read";

export interface About {
  /** What was asked for, in words. */
  title: string;
  filter: string;
  asOf: string;
  exported: string;
  version: string;
  /** What the answer did not hold, in words; empty when it is whole. */
  leftOut: string;
}

const COLUMNS: [string, (row: LinkRow) => string | number | null][] = [
  ["client", ({ client }) => client.label],
  ["client_kind", ({ client }) => client.kind],
  ["client_address_space", ({ client }) => client.realm ?? client.space],
  ["client_assets", ({ client }) => client.assets],
  ["server", ({ server }) => server.label],
  ["server_kind", ({ server }) => server.kind],
  ["server_address_space", ({ server }) => server.realm ?? server.space],
  ["server_assets", ({ server }) => server.assets],
  ["service", ({ service }) => service],
  ["protocol", ({ protocol }) => protocol],
  ["port", ({ port }) => port],
  ["dependencies", ({ dependencies }) => dependencies],
  ["octets", ({ octets }) => octets],
  ["packets", ({ packets }) => packets],
  ["flows", ({ flows }) => flows],
  ["evidence", ({ evidence }) => evidence],
  ["first_seen", ({ firstSeen }) => firstSeen],
  ["last_seen", ({ lastSeen }) => lastSeen],
];

export function rowsOf(data: MapData): LinkRow[] {
  return [...data.links.values(), ...data.inside.values()];
}

/** RFC 4180. What a spreadsheet would take for a formula is made text. */
export function asCsv(data: MapData): string {
  const lines = [
    COLUMNS.map(([name]) => name),
    ...rowsOf(data).map((row) => COLUMNS.map(([, read]) => cell(read(row)))),
  ];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

export function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n\t']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function asJson(data: MapData, about: About): string {
  const nodes = [...data.nodes.values()].map(({ id, label, kind, space, realm, assets, internal, assetId }) => ({
    id,
    label,
    kind,
    address_space_id: space,
    ...(realm === undefined ? {} : { address_space: realm }),
    assets,
    internal,
    asset_id: assetId,
  }));
  const links = rowsOf(data).map((row) => ({
    source: row.client.id,
    target: row.server.id,
    ...Object.fromEntries(COLUMNS.slice(8).map(([name, read]) => [name, read(row)])),
    dependency_id: row.dependencyId,
  }));
  const { asOf, leftOut, ...rest } = about;
  return `${JSON.stringify({ about: { ...rest, as_of: asOf, left_out: leftOut }, nodes, links }, null, 1)}\n`;
}

const NODE_KEYS: [string, string, (node: NodeRow) => string | number | boolean][] = [
  ["label", "string", (node) => node.label],
  ["kind", "string", (node) => node.kind],
  ["address_space", "string", (node) => node.realm ?? String(node.space)],
  ["assets", "long", (node) => node.assets],
  ["internal", "boolean", (node) => node.internal],
];

export function asGraphml(data: MapData, about: About): string {
  const numeric = new Set(["protocol", "port", "dependencies", "octets", "packets", "flows"]);
  const edgeKeys = COLUMNS.slice(8);
  const out = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ...NODE_KEYS.map(([name, type]) => `<key id="n_${name}" for="node" attr.name="${name}" attr.type="${type}"/>`),
    ...edgeKeys.map(
      ([name]) =>
        `<key id="e_${name}" for="edge" attr.name="${name}" attr.type="${numeric.has(name) ? "long" : "string"}"/>`,
    ),
    '<graph edgedefault="directed">',
    `<desc>${xml([about.title, about.filter, about.asOf, about.leftOut, about.version].filter(Boolean).join(" · "))}</desc>`,
  ];
  for (const node of data.nodes.values()) {
    const values = NODE_KEYS.map(([name, , read]) => `<data key="n_${name}">${xml(String(read(node)))}</data>`);
    out.push(`<node id="${xml(node.id)}">${values.join("")}</node>`);
  }
  for (const row of rowsOf(data)) {
    const values = edgeKeys.flatMap(([name, read]) => {
      const value = read(row);
      return value === null ? [] : [`<data key="e_${name}">${xml(String(value))}</data>`];
    });
    out.push(`<edge source="${xml(row.client.id)}" target="${xml(row.server.id)}">${values.join("")}</edge>`);
  }
  return `${[...out, "</graph>", "</graphml>"].join("\n")}\n`;
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Control characters have no place in XML, not even escaped. */
function xml(text: string): string {
  const printable = [...text].filter((one) => one >= " " || one === "\t" || one === "\n").join("");
  return printable.replace(/[&<>"]/g, (found) => ESCAPES[found] ?? found);
}
