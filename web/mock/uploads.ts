/** Files that were read, refused and never came; one that is announced is read once it was asked about twice. */

import type { components } from "../src/api/schema";
import { type Answer, ok, problem, type Request } from "./server.ts";

type Upload = components["schemas"]["Upload"];
type Ticket = components["schemas"]["UploadTicket"];

const NEW: Omit<Upload, "id" | "name" | "octets" | "created_at"> = {
  actor: "Ana",
  state: "expected",
  read_at: null,
  reason: "",
  detail: "",
  format: "",
  lines: 0,
  flows: 0,
  counts: {},
  unreadable: {},
  examples: {},
  first_flow: null,
  last_flow: null,
};
const PCAP = { format: "pcap", lines: 4120, flows: 318, counts: { lines: 4120, flows: 318, not_ip: 12 } };

const FILES: Upload[] = [
  { ...NEW, id: 4, name: "never-sent.pcap", octets: 4_000_000, created_at: "2026-11-21T10:00:00Z" },
  {
    ...NEW,
    id: 3,
    name: "notes.txt",
    octets: 812,
    created_at: "2026-11-21T09:30:00Z",
    state: "refused",
    read_at: "2026-11-21T09:30:04Z",
    reason: "file_format",
    detail: "not one of aws_vpc, azure_nsg, azure_vnet, gcp_vpc, pcap by its first line",
  },
  {
    ...NEW,
    id: 2,
    name: "123456789012_vpcflowlogs_eu-central-1_fl-0123456789abcdef0_20261121T0800Z_0a1b2c3d.log.gz",
    octets: 5_212_400,
    created_at: "2026-11-21T09:00:00Z",
    state: "read",
    read_at: "2026-11-21T09:00:09Z",
    format: "aws_vpc",
    lines: 120_400,
    flows: 118_002,
    counts: { lines: 120_400, flows: 118_002, rejected: 2100, nodata: 290 },
    unreadable: { number: 8 },
    examples: { number: ["2 123456789012 eni-0a 10.0.0.1 10.0.0.2 x 443 6 1 40 1 2 ACCEPT OK"] },
    first_flow: "2026-11-21T07:58:10Z",
    last_flow: "2026-11-21T08:59:40Z",
  },
  {
    ...NEW,
    ...PCAP,
    id: 1,
    name: "office.pcapng",
    octets: 1_204_224,
    created_at: "2026-11-20T09:00:00Z",
    state: "read",
    read_at: "2026-11-20T09:00:03Z",
    first_flow: "2026-11-20T08:41:00Z",
    last_flow: "2026-11-20T08:52:40Z",
  },
];

export class Uploads {
  readonly #now: () => number;
  readonly #items: Upload[];
  #asked = 0;

  constructor(now: () => number, { empty = false } = {}) {
    this.#now = now;
    this.#items = empty ? [] : structuredClone(FILES);
  }

  answer({ method, body }: Request, url: URL): Answer {
    if (method === "POST") return this.#announce(JSON.parse(body) as { name: string; octets: number });
    const [, , id] = url.pathname.split("/");
    const coming = this.#items.find((one) => one.state === "expected" && one.id > FILES.length);
    if (coming && ++this.#asked > 1) this.#read(coming);
    if (id === undefined) return ok({ items: this.#items });
    const found = this.#items.find((one) => one.id === Number(id));
    return found ? ok(found) : problem(404, "Nothing is here", `upload ${id}`, url.pathname);
  }

  #announce({ name, octets }: { name: string; octets: number }): Answer {
    const created_at = new Date(this.#now()).toISOString();
    const upload: Upload = { ...NEW, id: this.#items.length + 1, name, octets, created_at };
    this.#items.unshift(upload);
    this.#asked = 0;
    const fields = { key: `uploads/tenant/${upload.id}`, policy: "e30=" };
    const ticket: Ticket = { upload, url: "/uploads", fields, expires_at: created_at };
    return { ...ok(ticket), status: 201 };
  }

  #read(upload: Upload): void {
    const at = new Date(this.#now()).toISOString();
    Object.assign(upload, PCAP, { state: "read", read_at: at, first_flow: at, last_flow: at });
  }
}
