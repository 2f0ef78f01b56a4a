/** The map as a file of one part, in the forms of the API. */

import type { Topology } from "../src/api/types";
import type { Answer } from "./server.ts";

const TYPES: Record<string, string> = {
  csv: "text/csv; charset=utf-8",
  json: "application/json",
  graphml: "application/graphml+xml",
};

export function mapFile({ nodes, edges, as_of, group }: Topology, query: URLSearchParams): Answer {
  const form = query.get("form") ?? "csv";
  const links = edges.source.map((source, i) => ({
    source: nodes.id[source] ?? "",
    target: nodes.id[edges.target[i] ?? 0] ?? "",
    dependencies: edges.dependencies[i] ?? 0,
    octets: edges.octets[i] ?? 0,
  }));
  const boxes = nodes.id.map((id, i) => ({
    id,
    label: nodes.label[i] ?? id,
    kind: nodes.kind[i],
    assets: nodes.assets[i],
  }));
  const label = (id: string): string => boxes.find((box) => box.id === id)?.label ?? id;
  const written: Record<string, () => string> = {
    csv: () =>
      [
        "client,server,dependencies,octets",
        ...links.map((link) => [label(link.source), label(link.target), link.dependencies, link.octets].join(",")),
      ]
        .map((line) => `${line}\r\n`)
        .join(""),
    json: () => JSON.stringify({ about: { as_of, group }, links, nodes: boxes }),
    graphml: () =>
      `<graphml><graph edgedefault="directed">${boxes.map(({ id }) => `<node id="${id}"/>`).join("")}</graph></graphml>`,
  };
  const rows = String(links.length + (form === "csv" ? 0 : boxes.length));
  const headers = { "content-type": TYPES[form] ?? "", "x-rows-done": rows, "x-rows-total": rows };
  return { status: 200, headers, body: written[form]?.() ?? "" };
}
