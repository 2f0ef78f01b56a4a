import { afterEach, expect, test, vi } from "vitest";
import { fetchMap } from "../../src/api/mapFile";

const ASKED = {
  group: "site",
  expand: ["site=Rome@1", "site*=more@1"],
  space: undefined,
  when: { at: "2026-11-23T10:00:00Z" },
  q: "port=443",
};

afterEach(() => vi.unstubAllGlobals());

function serve(...answers: Response[]): URL[] {
  const asked: URL[] = [];
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(new URL(request.url));
    return Promise.resolve(answers.shift());
  });
  return asked;
}

function part(body: string, done: number, next?: string): Response {
  const headers = { "content-type": "text/csv", "x-rows-done": String(done), "x-rows-total": "5" };
  return new Response(body, { headers: next === undefined ? headers : { ...headers, "x-next-cursor": next } });
}

test("parts are asked for one after the other, joined, and counted", async () => {
  const asked = serve(part("a\r\n", 2, "two"), part("b\r\n", 5));
  const seen: [number, number][] = [];
  const watch = { signal: new AbortController().signal, onProgress: (...at: [number, number]) => void seen.push(at) };
  const file = await fetchMap(ASKED, "csv", watch);
  expect(await file.text()).toBe("a\r\nb\r\n");
  expect(seen).toEqual([
    [2, 5],
    [5, 5],
  ]);
  expect(asked.map((url) => url.searchParams.get("cursor"))).toEqual([null, "two"]);
  for (const { searchParams } of asked) {
    expect(searchParams.getAll("expand")).toEqual(ASKED.expand);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      form: "csv",
      group: "site",
      at: ASKED.when.at,
      q: "port=443",
    });
    expect(searchParams.has("limit")).toBe(false);
  }
});

test("a part that fails leaves no file", async () => {
  const problem = { type: "/problems/conflict", title: "It conflicts", status: 409, detail: "begin again" };
  serve(part("a\r\n", 2, "two"), new Response(JSON.stringify(problem), { status: 409 }));
  const watch = { signal: new AbortController().signal, onProgress: () => undefined };
  await expect(fetchMap(ASKED, "csv", watch)).rejects.toMatchObject({ detail: "begin again" });
});
