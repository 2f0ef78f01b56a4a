/** From the API's columns to the graph that is drawn, and to the rows that the panel and the list show. */

import type { Evidence, Topology } from "@/api/types";
import type { Graph, MapNode } from "@/graph/model";
import { contains, neighbourhood } from "@/lib/address";

/** One edge of the topology as a row. */
export interface LinkRow {
  id: string;
  client: NodeRow;
  server: NodeRow;
  dependencies: number;
  dependencyId: number | null;
  protocol: number | null;
  port: number | null;
  service: string | null;
  octets: number;
  packets: number;
  flows: number;
  evidence: Evidence;
  firstSeen: string;
  lastSeen: string;
}

export interface NodeRow extends MapNode {
  assetId: number | null;
  /** How many groups are folded into it; 0 for what is no fold. */
  folded: number;
}

export interface MapData {
  graph: Graph;
  nodes: Map<string, NodeRow>;
  /** By link id; the same order as the graph's links. */
  links: Map<string, LinkRow>;
  /** What flows inside a box, by node id. */
  inside: Map<string, LinkRow>;
}

export function read(topology: Topology, expanded: string[], nameOf: ((space: number) => string) | null): MapData {
  const nodes = readNodes(topology, expanded, nameOf);
  const links = new Map<string, LinkRow>();
  const inside = new Map<string, LinkRow>();
  const graph: Graph = { nodes, links: [] };
  const { edges } = topology;
  edges.source.forEach((source, i) => {
    const target = edges.target[i] ?? source;
    const row = readLink(topology, i, nodes);
    if (!row) return;
    if (source === target) {
      inside.set(row.client.id, row);
      return;
    }
    links.set(row.id, row);
    const { id, octets, flows, dependencies, evidence: rung } = row;
    graph.links.push({ id, source, target, octets, flows, dependencies, rung });
  });
  return { graph, nodes: new Map(nodes.map((node) => [node.id, node])), links, inside };
}

function readNodes({ nodes }: Topology, expanded: string[], nameOf: ((space: number) => string) | null): NodeRow[] {
  return nodes.id.map((id, i) => {
    const kind = nodes.kind[i] ?? "host";
    const space = nodes.address_space_id[i] ?? 0;
    const label = nodes.label[i] ?? id;
    return {
      id,
      label,
      kind,
      space,
      assets: nodes.assets[i] ?? 0,
      internal: nodes.internal[i] ?? true,
      assetId: nodes.asset_id[i] ?? null,
      folded: nodes.folded[i] ?? 0,
      block:
        nodes.within[i]?.[0] ??
        (kind === "host" ? blockOf(label, { space, internal: nodes.internal[i] ?? true, expanded }) : id),
      within: nodes.within[i] ?? [],
      ...(nameOf ? { realm: nameOf(space) } : {}),
    };
  });
}

interface Home {
  space: number;
  internal: boolean;
  expanded: string[];
}

/** The block of a host that is in no group: the opened network it is in, else the Internet, else its neighbourhood. */
export function blockOf(address: string, { space, internal, expanded }: Home): string {
  const opened = expanded.find((id) => {
    const [network = "", within] = id.split("@");
    return within === String(space) && contains(network, address);
  });
  if (opened !== undefined) return opened;
  return internal ? `${neighbourhood(address)}@${space}` : `internet@${space}`;
}

function readLink({ edges }: Topology, i: number, nodes: NodeRow[]): LinkRow | null {
  const client = nodes[edges.source[i] ?? -1];
  const server = nodes[edges.target[i] ?? -1];
  if (!client || !server) return null;
  return {
    id: `${client.id}>${server.id}`,
    client,
    server,
    dependencies: edges.dependencies[i] ?? 0,
    dependencyId: edges.dependency_id[i] ?? null,
    protocol: edges.protocol[i] ?? null,
    port: edges.port[i] ?? null,
    service: edges.service[i] ?? null,
    octets: edges.octets[i] ?? 0,
    packets: edges.packets[i] ?? 0,
    flows: edges.flows[i] ?? 0,
    evidence: edges.evidence[i] ?? "port_order",
    firstSeen: edges.first_seen[i] ?? "",
    lastSeen: edges.last_seen[i] ?? "",
  };
}

/** The links whose octets grew, or that are new, between two answers about the same view. */
export function grown(before: Graph, after: Graph): Set<string> {
  const was = new Map(before.links.map((link) => [link.id, link.octets]));
  return new Set(after.links.filter((link) => link.octets > (was.get(link.id) ?? 0)).map((link) => link.id));
}
