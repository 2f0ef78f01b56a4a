/** One typed client: sends the token, remembers ETags, and turns every failure into a problem document. */

import createFetchClient, { type Middleware } from "openapi-fetch";
import createQueryClient from "openapi-react-query";
import { settings } from "./config";
import { paced } from "./pace";
import { proven } from "./proof";
import type { paths } from "./schema";
import { signOut, token } from "./session";
import type { Problem } from "./types";

const BASE = "/api/v1";
const KEPT = 40;

interface Kept {
  etag: string;
  body: string;
}

/** What was answered last for each address; the oldest goes first. */
const kept = new Map<string, Kept>();

export function forgetAnswers(): void {
  kept.clear();
}

const authorize: Middleware = {
  onRequest({ request }) {
    const mine = token();
    if (mine) request.headers.set("authorization", `Bearer ${mine}`);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) signOut();
  },
};

const revalidate: Middleware = {
  onRequest({ request }) {
    const known = request.method === "GET" ? kept.get(request.url) : undefined;
    if (known) request.headers.set("if-none-match", known.etag);
    return request;
  },
  async onResponse({ request, response }) {
    if (request.method !== "GET") return undefined;
    const known = kept.get(request.url);
    if (response.status === 304 && known) {
      return new Response(known.body, {
        status: 200,
        headers: { "content-type": "application/json", etag: known.etag },
      });
    }
    const etag = response.headers.get("etag");
    if (!response.ok || !etag) return undefined;
    const body = await response.clone().text();
    kept.delete(request.url);
    kept.set(request.url, { etag, body });
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return undefined;
  },
};

/** A gateway or a proxy may answer something that is no problem document: make it one. */
const translate: Middleware = {
  async onResponse({ request, response }) {
    // What is not modified is no failure; `revalidate` hears of it only after this.
    if (response.ok || response.status === 304) return undefined;
    if (response.headers.get("content-type")?.startsWith("application/problem+json")) return undefined;
    const problem: Problem = {
      type: "about:blank",
      title: `The API answered ${response.status}`,
      status: response.status,
      detail: response.statusText || "No further words came with it",
      instance: new URL(request.url).pathname,
      request_id: response.headers.get("x-amzn-requestid") ?? response.headers.get("apigw-requestid") ?? "",
      errors: [],
    };
    return new Response(JSON.stringify(problem), {
      status: response.status,
      headers: { "content-type": "application/problem+json" },
    });
  },
};

export const api = createFetchClient<paths>({
  baseUrl: window.location.origin,
  fetch: (request) => proven(request, paced),
});
api.use(authorize, revalidate, translate, {
  // The description names paths with their prefix; a stage may serve the API under another one.
  onRequest({ request }) {
    const prefix = settings().api;
    return prefix === BASE ? undefined : new Request(request.url.replace(BASE, prefix), request);
  },
});
export const query = createQueryClient(api);

export function asProblem(error: unknown): Pick<Problem, "title" | "detail" | "request_id"> & { status: number } {
  if (typeof error === "object" && error !== null && "title" in error) return error as Problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { title: "The API cannot be reached", detail, request_id: "", status: 0 };
}

/** What a change answered; its problem is thrown, so that whoever asked for the change hears of it. */
export function orThrow<T>({ data, error }: { data?: T; error?: unknown }): T | undefined {
  if (error !== undefined) throw error;
  return data;
}
