import { expect, open, painted, test, whereIs } from "./world";

const APP = "10.1.20.0/24@1";

test("the map is the start page, and a click on a node tells its evidence", async ({ page }) => {
  await open(page, "/");
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
  await painted(page);
  const before = await whereIs(page, "10.1.30.0/24@1");
  const at = await whereIs(page, APP);
  await page.mouse.dblclick(at.x, at.y);
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
