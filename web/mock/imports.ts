/** One import that went well, one that was undone, and a preview with everything that can be in one. */

import type { components } from "../src/api/schema";
import { type Answer, ok, problem, type Request } from "./server.ts";

type Import = components["schemas"]["Import"];
type Preview = components["schemas"]["ImportPreview"];

const ITEMS: Import[] = [
  {
    id: 2,
    kind: "assets",
    name: "cmdb-export.csv",
    state: "applied",
    actor: "Ana",
    changed: 412,
    kept: 0,
    created_at: "2026-11-21T09:00:00Z",
    applied_at: "2026-11-21T09:01:00Z",
    undone_at: null,
  },
  {
    id: 1,
    kind: "classification_rules",
    name: "networks.csv",
    state: "undone",
    actor: "Ana",
    changed: 38,
    kept: 2,
    created_at: "2026-11-20T09:00:00Z",
    applied_at: "2026-11-20T09:01:00Z",
    undone_at: "2026-11-20T09:30:00Z",
  },
];

const PREVIEW: Preview = {
  columns: [
    { column: "IP Address", means: "address" },
    { column: "Hostname", means: "name" },
    { column: "Env", means: "environment" },
    { column: "Serial", means: null },
  ],
  rows: 415,
  new: 400,
  changed: 12,
  unchanged: 0,
  unseen: 2,
  wrong: 1,
  changes: [
    { row: 2, subject: "10.1.20.11", new: true, fields: { name: ["", "web-1"], environment: ["", "production"] } },
    { row: 3, subject: "10.1.20.12", new: false, fields: { environment: ["staging", "production"] } },
  ],
  faults: [{ row: 7, column: "IP Address", detail: "'10.1.2.300' is no address" }],
  digest: "5f70bf18a086007016e948b04aed3b82",
};

export function imports({ method }: Request, url: URL): Answer {
  const [, noun, id, verb] = url.pathname.split("/");
  const one = ITEMS[0] as Import;
  if (noun === "exports") {
    return { status: 200, headers: { "content-type": "text/csv" }, body: "address,name\r\n10.1.20.11,web-1\r\n" };
  }
  if (id === undefined) {
    return method === "GET" ? ok({ items: ITEMS }) : { ...ok({ ...one, id: 3, state: "uploading" }), status: 201 };
  }
  if (verb === "parts") return { status: 204, headers: {}, body: "" };
  if (verb === "preview") return ok(PREVIEW);
  if (verb === "undo")
    return problem(409, "It conflicts with what exists", "1 of them changed since: 10.1.20.12", url.pathname);
  if (id === "selection") return { ...ok({ ...one, name: "2 selected assets", changed: 2 }), status: 201 };
  return ok({ ...one, id: Number(id) });
}
