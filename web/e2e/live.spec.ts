/** Against a running stack: FLOWLENS_URL and FLOWLENS_TOKEN say where and who. Pictures go to .build/shots. */

import { SHOTS } from "./people";
import { expect, faults, open, painted, test } from "./world";

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

test("the work of a day, live: home, a query, the time, a group in a group, a path, and a saved view", async ({
  page,
}) => {
  test.setTimeout(150_000);
  await open(page, "/");
  await expect(page.getByRole("region", { name: "In short" })).toContainText(/[1-9][\d,]*\s*assets/);
  await expect(page.getByRole("img", { name: /The map: \d+ nodes/ })).toBeVisible({ timeout: 60_000 });
  await page.screenshot({ path: `${SHOTS}/home-live.png` });

  await open(page, "/map");
  await painted(page);
  const box = page.getByRole("combobox", { name: /^Filter/ });
  await box.pressSequentially("prot");
  await page.getByRole("option", { name: /protocol/ }).click();
  await box.pressSequentially("=");
  await page.getByRole("option", { name: "udp" }).click();
  await expect(page).toHaveURL(/q=protocol/);
  await expect(page.getByText(/the filter hides [1-9]/)).toBeVisible();
  await expect(page.getByRole("slider", { name: /^Time/ })).toHaveAttribute("aria-valuetext", /flows?/);

  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitem", { name: /Save as/ }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(`Datagrams ${Date.now()}`);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page).toHaveURL(/view=\d+/);
  await page.goto(`/views/${new URL(page.url()).searchParams.get("view")}`);
  await expect(page).toHaveURL(/q=protocol/);

  await page.goto("/map?g=environment%2Csite&tab=list");
  await expect(page.getByRole("combobox", { name: "Then by, level 2" })).toHaveValue("site");
  await expect(page.getByRole("table", { name: /links of the map/ })).toBeVisible();
  await page.goto("/map?cmp=true");
  await page.getByRole("button", { name: "As a list" }).click();
  await expect(page.getByRole("complementary", { name: "Comparison" }).getByText(/Added/)).toBeVisible();

  await page.goto("/map?g=none&tab=list");
  const row = page
    .getByRole("table", { name: /links of the map/ })
    .getByRole("row")
    .nth(1);
  await expect(row.getByRole("cell").first()).toHaveText(/\d/);
  const [client = "", server = ""] = await row.getByRole("cell").allTextContents();
  const of = (address: string): string => encodeURIComponent(JSON.stringify(address.split(" ")[0]));
  await page.goto(`/map?g=none&tab=list&path=${of(client)}&sel=${of(server)}`);
  await expect(page.getByRole("complementary", { name: "Path" }).getByText(/1 hop/)).toBeVisible();
});
