import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api, asProblem } from "../../src/api/client";
import { onHeldBack } from "../../src/api/pace";

const PROBLEM = {
  type: "/problems/over-quota",
  title: "That was more than your share of this minute",
  status: 429,
  detail: "that is more than the quota 'person' allows; ask again in 7 seconds",
  instance: "/api/v1/me",
  request_id: "r1",
  errors: [],
};

function limited(after: string): Response {
  return new Response(JSON.stringify(PROBLEM), {
    status: 429,
    headers: { "content-type": "application/problem+json", "retry-after": after },
  });
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a question that came too fast is asked again when it was told to, and people hear of it", async () => {
  const answers = [limited("7"), Response.json({ tenant: "Default" })];
  const asked = vi.fn(async () => answers.shift() ?? limited("7"));
  vi.stubGlobal("fetch", asked);
  const told = vi.fn();
  const stop = onHeldBack(told);
  const answer = api.GET("/api/v1/me");
  await vi.advanceTimersByTimeAsync(6_900);
  expect(asked).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1_200);
  expect((await answer).data).toEqual({ tenant: "Default" });
  stop();
  expect(told.mock.calls).toEqual([[7]]);
});

test("it is asked once more and not for ever", async () => {
  const asked = vi.fn(async () => limited("1"));
  vi.stubGlobal("fetch", asked);
  const answer = api.GET("/api/v1/me");
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asProblem((await answer).error).status).toBe(429);
  expect(asked).toHaveBeenCalledTimes(2);
});

test("a change is not sent twice, and an answer that names no time is not waited for", async () => {
  const asked = vi.fn(async () => limited("1"));
  vi.stubGlobal("fetch", asked);
  const { error } = await api.POST("/api/v1/views", { body: { name: "mine", state: {} } as never });
  expect(asProblem(error).detail).toContain("ask again in 7 seconds");
  vi.stubGlobal("fetch", async () => limited("later"));
  expect(asProblem((await api.GET("/api/v1/me")).error).status).toBe(429);
  expect(asked).toHaveBeenCalledTimes(1);
});

test("whoever leaves the page waits no longer", async () => {
  const asked = vi.fn(async () => limited("30"));
  vi.stubGlobal("fetch", asked);
  const leaving = new AbortController();
  const answer = api.GET("/api/v1/me", { signal: leaving.signal });
  const over = expect(answer).rejects.toThrow();
  await vi.advanceTimersByTimeAsync(1_000);
  leaving.abort();
  await over;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveBeenCalledTimes(1);
});
