/** `make bench ONLY=drawing`: 10,000 hosts and 50,000 links in Chromium without a GPU. Writes figures, judges none. */

import { readFileSync, writeFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { movement, topologyOf } from "./estate";
import { move, watchPaint } from "./frames";

const figures: Record<string, number> = {};

test("a map of 10,000 nodes and 50,000 edges: first paint, frames, movement between two times, the whole as SVG", async ({
  page,
}) => {
  test.setTimeout(180_000);
  const [now, then] = [topologyOf(0), topologyOf(1)].map((one) => JSON.stringify(one));
  await page.route(/\/api\/v1\/topology\?.*group=none/, (route) => {
    const later = new URL(route.request().url()).searchParams.has("at");
    return route.fulfill({ contentType: "application/json", body: (later ? then : now) ?? "" });
  });
  await page.addInitScript(watchPaint);

  // The first visit fills the browser's cache, as it would have the page of anybody who works with it.
  await page.goto("/#token=fl_mock");
  await expect(page.getByRole("link", { name: "Map" })).toBeVisible();
  await page.goto("/map");
  await expect.poll(() => page.evaluate(() => window.paintedAt ?? 0)).toBeGreaterThan(0);
  figures["drawing.grouped.first_paint_ms"] = await page.evaluate(() => window.paintedAt ?? 0);

  await page.goto("/map?g=none&links=0");
  const canvas = page.locator("canvas[data-painted='10000']");
  await expect(canvas).toBeVisible({ timeout: 60_000 });
  figures["drawing.first_paint_ms"] = await page.evaluate(() => window.paintedAt ?? 0);
  await page.waitForTimeout(2_500);

  for (const how of ["none", "pan", "zoom"] as const) {
    const before = await canvas.getAttribute("data-view");
    const { frames, longest, sharp } = await page.evaluate(move, { how, ms: 4_000 });
    if (how !== "none" && before === (await canvas.getAttribute("data-view"))) throw new Error("the map did not move");
    const name = how === "none" ? "plain_picture" : how;
    figures[`drawing.${name}.frames_per_s`] = frames;
    figures[`drawing.${name}.longest_frame_ms`] = longest;
    if (how !== "none") figures[`drawing.${how}.sharp_pictures_per_s`] = sharp;
  }

  const before = await exported(page);
  figures["drawing.svg_ms"] = before.ms;
  figures["drawing.svg_mb"] = before.text.length / 1e6;
  const at = new Date(Date.now() - 3_600_000).toISOString();
  await page.goto(`/map?g=none&links=0&at=${at}`);
  await expect(canvas).toBeVisible({ timeout: 60_000 });
  figures["drawing.moved_percent"] = movement(before.text, (await exported(page)).text);
});

test.afterAll(() =>
  writeFileSync(process.env["FLOWLENS_FIGURES"] ?? "../.build/drawing.json", JSON.stringify(figures)),
);

async function exported(page: Page): Promise<{ text: string; ms: number }> {
  await page.getByRole("button", { name: "Export" }).click();
  const began = Date.now();
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: "SVG, with text" }).click(),
  ]);
  const ms = Date.now() - began;
  return { text: readFileSync(await file.path(), "utf8"), ms };
}
