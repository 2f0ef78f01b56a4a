/** Against a running stack: what people keep of the map, by name and version, for others, as a file, and on the home page. */

import { BEARER, excuse, row, told, written } from "./running";
import { SHOTS } from "./people";
import { expect, faults, open, painted, settled, test } from "./world";

interface View {
  id: number;
  version: number;
  gone: { name: string; said: string }[];
  map: { q?: string; open?: string[]; pins: Record<string, { x: number; y: number }> };
}

test("a view is kept by name and version, opened by its address elsewhere, and shown to those it is shared with", async ({
  page,
  browser,
  request,
  complaints,
}) => {
  const name = `Web tier ${Date.now()}`;
  await open(page, "/map?q=port%3D443");
  await settled(page);
  const views = page.getByRole("button", { name: "Views" });
  await views.click();
  await page.getByRole("menuitem", { name: /Save as/ }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page).toHaveURL(/view=\d+/);
  const id = Number(new URL(page.url()).searchParams.get("view"));
  const read = () => told<View>(request, `/views/${id}`);
  expect(await read()).toMatchObject({ version: 1, map: { q: "port=443" } });

  await page.getByRole("combobox", { name: /^Filter/ }).fill("port=8080");
  await expect(page).toHaveURL(/q=port%3D8080/);
  const keep = async (): Promise<void> => {
    await views.click();
    await page.getByRole("menuitem", { name: `Save into “${name}”` }).click();
  };
  await keep();
  await expect(page.getByText(`“${name}” is kept as it is now.`)).toBeVisible();
  expect(await read()).toMatchObject({ version: 2, map: { q: "port=8080" } });
  const change = (version: number) =>
    request.patch(`/api/v1/views/${id}`, {
      headers: { ...BEARER, "if-match": `"${version}"` },
      data: { note: "for the move", audience: ["all"] },
    });
  expect([(await change(1)).status(), (await change(2)).status()]).toEqual([412, 200]);
  await keep(); // against the version that was read before somebody shared it
  await expect(page.getByText("Not saved")).toBeVisible();
  expect((await read()).version).toBe(3);

  const elsewhere = await browser.newContext();
  const other = await elsewhere.newPage();
  await open(other, `/views/${id}`);
  await expect(other).toHaveURL(/q=port%3D8080/);
  await painted(other);
  await expect(other.getByText(name, { exact: true }).first()).toBeVisible();
  await elsewhere.close();
  await page.goto("/views");
  await expect(row(page, "Views", name)).toContainText("Everyone");
  excuse(complaints, /status of 412/);
});

test("a view leaves as JSON and comes in again, also one that names what is gone; what is none is refused at once", async ({
  page,
  request,
  complaints,
}) => {
  const name = `Gone ${Date.now()}`;
  const map = { g: "tag:nowhere", open: ["tag:nowhere=there@1"], space: 1, pins: {} };
  const file = { name, note: "", map };
  await open(page, "/views");
  const bring = (text: string) =>
    page.setInputFiles("input[type=file]", {
      name: "view.json",
      mimeType: "application/json",
      buffer: Buffer.from(text),
    });
  const count = async () => (await told<{ items: View[] }>(request, "/views?kind=map&limit=1000")).items.length;
  const before = await count();
  for (const [text, says] of [
    ["{", "The file is no view"],
    ['{"name": "x", "map": {"g": 7, "pins": {}}}', "/map/g"],
    ['{"name": "x", "map": {"pins": {"10.1.0.0/24@1": {"x": "far", "y": 0}}}}', "/map/pins/10.1.0.0"],
  ] as const) {
    await bring(text);
    await expect(page.getByRole("alert").filter({ hasText: says }).last()).toBeVisible();
  }
  expect(await count()).toBe(before);
  await bring(JSON.stringify(file));
  await expect(page.getByText(`“${name}” was brought in.`)).toBeVisible();
  expect(await faults(page)).toEqual([]);
  const out = await written(page, () => page.getByRole("button", { name: `Export ${name}` }).click());
  expect(JSON.parse(out.content.toString())).toMatchObject({ name, map: { g: map.g, open: map.open } });
  await row(page, "Views", name).getByRole("link", { name }).click();
  await expect(page.getByRole("status").filter({ hasText: name })).toContainText("names what is gone");

  const unread = `Unread ${Date.now()}`;
  await page.goto("/views");
  await bring(JSON.stringify({ name: unread, map: { q: "port=443 and colour=red", pins: {} } }));
  await row(page, "Views", unread).getByRole("link", { name: unread }).click();
  await expect(page.getByRole("status").filter({ hasText: unread })).toContainText("there is no field 'colour'");
  await expect(page.getByRole("alert").locator("mark")).toHaveText("colour");
  await page.screenshot({ path: `${SHOTS}/unread.png` });
  await page.getByRole("combobox", { name: /^Filter/ }).fill("port=443");
  await painted(page);
  excuse(complaints, /status of 422/);
});

test("the home page is arranged, keeps its order and takes a saved view in", async ({ page, request }) => {
  const name = `For home ${Date.now()}`;
  const made = await request.post("/api/v1/views", {
    headers: BEARER,
    data: { name, note: "", audience: [], map: { q: "port=443", pins: {} } },
  });
  expect(made.status()).toBe(201);
  await open(page, "/");
  const titles = () => page.locator("#main section h2").allTextContents();
  await expect(page.getByRole("region", { name: "In short" })).toContainText(/[1-9][\d,]*\s*assets/);
  const first = await titles();
  await page.getByRole("button", { name: "Arrange" }).click();
  await page.getByRole("button", { name: `${first[1]}: earlier` }).click();
  await page.getByRole("button", { name: `${first.at(-1)}: remove` }).click();
  await page.getByRole("combobox", { name: "Add a widget" }).selectOption({ label: `Map: ${name}` });
  const wanted = [first[1], first[0], ...first.slice(2, -1), name];
  await expect.poll(titles).toEqual(wanted);
  expect(await faults(page)).toEqual([]);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("button", { name: "Arrange" })).toBeVisible();
  await page.reload();
  await expect.poll(titles).toEqual(wanted);
  await expect(page.getByRole("region", { name }).getByRole("img", { name: /The map: \d+ nodes/ })).toBeVisible();
});
