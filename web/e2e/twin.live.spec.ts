/** Against a running stack: the map without eyes, hands or motion. It is a table at one key, and the keyboard walks both. */

import { ago, topology } from "./running";
import { expect, faults, open, painted, settled, test } from "./world";

for (const colorScheme of ["light", "dark"] as const) {
  test(`one key turns the map into the same links as a table, ${colorScheme}`, async ({ page, request }) => {
    await page.emulateMedia({ colorScheme });
    const at = ago(0);
    await open(page, `/map?g=none&at=${encodeURIComponent(at)}`);
    await painted(page);
    expect(await faults(page)).toEqual([]);
    await page.keyboard.press("t");
    await expect(page).toHaveURL(/tab=list/);
    const table = page.getByRole("table", { name: /links of the map/ });
    const { totals } = await topology(request, `group=none&at=${at}&limit=25000`);
    await expect(table).toHaveAttribute("aria-rowcount", String(1 + totals.edges));
    const rows = table.getByRole("row");
    expect(await rows.count()).toBeLessThan(80); // the others are made when they come into sight
    await expect(rows.nth(1)).toBeFocused();
    await page.keyboard.press("ArrowDown");
    await expect(rows.nth(2)).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("complementary", { name: "Details" })).toBeVisible();
    expect(await faults(page)).toEqual([]);
    await page.keyboard.press("t");
    await painted(page);
    await expect(page.getByRole("application", { name: /Dependency map/ })).toBeFocused();
  });
}

test("the keyboard walks the graph, says where it is, and where motion is not wanted nothing glides", async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await open(page, "/map");
  await settled(page);
  await page.getByRole("application", { name: /Dependency map/ }).focus();
  const spoken = page.locator("[aria-live=polite]").filter({ hasText: /depends on \d+, used by \d+/ });
  const walked = new Set<string>();
  for (const key of ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowLeft", "ArrowDown"]) {
    walked.add(((await spoken.textContent()) ?? "").split(",")[0] ?? "");
    await page.keyboard.press(key);
  }
  expect(walked.size).toBeGreaterThan(2);
  const node = ((await spoken.textContent()) ?? "").split(",")[0] ?? "";
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary", { name: "Details" });
  await expect(panel.getByRole("heading", { name: node, exact: true })).toBeVisible();
  await page.keyboard.press("f");
  await expect(page).toHaveURL(/focus=/);
  await page.getByRole("button", { name: /^around/ }).click();
  await settled(page);

  /** The views that are on the screen between two presses of keys. */
  const seen = async (key: string): Promise<number> => {
    await page.locator("canvas").evaluate((canvas) => {
      const views = new Set<string>();
      new MutationObserver(() => views.add(canvas.dataset["view"] ?? "")).observe(canvas, {
        attributeFilter: ["data-view"],
      });
      Object.assign(window, { views });
    });
    await page.keyboard.press(key);
    await page.waitForTimeout(400);
    return page.evaluate(() => (window as unknown as { views: Set<string> }).views.size);
  };
  await page.getByRole("application", { name: /Dependency map/ }).focus();
  await page.keyboard.press("+");
  await page.keyboard.press("+");
  await page.waitForTimeout(400);
  expect(await seen("0")).toBe(1);
  await page.keyboard.press("+");
  await page.emulateMedia({ reducedMotion: "no-preference" });
  expect(await seen("0")).toBeGreaterThan(2);
});
