/** Saved views and dashboards, kept for as long as the mock lives. */

import type { View } from "../src/api/types";
import { type Answer, ok, problem, type Request } from "./server.ts";

const AT = "2026-11-22T09:00:00Z";

const FIRST: View[] = [
  {
    id: 1,
    kind: "map",
    name: "What the data centre tells the world",
    note: "Everything with an end outside",
    owner_name: "ana",
    mine: false,
    audience: ["all"],
    version: 2,
    created_at: AT,
    changed_at: AT,
    map: { q: "not internal", open: [], pins: {} },
    dashboard: null,
    gone: [],
  },
  {
    id: 2,
    kind: "map",
    name: "Environments of the old site",
    note: "",
    owner_name: "administrator",
    mine: true,
    audience: [],
    version: 1,
    created_at: AT,
    changed_at: AT,
    map: { g: "environment", q: "site=Atlantis", open: [], pins: {} },
    dashboard: null,
    gone: [{ what: "value", name: "site=Atlantis", said: "nothing has this site" }],
  },
];

type Said = Partial<Pick<View, "name" | "note" | "audience" | "map" | "dashboard">>;

export function views(): (request: Request, url: URL) => Answer | null {
  const kept = structuredClone(FIRST);
  return (request, url) => {
    const [, , id] = url.pathname.split("/");
    if (id === "audiences")
      return ok({
        items: [
          { key: "all", name: "Everyone" },
          { key: "role:1", name: "Analyst" },
        ],
      });
    const found = kept.find((view) => view.id === Number(id));
    if (id !== undefined && !found) return problem(404, "There is no such thing", `view ${id}`, url.pathname);
    const said = request.body === "" ? {} : (JSON.parse(request.body) as Said);
    if (request.method === "GET") return found ? tagged(found) : ok(listed(kept, url.searchParams.get("kind")));
    if (request.method === "POST") {
      const made = { ...EMPTY, ...said, id: kept.length + 1, kind: said.map ? "map" : "dashboard" } as View;
      kept.push(made);
      return { ...tagged(made), status: 201 };
    }
    if (!found) return null;
    if (request.headers["if-match"] !== `"${found.version}"`)
      return problem(412, "It changed since you read it", `it is at version ${found.version} now`, url.pathname);
    if (request.method === "DELETE") {
      kept.splice(kept.indexOf(found), 1);
      return { status: 204, headers: {}, body: "" };
    }
    Object.assign(found, said, { version: found.version + 1 });
    return tagged(found);
  };
}

const EMPTY: Omit<View, "id" | "kind" | "name"> = {
  note: "",
  owner_name: "administrator",
  mine: true,
  audience: [],
  version: 1,
  created_at: AT,
  changed_at: AT,
  map: null,
  dashboard: null,
  gone: [],
};

function tagged(view: View): Answer {
  const answer = ok(view);
  return { ...answer, headers: { ...answer.headers, etag: `"${view.version}"` } };
}

function listed(kept: View[], kind: string | null): object {
  const items = kept.filter((view) => kind === null || view.kind === kind);
  return { items: items.map(({ map: _map, dashboard: _dashboard, gone: _gone, ...row }) => row), next_cursor: null };
}
