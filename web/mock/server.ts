/** The API's answers over the made-up estate. One function of a request; the clock is handed in. */

import type { Asset, Collector, Dependency, DependencyDetail, Source, Topology, Volumes } from "../src/api/types";
import { Access } from "./access.ts";
import { imports } from "./imports.ts";
import { type Classification, classification } from "./classification.ts";
import { DeadLetters } from "./deadLetters.ts";
import { type Estate, estate } from "./estate.ts";
import { ATTEMPTS, COVERAGE, FEEDS, KINDS, SIGHTINGS, TRIAL, TRUST } from "./feeds.ts";
import { mapFile } from "./mapFile.ts";
import { Pushes } from "./pushes.ts";
import { EVENTS, events, IDENTITIES, MEMBERS, METADATA, PROVIDERS, ROLES, signing, TENANTS } from "./members.ts";
import { assetHolds, completions, faultOf, holdsOf } from "./query.ts";
import { type Sources, sources } from "./sources.ts";
import { sides } from "./sides.ts";
import { topology } from "./topology.ts";
import { Uploads } from "./uploads.ts";
import { views } from "./views.ts";

export interface Request {
  method: string;
  /** Path and query below /api/v1, such as /assets?limit=10. */
  url: string;
  headers: Record<string, string | undefined>;
  body: string;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export const TOKEN = "fl_mock";

const GEOGRAPHY = {
  databases: [
    {
      name: "asn.mmdb",
      type: "GeoLite2-ASN",
      tells: ["organisation"],
      built_at: "2026-11-20T00:00:00Z",
      problem: null,
    },
    { name: "old.mmdb", type: "", tells: [], built_at: null, problem: "it is no MaxMind database, or a damaged one" },
  ],
  problem: null,
};

const JSON_TYPE = { "content-type": "application/json" };

export class MockApi {
  readonly estate: Estate;
  readonly sources: Sources;
  readonly rules: Classification;
  readonly deadLetters: DeadLetters;
  readonly views = views();
  readonly uploads: Uploads;
  readonly access = new Access();
  readonly pushes = new Pushes();
  /** A test sets this to see what an error looks like. */
  broken = new Set<string>();

  /** Whether the audit trail waits for its signature. */
  overdue = false;

  constructor(
    readonly now: () => number,
    { empty = false } = {},
  ) {
    this.estate = empty ? { assets: [], dependencies: [], network: new Map() } : estate();
    this.sources = sources(now, { empty });
    this.uploads = new Uploads(now, { empty });
    this.deadLetters = new DeadLetters(this.now(), { empty });
    this.rules = classification(this.estate.assets, { empty });
    for (const asset of this.estate.assets) {
      asset.attributes = Object.fromEntries(this.rules.why(asset).map((why) => [why.attribute, why.said.value]));
    }
  }

  answer(request: Request): Answer {
    const url = new URL(request.url, "http://mock");
    if (url.pathname === "/health") return ok(this.#health());
    const open = this.access.open(request);
    if (open) return open;
    if (request.headers["authorization"] !== `Bearer ${TOKEN}`) {
      return problem(401, "The token is missing or not known", "Send `Authorization: Bearer fl_…`", url.pathname);
    }
    if ([...this.broken].some((path) => url.pathname.startsWith(path))) {
      return problem(503, "The database cannot be reached", "Try again in a moment", url.pathname);
    }
    const found = this.#route(request, url);
    if (found === null) return problem(404, "Nothing is here", `There is no ${url.pathname}`, url.pathname);
    const tag = found.headers["etag"];
    if (request.method === "GET" && tag && request.headers["if-none-match"] === tag) {
      return { status: 304, headers: { etag: tag }, body: "" };
    }
    return found;
  }

  #route(request: Request, url: URL): Answer | null {
    const [, noun, id, sub] = url.pathname.split("/");
    const cursor = url.searchParams.get("cursor");
    if (cursor !== null && !cursor.startsWith("after-")) {
      return problem(422, "The request cannot be used", "/query/cursor: is not one of ours", url.pathname);
    }
    const own = this.access.answer(request, url.pathname);
    if (own) return own;
    if (noun === "dead-letters") return this.deadLetters.answer(request, url);
    if (noun === "uploads") return this.uploads.answer(request, url);
    if (noun === "exports" && id === "map") return mapFile(this.#topology(url.searchParams, 1e6), url.searchParams);
    if (noun === "imports" || noun === "exports") return imports(request, url);
    if (noun === "classification-rules") return this.rules.answer(request, url);
    if (noun === "sources" || noun === "address-spaces") return this.sources.answer(request, url);
    if (noun === "feeds" && sub === "trial" && request.method === "POST") return ok(TRIAL);
    if (noun === "feeds" && sub === "push") return this.pushes.answer(request, Number(id));
    if (noun === "views") return this.views(request, url);
    if (noun === "identity-providers" && id === "metadata") return ok(METADATA);
    if (request.method !== "GET") return null;
    const query = url.searchParams;
    switch (`${noun}${id ? "/id" : ""}${sub ? `/${sub}` : ""}`) {
      case "members":
        return ok({ items: MEMBERS, next_cursor: null });
      case "roles":
        return ok(ROLES);
      case "identity-providers":
        return ok({ items: PROVIDERS });
      case "session/id":
        return ok(id === "identities" ? IDENTITIES : { items: PROVIDERS.map(({ id, name }) => ({ id, name })) });
      case "tenants":
        return ok({ items: TENANTS });
      case "audit":
        return ok({ items: events(query), next_cursor: null });
      case "audit/id":
        if (id === "signing") return ok(signing(this.now(), this.overdue));
        if (id === "heads")
          return { status: 200, headers: { "content-type": "application/x-ndjson" }, body: '{"head":{}}\n' };
        return ok({ events: EVENTS.length, head: "5f".repeat(32), anchored: 0, fault: null });
      case "attempts":
        return tagged(page(ATTEMPTS, query));
      case "feeds":
        return tagged(page(FEEDS, query));
      case "feeds/id":
        return ok({ items: KINDS });
      case "feeds/id/trust":
        return ok(TRUST);
      case "feeds/id/coverage":
        return ok({ items: COVERAGE });
      case "geography":
        return ok(GEOGRAPHY);
      case "collectors":
        return ok({ items: this.#collectors() });
      case "me":
        if (this.access.factor === null) return ok(ME);
        return ok({ ...ME, ...ADA, factor: this.access.factor, at_provider: this.access.atProvider });
      case "query/id":
        return ok(completions(this.estate, query.get("q") ?? "", Number(query.get("at") ?? 0)));
      case "topology":
        if (faultOf(query.get("q") ?? "")) return problem(422, "The request cannot be used", "the query", "/topology");
        return tagged(this.#topology(query));
      case "topology/id":
        return id === "timeline" || id === "comparison" || id === "path" ? ok(sides(this.estate, id, query)) : null;
      case "search":
        return ok(this.#search(query.get("q") ?? ""));
      case "assets":
        return tagged(page(this.#assets(query), query));
      case "assets/id":
        return this.#asset(Number(id));
      case "assets/id/dependencies":
        return tagged(page(this.#of(Number(id), query.get("direction") ?? "both"), query));
      case "dependencies":
        return tagged(page(this.#dependencies(query), query));
      case "dependencies/id":
        return this.#dependency(Number(id));
      case "assets/id/sightings":
      case "dependencies/id/sightings":
        return ok({ items: noun === "assets" ? SIGHTINGS.assets : SIGHTINGS.dependencies });
      case "dependencies/id/volumes":
        return tagged(this.#volumes(Number(id), query.get("step") === "minute" ? "minute" : "hour"));
      default:
        return null;
    }
  }

  #health(): object {
    const newest = new Date(this.now() - 4000).toISOString();
    return {
      status: "ok",
      version: "0.1.0",
      schema_version: 1,
      schema_expected: 1,
      newest_data: newest,
      newest_data_age_seconds: 4,
    };
  }

  #collectors(): Collector[] {
    const at = new Date(this.now() - 5000).toISOString();
    const one = {
      status: "reporting" as const,
      started: "2026-11-20T08:00:00Z",
      reported_at: at,
      flows_spool_full: 0,
      allowance_exceeded: 0,
    };
    const counted = { runs: 3, received: 2_473_787, flows: 59_370_888, receive_buffer_wanted: 67_108_864 };
    const id = "0190d3a1-7c1e-7a52-9b1f-2f6c8f0a4e1";
    return [
      { ...one, ...counted, id: `${id}1`, kernel_dropped: 0, receive_buffer: 67_108_864 },
      { ...one, ...counted, id: `${id}2`, kernel_dropped: 412, receive_buffer: 212_992, allowance_exceeded: 96 },
    ];
  }

  #topology(query: URLSearchParams, most = 500): Topology {
    const now = this.now();
    return topology(this.estate, {
      group: query.get("group") ?? "network",
      expand: query.getAll("expand"),
      space: query.has("space") ? Number(query.get("space")) : null,
      at: query.get("at"),
      from: query.get("from"),
      to: query.get("to"),
      q: query.get("q") ?? "",
      limit: Number(query.get("limit") ?? most),
      now: Math.floor(now / 4000) * 4000,
      tick: Math.floor(now / 4000) % 1000,
    });
  }

  #search(q: string): object {
    return {
      assets: this.estate.assets.filter((asset) => asset.address.includes(q)).slice(0, 10),
      dependencies: this.estate.dependencies.filter((d) => matches(d, q)).slice(0, 10),
    };
  }

  #assets(query: URLSearchParams): Estate["assets"] {
    const q = query.get("q") ?? "";
    const [space, within] = [query.get("space"), query.get("within")];
    return this.estate.assets.filter(
      (asset) =>
        assetHolds(asset, q) &&
        (space === null || asset.address_space_id === Number(space)) &&
        (within === null || boxesOf(this.estate, asset).has(within)),
    );
  }

  #asset(id: number): Answer | null {
    const asset = this.estate.assets.find((one) => one.id === id);
    if (!asset) return null;
    const reach = (direction: string, end: "client" | "server"): object => {
      const found = this.#of(id, direction);
      return { assets: new Set(found.map((d) => d[end].asset_id)).size, dependencies: found.length };
    };
    const said = { note: "", version: 0, why: this.rules.why(asset) };
    return ok({ ...asset, ...said, upstream: reach("upstream", "server"), downstream: reach("downstream", "client") });
  }

  #of(id: number, direction: string): Dependency[] {
    return this.estate.dependencies.filter(
      (d) =>
        (direction !== "downstream" && d.client.asset_id === id) ||
        (direction !== "upstream" && d.server.asset_id === id),
    );
  }

  #dependencies(query: URLSearchParams): Dependency[] {
    const q = query.get("q") ?? "";
    const [client, server, port] = [query.get("client"), query.get("server"), query.get("port")];
    return this.estate.dependencies.filter(
      (d) =>
        holdsOf(this.estate, d, q) &&
        (port === null || d.port === Number(port)) &&
        (client === null || this.#within(d.client, d.address_space_id, client)) &&
        (server === null || this.#within(d.server, d.address_space_id, server)),
    );
  }

  #within(end: Dependency["client"], space: number, place: string): boolean {
    const node = `${end.address}@${space}`;
    return node === place || end.address === place || this.estate.network.get(end.asset_id ?? 0) === place;
  }

  #dependency(id: number): Answer | null {
    const found = this.estate.dependencies.find((d) => d.id === id);
    if (!found) return null;
    const counts = { initiator: 0, flags: 0, service: 0, port_order: 0 };
    counts[found.evidence] = found.flows - Math.floor(found.flows / 10);
    counts.port_order += Math.floor(found.flows / 10);
    const source = this.sources.items[found.address_space_id - 1] as Source;
    const detail: DependencyDetail = {
      ...found,
      evidence_counts: counts,
      first_evidence: { exporter: source.exporter, format: 9, domain: 0, evidence: found.evidence },
      during: [
        { from: found.first_seen, to: new Date(Date.parse(found.first_seen) + 40_000_000).toISOString() },
        { from: new Date(Date.parse(found.first_seen) + 61_000_000).toISOString(), to: found.last_seen },
      ],
      octets_seen: found.octets_sent + found.octets_received,
      packets_seen: found.packets_sent + found.packets_received,
      sources: [
        {
          source_id: source.id,
          exporter: source.exporter,
          name: source.name,
          interface: source.interface,
          flows: found.flows,
          octets: found.octets_sent + found.octets_received,
          octets_counted: found.octets_sent + found.octets_received,
          sampling_rate: 1,
          first_seen: found.first_seen,
          last_seen: found.last_seen,
        },
      ],
    };
    return tagged(detail);
  }

  #volumes(id: number, step: "minute" | "hour"): Volumes {
    const size = step === "hour" ? 3_600_000 : 60_000;
    const last = Math.floor(this.now() / size) * size;
    const at = Array.from({ length: 24 }, (_, i) => last - (23 - i) * size);
    const wave = (scale: number): number[] =>
      at.map((_, i) => Math.round(scale * (1.4 + Math.sin((i + id) / 3.5)) * (1 + ((i * 7 + id) % 5) / 6)));
    return {
      step,
      t: at.map((t) => new Date(t).toISOString()),
      octets_sent: wave(60_000),
      octets_received: wave(410_000),
      packets_sent: wave(90),
      packets_received: wave(300),
      flows: wave(12),
    };
  }
}

const ADA = { name: "ada@example.com", signed_in: true };
const ME = {
  name: "administrator",
  signed_in: false,
  at_provider: false,
  factor: "none",
  tenant: { id: "00000000-0000-7000-8000-000000000001", name: "Default" },
  permissions: [
    "assets:read",
    "assets:write",
    "data:export",
    "data:import",
    "dependencies:read",
    "operations:read",
    "sources:read",
    "sources:write",
    "topology:read",
    "views:share",
    "views:write",
    "users:read",
    "users:write",
    "roles:write",
    "providers:write",
    "audit:read",
    "audit:verify",
    "tenants:read",
    "tenants:write",
    "tenants:enter",
  ],
};

function matches(d: Dependency, q: string): boolean {
  return [d.client.address, d.server.address, String(d.port), d.service ?? ""].some((text) => text?.includes(q));
}

function page<T>(items: T[], query: URLSearchParams): { items: T[]; next_cursor: string | null } {
  const from = Number(query.get("cursor")?.slice("after-".length) ?? 0);
  const to = from + Number(query.get("limit") ?? 100);
  return { items: items.slice(from, to), next_cursor: to < items.length ? `after-${to}` : null };
}

export function ok(body: object, status = 200): Answer {
  return { status, headers: JSON_TYPE, body: JSON.stringify(body) };
}

function tagged(body: object): Answer {
  const text = JSON.stringify(body);
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return { status: 200, headers: { ...JSON_TYPE, etag: `"${hash >>> 0}"` }, body: text };
}

export function problem(status: number, title: string, detail: string, instance: string): Answer {
  const body = { type: `/problems/${status}`, title, status, detail, instance, request_id: "mock-0001", errors: [] };
  return { status, headers: { "content-type": "application/problem+json" }, body: JSON.stringify(body) };
}

/** All that an asset is in: its network or the Internet, and a group for each attribute. */
function boxesOf(estate: Estate, asset: Asset): Set<string> {
  const groups = Object.entries(asset.attributes).map(([name, value]) => `${name}=${value}@${asset.address_space_id}`);
  return new Set([estate.network.get(asset.id) ?? "", ...groups]);
}
