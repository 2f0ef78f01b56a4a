/** Against a running stack: rules show at once, the Internet opens, the map leaves as a file. */

import { readFileSync } from "node:fs";
import { expect, open, painted, settled, test, TOKEN } from "./world";

test("a rule is on the map with the next answer, and gone with its end", async ({ page, request }) => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const shown = async (): Promise<string[]> => {
    const answer = await request.get("/api/v1/topology?group=tag:e2e", { headers });
    return ((await answer.json()) as { nodes: { label: string[] } }).nodes.label;
  };
  await open(page, "/map");
  await painted(page);
  const made = await request.post("/api/v1/classification-rules", {
    headers,
    data: { network: "10.10.0.0/17", attributes: { "tag:e2e": "Seen at once" } },
  });
  expect(made.status()).toBe(201);
  const { id } = (await made.json()) as { id: number };
  expect(await shown()).toContain("Seen at once");
  await page.goto(`/map?g=${encodeURIComponent("tag:e2e")}&tab=list`);
  await expect(page.getByRole("cell", { name: /Seen at once/ }).first()).toBeVisible();
  const ended = await request.delete(`/api/v1/classification-rules/${id}`, {
    headers: { ...headers, "if-match": '"1"' },
  });
  expect(ended.status()).toBe(204);
  expect(await shown()).not.toContain("Seen at once");
});

test("the Internet opens by country, and the whole map leaves as a picture and as a table", async ({ page }) => {
  await open(page, "/map");
  await settled(page);
  await page.getByText("List", { exact: true }).click();
  const internet = page.getByRole("cell", { name: /Internet/ }).first();
  await expect(internet).toBeVisible();
  const space = await page.evaluate(async (token) => {
    const answer = await fetch("/api/v1/topology", { headers: { authorization: `Bearer ${token}` } });
    const { nodes } = (await answer.json()) as { nodes: { id: string[]; kind: string[] } };
    return nodes.id[nodes.kind.indexOf("internet")] ?? "";
  }, TOKEN);
  await page.goto(`/map?open=${encodeURIComponent(JSON.stringify([space]))}&tab=list`);
  await expect(page.getByRole("cell", { name: /Germany|Netherlands|Japan/ }).first()).toBeVisible();
  await page.getByText("Map", { exact: true }).last().click();
  await settled(page);
  const files: string[] = [];
  for (const name of ["SVG, with text", "CSV"]) {
    await page.getByRole("button", { name: "Export" }).click();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name, exact: true }).click(),
    ]);
    files.push(readFileSync(await file.path(), "utf8"));
    await expect(page.getByRole("menu")).toBeHidden();
  }
  expect(files[0]).toMatch(/^<svg[^]*Germany/);
  expect(files[1]).toMatch(/Germany|Japan|Netherlands/);
});
