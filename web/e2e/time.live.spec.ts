/** Against a running stack: the map at any time, two times compared, and a live map that was cut off for a while. */

import { ago, assetOf, DATABASE, excuse, told } from "./running";
import { expect, faults, open, painted, settled, test } from "./world";

interface Comparison {
  added: { id: number }[];
  counts: { added: number; removed: number; changed: number; moved: number };
}

const instant = (minutes: number): string => encodeURIComponent(ago(minutes));

test("the bars lead to an instant, a window and back to now, the keys step, and time runs to now by itself", async ({
  page,
  request,
}) => {
  await assetOf(request, DATABASE);
  await open(page, "/map");
  await settled(page);
  const strip = page.getByRole("slider", { name: /^Time/ });
  await expect(strip).toHaveAttribute("aria-valuetext", /[1-9][\d,]* flows/);
  const bars = (await strip.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.click(bars.x + bars.width / 2, bars.y + bars.height / 2);
  await expect(page).toHaveURL(/at=/);
  await expect(page.getByRole("button", { name: "Back to live" })).toBeVisible();
  await strip.press("ArrowRight");
  await strip.press("End");
  await expect(page).not.toHaveURL(/at=/);
  await page.mouse.move(bars.x + bars.width - 80, bars.y + 10);
  await page.mouse.down();
  await page.mouse.move(bars.x + bars.width - 1, bars.y + 10, { steps: 3 });
  await page.mouse.up();
  await expect(page).toHaveURL(/from=.*to=/);

  // Steps are as long as the window, so that now is two of them away.
  await page.goto(`/map?from=${instant(3)}&to=${instant(2)}`);
  await expect(page.getByRole("button", { name: "Play" })).toBeVisible();
  await page.keyboard.press("[");
  await expect(page).toHaveURL(new RegExp(`to=${instant(3)}`));
  await page.keyboard.press("]");
  await expect(page).toHaveURL(new RegExp(`to=${instant(2)}`));
  const seen = new Set<string>();
  page.on("framenavigated", () => seen.add(new URL(page.url()).searchParams.get("to") ?? "now"));
  await page.getByRole("button", { name: "Play" }).click();
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Play" })).toBeVisible();
  expect(seen.size).toBeGreaterThan(1);
  await expect(page).not.toHaveURL(/from=/);
});

test("two times are set side by side on the map and as a list, and the API counts the same", async ({
  page,
  request,
}) => {
  await assetOf(request, DATABASE);
  const at = ago(0);
  await open(page, `/map?g=none&at=${encodeURIComponent(at)}&cmp=true`);
  await painted(page);
  const fifteen = ago(15);
  const path = `/topology/comparison?group=none&at=${at}&before_at=${fifteen}`;
  const strip = page.getByRole("region", { name: "Time" });
  await expect(strip.getByRole("status")).toHaveText(/nodes \+[\d,]+ −[\d,]+, links \+[\d,]+ −[\d,]+/);
  await page.getByRole("button", { name: "As a list" }).click();
  const list = page.getByRole("complementary", { name: "Comparison" });
  await expect(async () => {
    const { counts } = await told<Comparison>(request, path);
    for (const [title, count] of [
      ["Added", counts.added],
      ["Removed", counts.removed],
      ["Twice as much, or half", counts.changed],
    ] as const)
      await expect(list.getByRole("region", { name: title })).toContainText(`${title} ${count.toLocaleString("en")}`, {
        timeout: 500,
      });
  }).toPass({ timeout: 15_000 });
  expect(await faults(page)).toEqual([]);
});

test("a live map says when answers stay away, and what came meanwhile once they are back", async ({
  page,
  context,
  complaints,
}) => {
  await page.clock.install();
  await open(page, "/map?g=none");
  await painted(page);
  await context.setOffline(true);
  await page.clock.fastForward(31_000);
  await expect(page.getByRole("status").filter({ hasText: "no answer for" })).toBeVisible();
  await context.setOffline(false);
  await page.clock.fastForward(6000);
  const back = page.getByRole("status").filter({ hasText: "caught up with 1 minute" });
  await expect(back).toContainText(/\d+ new, \d+ active, \d+ gone/);
  excuse(complaints, /ERR_INTERNET_DISCONNECTED/);
});
