/** Against a running stack: FLOWLENS_URL and FLOWLENS_TOKEN say where and who. Pictures go to .build/shots. */

import { expect, faults, open, painted, test } from "./world";

const SHOTS = "../.build/shots";

for (const scheme of ["light", "dark"] as const) {
  test(`the live map, ${scheme}: nodes come, one is selected and its evidence read`, async ({ page }) => {
    test.setTimeout(180_000);
    await page.emulateMedia({ colorScheme: scheme });
    await open(page, "/map");
    await expect(page.locator("canvas[data-painted]")).toHaveAttribute("data-painted", /^[1-9]/, { timeout: 150_000 });
    await painted(page);
    await page.screenshot({ path: `${SHOTS}/map-${scheme}.png` });

    await page.getByRole("application", { name: /Dependency map/ }).focus();
    await page.keyboard.press("Enter");
    const panel = page.getByRole("complementary", { name: "Details" });
    const evidence = panel.getByRole("list", { name: "Evidence for the direction" });
    await expect(evidence.getByRole("listitem").first()).toContainText(/[1-9][\d,]* flows?/);
    await page.screenshot({ path: `${SHOTS}/node-${scheme}.png` });

    await panel.locator("section ul button").first().click();
    await expect(panel.getByText("First evidence")).toBeVisible();
    await expect(panel.getByText("Reported by")).toBeVisible();
    await expect(panel.getByRole("list", { name: "Evidence for the direction" })).toContainText(/[1-9][\d,]* flows?/);
    await page.screenshot({ path: `${SHOTS}/link-${scheme}.png` });
    expect(await faults(page)).toEqual([]);
  });

  test(`the live tables, ${scheme}: assets, dependencies and sources have rows`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    for (const [path, label] of [
      ["/assets", "Assets"],
      ["/dependencies", "Dependencies"],
      ["/sources", "Flow sources"],
    ] as const) {
      await open(page, path);
      const table = page.getByRole("table", { name: label, exact: true });
      await expect(table).not.toHaveAttribute("aria-rowcount", "1");
      await page.screenshot({ path: `${SHOTS}${path}-${scheme}.png` });
    }
    await open(page, "/health");
    await expect(page.getByRole("region", { name: "API and database" })).toContainText("well");
    await page.screenshot({ path: `${SHOTS}/health-${scheme}.png` });
  });
}

test("the live map moves: traffic that arrives is in the next answers", async ({ page }) => {
  test.setTimeout(120_000);
  await open(page, "/map?tab=list");
  const totals = page.getByText(/dependencies · .* · as of/);
  const before = await totals.textContent();
  await expect.poll(() => totals.textContent(), { timeout: 90_000, intervals: [2000] }).not.toBe(before);
});
