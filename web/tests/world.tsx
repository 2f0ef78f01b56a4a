/** The whole application in a test: the real pages over the mock API, opened at an address. */

import { render } from "@testing-library/react";
import { vi } from "vitest";
import { MockApi, TOKEN } from "../mock/server";
import { App } from "../src/app/App";
import { forgetAnswers } from "../src/api/client";
import { signIn } from "../src/api/session";

export const NOW = Date.UTC(2026, 10, 23, 10, 0, 0);

export interface World {
  api: MockApi;
  /** Every request, as `GET /assets?limit=200`. */
  asked: string[];
}

/** Answers fetch from the mock API. */
export function serve(options: { empty?: boolean } = {}): World {
  forgetAnswers();
  const api = new MockApi(() => NOW, options);
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (input: Request | string) => {
    const request = input instanceof Request ? input : new Request(new URL(input, window.location.origin));
    const { pathname, search } = new URL(request.url);
    const url = pathname.replace("/api/v1", "") + search;
    asked.push(`${request.method} ${url}`);
    const body = await request.text();
    const answer = api.answer({ method: request.method, url, headers: Object.fromEntries(request.headers), body });
    return new Response(answer.status === 204 || answer.status === 304 ? null : answer.body, answer);
  });
  return { api, asked };
}

interface Options {
  empty?: boolean;
  signedIn?: boolean;
  /** Of whoever is signed in; without it a token asks. */
  factor?: World["api"]["access"]["factor"];
  atProvider?: boolean;
  /** The link that is opened is for somebody whom other tenants know. */
  invited?: boolean;
}

export function open(path: string, options: Options = {}): World {
  const world = serve(options.empty ? { empty: true } : {});
  world.api.access.factor = options.factor ?? null;
  world.api.access.atProvider = options.atProvider ?? false;
  world.api.access.invitation.accept = options.invited ?? false;
  if (options.signedIn !== false) signIn(TOKEN);
  window.history.pushState(null, "", path);
  render(<App />);
  return world;
}
