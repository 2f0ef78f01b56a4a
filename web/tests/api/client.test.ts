import { expect, test, vi } from "vitest";
import { TOKEN } from "../../mock/server";
import { api, asProblem } from "../../src/api/client";
import { onSignOut, signIn, takeTokenFromFragment, token } from "../../src/api/session";
import { serve } from "../world";

test("a token in the fragment is taken and leaves the address", () => {
  window.history.replaceState(null, "", "/map?g=none#token=fl_abc");
  takeTokenFromFragment(window.location, window.history);
  expect(token()).toBe("fl_abc");
  expect(window.location.pathname + window.location.search + window.location.hash).toBe("/map?g=none");
});

test("an address without a token signs nobody out", () => {
  signIn("fl_kept");
  window.history.replaceState(null, "", "/map#main");
  takeTokenFromFragment(window.location, window.history);
  expect(token()).toBe("fl_kept");
  expect(window.location.hash).toBe("#main");
});

test("what has not changed is not sent again, and is still answered", async () => {
  const { api: mock } = serve();
  signIn(TOKEN);
  const answers: number[] = [];
  const answer = mock.answer.bind(mock);
  vi.spyOn(mock, "answer").mockImplementation((request) => {
    const given = answer(request);
    answers.push(given.status);
    return given;
  });
  // Browsers refuse an answer without changes that has a body; the tests' own Response does not.
  const Lenient = Response;
  vi.stubGlobal(
    "Response",
    class extends Lenient {
      constructor(body?: BodyInit | null, init?: ResponseInit) {
        if (init?.status === 304 && body != null)
          throw new TypeError("Response with null body status cannot have body");
        super(body, init);
      }
    },
  );
  const first = await api.GET("/api/v1/topology");
  const second = await api.GET("/api/v1/topology");
  expect(answers).toEqual([200, 304]);
  expect(second.data).toEqual(first.data);
  vi.unstubAllGlobals();
});

test("a token that is not known signs out", async () => {
  serve();
  signIn("fl_wrong");
  const told = vi.fn();
  const stop = onSignOut(told);
  const { error } = await api.GET("/api/v1/me");
  stop();
  expect(asProblem(error).status).toBe(401);
  expect(token()).toBeNull();
  expect(told).toHaveBeenCalledOnce();
});

test("a gateway's own page becomes a problem", async () => {
  vi.stubGlobal(
    "fetch",
    async () =>
      new Response("<h1>Bad gateway</h1>", {
        status: 502,
        headers: { "content-type": "text/html", "apigw-requestid": "r1" },
      }),
  );
  const { error } = await api.GET("/api/v1/me");
  expect(asProblem(error)).toMatchObject({ status: 502, title: "The API answered 502", request_id: "r1" });
});

test("no answer at all is said as such", () => {
  expect(asProblem(new TypeError("Failed to fetch"))).toMatchObject({ title: "The API cannot be reached", status: 0 });
});
