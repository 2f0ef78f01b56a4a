/** Flow sources that can be named, approved, added and deleted, with versions. */

import type { Source, SourceName } from "../src/api/types";
import { type Answer, ok, problem, type Request } from "./server.ts";

const SPACES = [
  { id: 1, name: "Default", is_default: true, created_at: "2026-11-20T08:00:00Z" },
  { id: 2, name: "Plant B", is_default: false, created_at: "2026-11-20T09:30:00Z" },
];

const said = { said_at: "2026-11-20T08:16:00Z" };
const NAMES: SourceName[] = [
  { kind: "interfaces", number: 1, name: "ge-0/0/1", ...said },
  { kind: "interfaces", number: 2, name: "ge-0/0/2", ...said },
  { kind: "descriptions", number: 1, name: "uplink to Frankfurt, second carrier", ...said },
  { kind: "vrfs", number: 3, name: "plant", ...said },
  { kind: "applications", number: 216_172_782_113_783_808 + 443, name: "https", ...said },
];

export interface Sources {
  items: Source[];
  answer(request: Request, url: URL): Answer | null;
}

export function sources(now: () => number, { empty }: { empty: boolean }): Sources {
  const items = empty ? [] : first(now);
  const answer = (request: Request, url: URL): Answer | null => {
    const [, noun, id] = url.pathname.split("/");
    if (noun === "address-spaces") return ok({ items: SPACES });
    if (id === undefined && request.method === "GET") return ok({ items: asked(items, url), next_cursor: null });
    if (id === undefined && request.method === "POST") return add(items, request, now);
    const source = items.find((one) => String(one.id) === id);
    if (!source) return null;
    if (url.pathname.endsWith("/names")) return ok({ items: source.id === 1 ? NAMES : [] });
    if (request.method === "GET") return { ...ok(source), headers: tagOf(source) };
    const tag = request.headers["if-match"];
    if (tag === undefined) return problem(428, "Say which version", "Send If-Match", url.pathname);
    if (tag !== `"${source.version}"`) {
      return problem(
        412,
        "Somebody changed this source in the meantime",
        "Read it again, then change it",
        url.pathname,
      );
    }
    if (request.method === "DELETE") {
      items.splice(items.indexOf(source), 1);
      return { status: 204, headers: {}, body: "" };
    }
    Object.assign(source, JSON.parse(request.body), { version: source.version + 1 });
    source.status = source.state === "accepted" ? (source.last_seen ? "active" : "never") : source.state;
    return { ...ok(source), headers: tagOf(source) };
  };
  return { items, answer };
}

function asked(items: Source[], url: URL): Source[] {
  const origin = url.searchParams.get("origin");
  return origin === null ? items : items.filter((one) => one.formats.includes("aws_vpc") === (origin === "logs"));
}

function tagOf(source: Source): Record<string, string> {
  return { "content-type": "application/json", etag: `"${source.version}"` };
}

function add(items: Source[], request: Request, now: () => number): Answer {
  const wish = JSON.parse(request.body) as Partial<Source>;
  const at = new Date(now()).toISOString();
  const made = source({ id: 1 + Math.max(0, ...items.map((one) => one.id)), ...wish, status: "never", created_at: at });
  items.push(made);
  return { ...ok(made, 201), headers: tagOf(made) };
}

function source(of: Partial<Source>): Source {
  return {
    id: 0,
    exporter: "192.0.2.1",
    name: "",
    note: "",
    address_space_id: 1,
    state: "accepted",
    status: "active",
    formats: [],
    first_seen: null,
    last_seen: null,
    counters: {},
    losses: {},
    lost_flows: { least: 0, most: 0, estimate: 0 },
    sampling_check: { pool: null, packets: null, octets: null, verdict: "unknown" },
    sampling_rates: [],
    interface: "",
    version: 1,
    created_at: "2026-11-20T08:00:00Z",
    ...of,
  };
}

function first(now: () => number): Source[] {
  const seen = (ago: number): { first_seen: string; last_seen: string } => ({
    first_seen: "2026-11-20T08:15:00Z",
    last_seen: new Date(now() - ago).toISOString(),
  });
  const counted = (received: number, losses: Record<string, number> = {}): Pick<Source, "counters" | "losses"> => ({
    counters: {
      received,
      flows: received * 24,
      flows_shipped: received * 24,
      flows_acknowledged: received * 24,
      ...losses,
    },
    losses,
  });
  return [
    source({
      id: 1,
      exporter: "192.0.2.1",
      name: "core-fra-1",
      note: "Rack 12, both uplinks",
      formats: ["netflow9"],
      ...seen(3000),
      sampling_rates: [
        { rate: 100, learned: "2026-11-20T08:25:00Z", outcome: "corrected", flows: 1204 },
        { rate: 1000, learned: "2026-11-24T10:00:00Z", outcome: null, flows: 0 },
      ],
      ...counted(812_340, { template_missing: 3, template_missing_octets: 4120, sequence_lost_datagrams: 12 }),
      lost_flows: { least: 0, most: null, estimate: 288 },
    }),
    source({
      id: 2,
      exporter: "192.0.2.2",
      name: "plant-b-edge",
      address_space_id: 2,
      formats: ["ipfix"],
      ...seen(5000),
      ...counted(241_023, { sequence_lost_flows: 120, sequence_uncertain_flows: 46 }),
      lost_flows: { least: 120, most: 166, estimate: 143 },
    }),
    source({
      id: 3,
      exporter: "192.0.2.3",
      name: "ams-leaf",
      formats: ["sflow5"],
      ...seen(2000),
      ...counted(1_402_220, { malformed: 2 }),
      sampling_check: {
        pool: { counted: 3_441_204_000, sampled: 3_440_120_000, disagreements: 0 },
        packets: { counted: 3_441_190_412, sampled: 3_440_120_000, disagreements: 0 },
        octets: { counted: 2_412_004_188_120, sampled: 2_410_773_500_000, disagreements: 0 },
        verdict: "agrees",
      },
    }),
    source({
      id: 4,
      exporter: "192.0.2.17",
      name: "old-branch",
      formats: ["netflow5"],
      status: "silent",
      ...seen(7_200_000),
      ...counted(18_204),
    }),
    source({
      id: 5,
      exporter: "198.51.100.77",
      state: "held",
      status: "held",
      formats: ["netflow9"],
      ...seen(4000),
      ...counted(1204, { not_enrolled: 1204 }),
    }),
    source({ id: 6, exporter: "2001:db8:40::1", name: "dr-site", note: "Ordered, not yet racked", status: "never" }),
    source({
      id: 7,
      exporter: "fd1c:be99:1a14:1000:a1b2:c3d4:e5f6:a7b8",
      interface: "eni-0a1b2c3d4e5f6a7b8 in 123456789012",
      formats: ["aws_vpc"],
      ...seen(40_000),
    }),
  ];
}
