/** `make pictures`: the pictures of the documentation, taken from the running demo (FLOWLENS_URL, FLOWLENS_TOKEN). */

import { writeFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { open, settled, TOKEN } from "../e2e/world";

const INTO = "../web/docs/pictures";
const MOST_OCTETS = 60_000;

test.use({ viewport: { width: 1200, height: 760 }, colorScheme: "light" });
test.setTimeout(120_000);

const HEADERS = { authorization: `Bearer ${TOKEN}` };
/** What the people of the demo's estate would say of its networks. */
const RULES: Record<string, Record<string, string>> = {
  "10.10.0.0/16": { site: "Amsterdam", environment: "production", owner: "Platform" },
  "10.20.0.0/16": { site: "Frankfurt", environment: "production", owner: "Platform" },
  "10.30.0.0/16": { site: "New York", environment: "production", owner: "Americas" },
  "10.10.13.0/24": { environment: "staging" },
  "10.10.14.0/24": { environment: "development", owner: "Developers" },
  "10.20.13.0/24": { environment: "staging" },
  "10.30.13.0/24": { environment: "staging" },
  "10.30.14.0/24": { environment: "development", owner: "Developers" },
};

test.beforeAll(async ({ playwright, baseURL }) => {
  const api = await playwright.request.newContext({ ...(baseURL ? { baseURL } : {}), extraHTTPHeaders: HEADERS });
  for (const [network, attributes] of Object.entries(RULES)) {
    const answer = await api.post("/api/v1/classification-rules", { data: { network, attributes } });
    expect([201, 409]).toContain(answer.status());
  }
  await api.dispose();
});

/** As WebP, at the best quality that stays small. The browser itself packs it: nothing else need be installed. */
async function picture(page: Page, name: string): Promise<void> {
  const png = (await page.screenshot({ animations: "disabled" })).toString("base64");
  const packed = await page.context().newPage();
  const webp = await packed.evaluate(
    async ({ png: from, most }) => {
      const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${from}`)).blob());
      let blob = new Blob();
      for (const [scale, quality] of [
        [1, 0.9],
        [1, 0.75],
        [0.85, 0.75],
        [0.75, 0.7],
        [0.66, 0.6],
      ] as const) {
        const canvas = new OffscreenCanvas(bitmap.width * scale, bitmap.height * scale);
        const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
        context.imageSmoothingQuality = "high";
        context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
        blob = await canvas.convertToBlob({ type: "image/webp", quality });
        if (blob.size <= most) break;
      }
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    { png, most: MOST_OCTETS },
  );
  await packed.close();
  if (webp.length > MOST_OCTETS) throw new Error(`${name} has ${webp.length} octets`);
  writeFileSync(`${INTO}/${name}.webp`, Buffer.from(webp));
}

async function firstSpace(page: Page): Promise<number> {
  const answer = await page.request.get("/api/v1/address-spaces", { headers: HEADERS });
  return ((await answer.json()) as { items: { id: number }[] }).items[0]?.id ?? 1;
}

/** Clicks what is busiest, by the keyboard. */
async function pick(page: Page): Promise<void> {
  await page.getByRole("application", { name: /Dependency map/ }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("complementary", { name: "Details" })).toBeVisible();
}

test("home", async ({ page }) => {
  await open(page, "/");
  await expect(page.getByRole("img", { name: /The map: \d+ nodes/ })).toBeVisible({ timeout: 60_000 });
  await page.waitForTimeout(1500);
  await picture(page, "home");
});

test("the map, a node and what depends on it", async ({ page }) => {
  await open(page, "/map");
  await settled(page);
  await pick(page);
  await page.waitForTimeout(800);
  await picture(page, "map");
  await page.keyboard.press("d");
  await page.waitForTimeout(800);
  await picture(page, "depends");
});

test("the filter", async ({ page }) => {
  await open(page, "/map");
  await settled(page);
  await page.getByRole("combobox", { name: /^Filter/ }).pressSequentially("protocol=tcp and port");
  await expect(page.getByRole("listbox")).toBeVisible();
  await picture(page, "filter");
});

test("the Internet by country and organisation", async ({ page }) => {
  const space = await firstSpace(page);
  const opened = JSON.stringify([`internet@${space}`, `country=Germany@${space}`]);
  await open(page, `/map?open=${encodeURIComponent(opened)}`);
  await settled(page);
  await picture(page, "internet");
});

test("groups in groups, by rules", async ({ page }) => {
  const opened = JSON.stringify([`environment=production@${await firstSpace(page)}`]);
  await open(page, `/map?g=environment%2Csite&open=${encodeURIComponent(opened)}`);
  await settled(page);
  await picture(page, "groups");
  await open(page, "/classification");
  await expect(page.getByRole("table").first()).toBeVisible();
  await page.waitForTimeout(600);
  await picture(page, "classification");
});

test("two times compared", async ({ page }) => {
  // The demo is minutes old, so that the windows are short.
  const minute = 60_000;
  const to = Math.floor(Date.now() / minute) * minute;
  const at = (before: number): string => encodeURIComponent(new Date(to - before * minute).toISOString());
  await open(page, `/map?from=${at(2)}&to=${at(0)}&cmp=true`);
  await settled(page);
  await page.getByRole("button", { name: "As a list" }).click();
  await expect(page.getByRole("complementary", { name: "Comparison" }).getByText(/Added/)).toBeVisible();
  await page.waitForTimeout(600);
  await picture(page, "compare");
});

test("a view is saved, a map exported", async ({ page }) => {
  await open(page, "/map");
  await settled(page);
  await page.getByRole("button", { name: "Export" }).click();
  await expect(page.getByRole("menuitem", { name: "SVG, with text" })).toBeVisible();
  await picture(page, "export");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitem", { name: /Save as/ }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Everything, by network");
  await picture(page, "save-view");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page).toHaveURL(/view=\d+/);
  await open(page, "/views");
  await expect(page.getByText("Everything, by network")).toBeVisible();
  await picture(page, "views");
});

test("the way between two", async ({ page }) => {
  await open(page, "/map?tab=list");
  const row = page
    .getByRole("table", { name: /links of the map/ })
    .getByRole("row")
    .nth(1);
  await expect(row.getByRole("cell").first()).toHaveText(/\d/);
  const [client = "", server = ""] = await row.getByRole("cell").allTextContents();
  const data = (await (await page.request.get("/api/v1/topology?group=network", { headers: HEADERS })).json()) as {
    nodes: { id: string[]; label: string[] };
  };
  const idOf = (label: string): string => data.nodes.id[data.nodes.label.indexOf(label.split(" ")[0] ?? "")] ?? "";
  const of = (label: string): string => encodeURIComponent(JSON.stringify(idOf(label)));
  await page.goto(`/map?path=${of(client)}&sel=${of(server)}`);
  await expect(page.getByRole("complementary", { name: "Path" })).toBeVisible();
  await settled(page);
  await picture(page, "path");
});
