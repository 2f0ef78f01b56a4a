import { readFileSync } from "node:fs";
import { expect, open, painted, settled, test, whereIs } from "./world";

const APP = "10.1.20.0/24@1";

test("the start page leads to the map, and a click on a node there tells its evidence", async ({ page }) => {
  await open(page, "/");
  await page.getByRole("link", { name: /The map: \d+ nodes/ }).click();
  await expect(page).toHaveURL(/\/map/);
  await painted(page);
  const at = await whereIs(page, APP);
  await page.mouse.click(at.x, at.y);
  const panel = page.getByRole("complementary", { name: "Details" });
  await expect(panel.getByRole("heading", { name: "10.1.20.0/24" })).toBeVisible();
  await expect(panel.getByRole("list", { name: "Evidence for the direction" })).toContainText("TCP flags");
  await panel.getByRole("button", { name: /10.1.30.0\/24/ }).click();
  await expect(panel.getByRole("list", { name: "Sources that saw it" })).toContainText("core-fra-1");
  await page.goBack();
  await expect(panel.getByRole("heading", { name: "10.1.20.0/24", exact: true })).toBeVisible();
});

test("a double click opens a network, nothing else is lost, and closing brings the same picture back", async ({
  page,
}) => {
  await open(page, "/map");
  await settled(page);
  const before = await whereIs(page, "10.1.30.0/24@1");
  const at = await whereIs(page, APP);
  // As slow as a hand: the panel opens between the two clicks.
  await page.mouse.dblclick(at.x, at.y, { delay: 90 });
  await expect(page.getByRole("button", { name: "Close the open network" })).toBeVisible();
  await expect(page.locator("canvas[data-painted]")).toHaveAttribute("data-painted", "44");
  await page.getByRole("button", { name: "Close the open network" }).click();
  await expect(page.locator("canvas[data-painted]")).toHaveAttribute("data-painted", "17");
  await expect.poll(() => whereIs(page, "10.1.30.0/24@1")).toEqual(before);
});

test("the keyboard alone finds, selects, opens and leaves", async ({ page }) => {
  await open(page, "/map");
  await painted(page);
  await page.getByRole("application", { name: /Dependency map/ }).focus();
  const spoken = page.locator("[aria-live=polite]").filter({ hasText: /depends on/ });
  await expect(spoken).toContainText("10.3.0.0/24, 60 assets, internal");
  await page.keyboard.press("ArrowRight");
  await expect(spoken).not.toContainText("10.3.0.0/24");
  const node = ((await spoken.textContent()) ?? "").split(",")[0] ?? "";
  await page.keyboard.press("Enter");
  await expect(
    page.getByRole("complementary", { name: "Details" }).getByRole("heading", { name: node, exact: true }),
  ).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("complementary", { name: "Details" })).toBeHidden();
});

test("where one looks is in the address, and an address brings it back", async ({ page }) => {
  await open(page, "/map");
  await painted(page);
  const canvas = page.locator("canvas");
  const box = (await canvas.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.move(box.x + 60, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + 160, box.y + 110, { steps: 4 });
  await page.mouse.up();
  await expect(page).toHaveURL(/k=/);
  const looked = new URL(page.url()).searchParams;
  await page.reload();
  await painted(page);
  const [x, y] = ((await canvas.getAttribute("data-view")) ?? "").split(" ").map(Number);
  expect([Math.round(x ?? 0), Math.round(y ?? 0)]).toEqual([Number(looked.get("x")), Number(looked.get("y"))]);
});

test("the map asks again by itself, and says which answer it has", async ({ page }) => {
  await open(page, "/map");
  await painted(page);
  const again = await page.waitForRequest((request) => request.url().includes("/topology"), { timeout: 12_000 });
  expect(await again.headerValue("if-none-match")).toMatch(/^"/);
});

test("the list tells the same as the map", async ({ page }) => {
  await open(page, "/map");
  await painted(page);
  const drawn = (await page.getByText(/^\d+ of \d+ links/).textContent()) ?? "";
  const links = Number(/of (\d+)/.exec(drawn)?.[1]);
  await page.getByText("List", { exact: true }).click();
  const table = page.getByRole("table", { name: /links of the map/ });
  const inside = 4; // boxes that talk within themselves
  await expect(table).toHaveAttribute("aria-rowcount", String(links + inside + 1));
  await table.getByRole("row").nth(1).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("complementary", { name: "Details" })).toBeVisible();
});

test("the map is kept as a picture with its text, and as a table", async ({ page }) => {
  await open(page, "/map");
  await painted(page);
  const keep = async (name: string): Promise<{ file: string; content: Buffer }> => {
    const button = page.getByRole("button", { name: "Export" });
    await expect(page.getByRole("menu")).toBeHidden();
    await expect(button).not.toHaveAttribute("data-loading");
    await button.click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name, exact: true }).click(),
    ]);
    return { file: download.suggestedFilename(), content: readFileSync(await download.path()) };
  };
  const svg = await keep("SVG, with text");
  expect(svg.file).toMatch(/^flowlens-map-\d{4}-\d\d-\d\dT\d{6}Z\.svg$/);
  expect(svg.content.toString()).toContain(">10.1.20.0/24<");
  expect(svg.content.toString()).toMatch(/FlowLens map, networks, now<.*FlowLens 0\./s);
  const [small, large] = [await keep("PNG"), await keep("PNG, twice as fine")];
  const width = (png: Buffer): number => png.readUInt32BE(16);
  expect(small.content.subarray(1, 4).toString()).toBe("PNG");
  expect(width(large.content)).toBe(2 * width(small.content));
  const json = JSON.parse((await keep("JSON")).content.toString()) as { nodes: unknown[]; about: { group: string } };
  expect(json.nodes).toHaveLength(17);
  expect(json.about.group).toBe("network");
});

test("who may not export data keeps pictures of the map, and no tables", async ({ page }) => {
  await page.route("**/api/v1/me", async (route) => {
    const response = await route.fetch();
    const me = (await response.json()) as { permissions: string[] };
    const permissions = me.permissions.filter((name) => name !== "data:export");
    await route.fulfill({ response, json: { ...me, permissions } });
  });
  await open(page, "/map");
  await painted(page);
  await page.getByRole("button", { name: "Export" }).click();
  await expect(page.getByRole("menuitem", { name: "PNG", exact: true })).toBeEnabled();
  await expect(page.getByRole("menuitem", { name: "CSV" })).toBeDisabled();
  await expect(page.getByRole("menu")).toContainText("It takes the permission to export data");
});

test("another time moves nothing: steps by key, a comparison, and back to live", async ({ page }) => {
  await open(page, "/map?g=none");
  const view = await settled(page);
  const where = (): Promise<string | null> =>
    page.evaluate(() => JSON.stringify(JSON.parse(localStorage.getItem("flowlens-layout-2:none") ?? "{}").blocks));
  const before = await where();
  await page.keyboard.press("[");
  await expect(page).toHaveURL(/at=/);
  await page.goto(`${new URL(page.url()).pathname}?g=none&at=2026-11-21T18%3A00%3A00Z&cmp=true`);
  await painted(page);
  await expect(page.getByRole("status")).toHaveText(/nodes \+\d+ −0, links \+[1-9]\d* −0/);
  await page.keyboard.press("]");
  await expect(page).toHaveURL(/at=2026-11-21T18%3A15/);
  await page.getByRole("button", { name: "Back to live" }).click();
  await expect(page).not.toHaveURL(/at=/);
  expect(await where()).toBe(before);
  // What came since that instant is brought into sight, as it was before.
  await expect(page.locator("canvas")).toHaveAttribute("data-view", view);
});
