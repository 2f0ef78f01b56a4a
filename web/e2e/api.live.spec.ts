/** Against a running stack: what programs ask of the map. Answers add up, say what they left out, and are known by their tags. */

import { ago, ask, assetOf, BEARER, DATABASE, DATABASES, told, topology } from "./running";
import { expect, test } from "./world";

const sum = (values: number[]): number => values.reduce((all, one) => all + one, 0);

test("one answer is bounded, says what it left out, and adds up whatever it is grouped by", async ({ request }) => {
  await assetOf(request, DATABASE);
  const at = `at=${ago(0)}`;
  const whole = await topology(request, `group=none&${at}&limit=25000`);
  expect(whole.left_out.edges).toBe(0);
  for (const group of ["none", "network", "environment", "datacenter,environment,asset_type"]) {
    const few = await topology(request, `group=${group}&${at}&limit=2`);
    expect(few.edges.source).toHaveLength(2);
    expect(few.left_out.edges).toBe(few.totals.edges - 2);
    expect([
      sum(few.edges.dependencies) + few.left_out.dependencies,
      sum(few.edges.octets) + few.left_out.octets,
    ]).toEqual([whole.totals.dependencies, whole.totals.octets]);
    expect(few.totals.dependencies).toBe(whole.totals.dependencies);
  }
  expect((await topology(request, "")).nodes.id.length).toBeLessThanOrEqual(50);
  const postgres = await topology(request, `${at}&q=port=5432`);
  expect(postgres.totals.dependencies + postgres.hidden.dependencies).toBe(whole.totals.dependencies);
  const near = await topology(request, `group=none&${at}&focus=${DATABASE}&hops=2`);
  expect(near.totals.dependencies + near.hidden.dependencies).toBe(whole.totals.dependencies);
});

test("answers are known by their tags, changes are made against one, and faults are named at their place", async ({
  request,
}) => {
  const { id, version } = await assetOf(request, DATABASE);
  const first = await ask(request, `/topology?at=${ago(0)}`);
  const tag = first.headers()["etag"] ?? "";
  expect(tag).toMatch(/^W?\/?"/);
  const path = first.url().slice(first.url().indexOf("/topology"));
  expect((await ask(request, path, { "if-none-match": tag })).status()).toBe(304);
  const change = (headers: object) =>
    request.patch(`/api/v1/assets/${id}`, { headers: { ...BEARER, ...headers }, data: { note: "" } });
  expect((await change({})).status()).toBe(428);
  expect((await change({ "if-match": `"${version + 1}"` })).status()).toBe(412);
  const wrong = await ask(request, `/topology?q=${encodeURIComponent("env=prod and colour=red")}`);
  expect([wrong.status(), wrong.headers()["content-type"]]).toEqual([422, "application/problem+json"]);
  expect(await wrong.json()).toMatchObject({ errors: [{ pointer: "/query/q", at: 13, end: 19 }] });
});

test("an export is one file however many parts it comes in, and a box on the map is a place to ask of", async ({
  request,
}) => {
  await assetOf(request, DATABASE);
  const at = `at=${ago(0)}`;
  const whole = await topology(request, `group=none&${at}&limit=25000`);
  let text = "";
  for (let cursor: string | undefined = "", parts = 0; cursor !== undefined; parts++) {
    expect(parts).toBeLessThan(50);
    const part = await ask(
      request,
      `/exports/map?group=none&${at}&form=csv${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    expect(part.status()).toBe(200);
    text += await part.text();
    cursor = part.headers()["x-next-cursor"];
  }
  expect(text.trimEnd().split("\r\n")).toHaveLength(1 + whole.totals.edges);
  const inside = await told<{ items: { address: string }[] }>(
    request,
    `/assets?within=${encodeURIComponent(`${DATABASES}@1`)}`,
  );
  expect(inside.items.map(({ address }) => address)).toContain(DATABASE);
});
