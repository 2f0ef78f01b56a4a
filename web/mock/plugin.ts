/** Vite middleware: /api/v1 answered by the mock, for `npm run dev`, `npm run preview` and the browser tests. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import { MockApi } from "./server.ts";

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** `?` of the page cannot reach the API, so an empty estate, or a person, is asked for with the token's suffix. */
function middleware(): Connect.NextHandleFunction {
  const full = new MockApi(Date.now);
  const others = new Map(
    ["empty", "none", "shown", "wanted", "missing", "stale"].map((name) => {
      const api = new MockApi(Date.now, { empty: name === "empty" });
      if (name === "stale") api.access.stale = true;
      if (name !== "empty") api.access.factor = (name === "stale" ? "none" : name) as typeof api.access.factor;
      return [name, api];
    }),
  );
  return (request: IncomingMessage, response: ServerResponse, next: () => void) => {
    if (!request.url?.startsWith("/api/v1/")) return next();
    void read(request).then((body) => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const [, known = "", suffix = ""] = /^(Bearer fl_mock)_(\w+)$/.exec(headers["authorization"] ?? "") ?? [];
      const other = others.get(suffix);
      if (other) headers["authorization"] = known;
      const url = request.url?.slice("/api/v1".length) ?? "/";
      const answer = (other ?? full).answer({ method: request.method ?? "GET", url, headers, body });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  };
}

export const CSP =
  "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; " +
  "connect-src 'self'; frame-ancestors 'none'";

export function mockApi(): Plugin {
  return {
    name: "flowlens-mock-api",
    configureServer(server) {
      server.middlewares.use(middleware());
    },
    configurePreviewServer(server) {
      server.middlewares.use((_request, response, next) => {
        response.setHeader("content-security-policy", CSP);
        next();
      });
      server.middlewares.use(middleware());
    },
  };
}
