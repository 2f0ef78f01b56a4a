/** What people do on the map all day: narrow it, go back in time, put nodes in place, keep what they see. */

import { expect, open, painted, settled, test, whereIs } from "./world";

const APP = "10.1.20.0/24@1";

test("a typed filter is completed and narrows the map, and what it hides is counted", async ({ page }) => {
  await open(page, "/map");
  await painted(page);
  const box = page.getByRole("combobox", { name: /^Filter/ });
  await box.pressSequentially("env=prod");
  await page.getByRole("option", { name: "production" }).click();
  await expect(page).toHaveURL(/q=env/);
  await expect(page.getByText(/the filter hides [\d,]+ dependencies/)).toBeVisible();
  await box.fill("colour=red");
  await expect(page.getByText("there is no field 'colour'")).toBeVisible();
  await expect(page).toHaveURL(/q=env/);
});

test("a place in the time strip is another time, and the map keeps its size and its look", async ({ page }) => {
  await open(page, "/map");
  const view = await settled(page);
  const canvas = page.locator("canvas");
  const size = await canvas.boundingBox();
  const strip = page.getByRole("slider", { name: /^Time/ });
  const bars = (await strip.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.click(bars.x + bars.width / 2, bars.y + bars.height / 2);
  await expect(page).toHaveURL(/at=/);
  expect(await canvas.boundingBox()).toEqual(size);
  expect(await canvas.getAttribute("data-view")).toBe(view);
  await strip.press("ArrowRight");
  await expect(strip).toHaveAttribute("aria-valuetext", /flows/);
  await strip.press("End");
  await expect(page).not.toHaveURL(/at=/);
  await page.mouse.move(bars.x + 40, bars.y + 10);
  await page.mouse.down();
  await page.mouse.move(bars.x + 240, bars.y + 10, { steps: 3 });
  await page.mouse.up();
  await expect(page).toHaveURL(/from=.*to=/);
  expect(await canvas.boundingBox()).toEqual(size);
});

test("a node that is dragged is pinned, the map stands still, and a saved view brings both back", async ({ page }) => {
  await open(page, "/map");
  const view = await settled(page);
  const at = await whereIs(page, APP);
  await page.mouse.move(at.x, at.y);
  await page.mouse.down();
  await page.mouse.move(at.x + 60, at.y + 70, { steps: 5 });
  await page.mouse.up();
  await expect(page.getByRole("button", { name: "Unpin 1" })).toBeVisible();
  expect(await page.locator("canvas").getAttribute("data-view")).toBe(view);
  await expect(page.getByRole("complementary", { name: "Details" })).toBeHidden();
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitem", { name: /Save as/ }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Pinned");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page).toHaveURL(/view=\d+/);
  const id = new URL(page.url()).searchParams.get("view");
  await page.evaluate(() => localStorage.clear());
  await page.goto(`/views/${id}`);
  await painted(page);
  await expect(page.getByRole("button", { name: "Unpin 1" })).toBeVisible();
  await page.getByRole("button", { name: "Unpin 1" }).click();
  await expect(page.getByRole("button", { name: /Unpin/ })).toBeHidden();
});

test("an opened group shows the groups in it, and the keys show what lies upstream and around", async ({ page }) => {
  await open(page, "/map?g=environment%2Cdatacenter&open=%5B%22environment%3Dproduction%401%22%5D");
  await painted(page);
  await expect(page.getByRole("combobox", { name: "Then by, level 2" })).toHaveValue("datacenter");
  await expect(page.getByRole("button", { name: "Close the open group" })).toBeVisible();
  await open(page, "/map");
  await painted(page);
  const at = await whereIs(page, APP);
  await page.mouse.click(at.x, at.y);
  await page.getByRole("button", { name: "Upstream" }).click();
  await page.getByRole("button", { name: "Focus" }).click();
  await expect(page).toHaveURL(/focus=/);
  await expect(page.getByRole("group", { name: "Focus" })).toContainText("around 10.1.20.0/24");
  await page.getByRole("combobox", { name: "How far around the focus" }).selectOption("2");
  await expect(page).toHaveURL(/hops=2/);
  await page.getByRole("button", { name: /around 10.1.20.0/ }).click();
  await expect(page).not.toHaveURL(/focus=/);
});

test("of thirteen address spaces the map shows one, so that its boxes can be taken in, and all when they are chosen", async ({
  page,
}) => {
  const made = "2026-11-20T08:00:00Z";
  const items = Array.from({ length: 13 }, (_, i) => ({
    id: i + 1,
    name: `Site ${i + 1}`,
    is_default: i === 1,
    created_at: made,
  }));
  await page.route("**/api/v1/address-spaces", (route) => route.fulfill({ json: { items } }));
  const asked: (string | null)[] = [];
  page.on("request", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname.endsWith("/topology")) asked.push(searchParams.get("space"));
  });
  await open(page, "/map");
  await painted(page);
  const picker = page.getByRole("combobox", { name: "Address space" });
  await expect(picker).toHaveValue("2");
  expect([...new Set(asked)]).toEqual(["2"]);
  await picker.selectOption("All address spaces");
  await expect(page).toHaveURL(/space=0/);
  await expect.poll(() => asked.at(-1)).toBeNull();
  await expect(picker).toHaveValue("");
});
