/** Against a running stack: boxes open into boxes and add up, a node leads to its evidence, and everything keeps its place. */

import type { Browser, Page } from "@playwright/test";
import { ago, type Answer, assetOf, DATABASE, topology } from "./running";
import { expect, open, painted, settled, test, whereIs } from "./world";

test("groups open into groups and close again; hidden dependencies are counted; a legend says what is outside", async ({
  page,
  request,
}) => {
  await assetOf(request, DATABASE);
  const at = ago(1);
  const by = "datacenter,environment";
  const closed = await topology(request, `group=${by}&at=${at}`);
  const box = closed.nodes.id.find((id) => id.startsWith("datacenter=Amsterdam")) ?? "";
  const opened = await topology(request, `group=${by}&at=${at}&expand=${encodeURIComponent(box)}`);
  const shown = page.locator("canvas[data-painted]");
  await open(
    page,
    `/map?g=${encodeURIComponent(by)}&at=${encodeURIComponent(at)}&sel=${encodeURIComponent(JSON.stringify(box))}`,
  );
  await expect(shown).toHaveAttribute("data-painted", String(closed.nodes.id.length));
  await page.getByRole("button", { name: "Open this group" }).click();
  await expect(shown).toHaveAttribute("data-painted", String(opened.nodes.id.length));
  expect(opened.nodes.id.length).toBeGreaterThan(closed.nodes.id.length);
  expect(opened.totals.dependencies).toBe(closed.totals.dependencies);
  await page.getByRole("button", { name: "Close the open group" }).click();
  await expect(shown).toHaveAttribute("data-painted", String(closed.nodes.id.length));
  const inside = closed.nodes.internal.filter(Boolean).length;
  const legend = page.getByRole("region", { name: "Legend" });
  await expect(legend).toContainText(`internal ${inside}`);
  await expect(legend).toContainText(`external ${closed.nodes.id.length - inside}`);
  const heavy = await topology(request, `group=${by}&at=${at}&q=${encodeURIComponent("bytes > 100 kB")}`);
  await page.getByRole("combobox", { name: /^Filter/ }).fill("bytes > 100 kB");
  // Flows of then still come in meanwhile: the page's own answer may hide some more, or some fewer.
  const hidden = page.getByText(/the filter hides [\d,]+ dependencies/);
  await expect(hidden).toBeVisible();
  const said = Number(/hides ([\d,]+)/.exec(await hidden.innerText())?.[1]?.replaceAll(",", ""));
  expect(heavy.hidden.dependencies).toBeGreaterThan(0);
  expect(Math.abs(said / heavy.hidden.dependencies - 1)).toBeLessThan(0.2);
});

test("what is typed is found, a host's neighbours come into focus, and a link tells ports, times, volumes and exporters", async ({
  page,
  request,
}) => {
  const { id } = await assetOf(request, DATABASE);
  await open(page, "/map");
  await painted(page);
  await page.keyboard.press("/");
  await page.getByPlaceholder("An address, a network, a port or a service").fill(DATABASE);
  await page.getByRole("button", { name: /10\.10\.4\.10\s*Asset/ }).click();
  await expect(page).toHaveURL(`/assets/${id}`);
  await page.getByRole("link", { name: "Show on the map" }).click();
  const panel = page.getByRole("complementary", { name: "Details" });
  await expect(panel.getByRole("heading", { name: DATABASE })).toBeVisible();

  await panel.getByRole("button", { name: "Focus" }).click();
  const shown = page.locator("canvas[data-painted]");
  const near = await topology(request, `group=none&focus=${DATABASE}`);
  await expect(page.getByText(/the filter hides [1-9]/)).toBeVisible();
  await expect
    .poll(async () => Number(await shown.getAttribute("data-painted")))
    .toBeGreaterThanOrEqual(near.nodes.id.length);
  await page.getByRole("combobox", { name: "Which direction from the focus" }).selectOption("down");
  const using = await topology(request, `group=none&focus=${DATABASE}&way=down`);
  expect(using.nodes.id.length).toBeLessThan(near.nodes.id.length);
  await expect.poll(async () => Number(await shown.getAttribute("data-painted"))).toBeLessThan(near.nodes.id.length);

  await page.goto(`/map?g=none&sel=${encodeURIComponent(JSON.stringify(`${DATABASE}@1`))}`);
  await panel.getByRole("region", { name: "Used by" }).getByRole("button").first().click();
  await expect(panel).toContainText(/Service\s*(postgresql|several|mysql).*/);
  await expect(panel).toContainText(/First seen[^]*Last seen/);
  await expect(panel.getByRole("list", { name: "Sources that saw it" })).toContainText(/(ams|fra|nyc)-/);
  await panel.getByRole("link", { name: "Open this dependency" }).click();
  await expect(page.getByRole("region", { name: "Octets" }).locator("canvas")).toBeVisible();
});

/** Where every box stands. */
function blocks(page: Page): Promise<unknown> {
  return page.evaluate(() => JSON.parse(localStorage.getItem("flowlens-layout-2:network") ?? "{}").blocks);
}

/** What talks to what, in no order: amounts grow for as long as flows end. */
function pairs({ nodes, edges }: Answer): string[] {
  return edges.source.map((source, i) => `${nodes.id[source]}>${nodes.id[edges.target[i] ?? 0]}`).sort();
}

/** The same in a browser that never saw this map, and is smaller. */
async function elsewhere(browser: Browser, address: string): Promise<unknown> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
  const page = await context.newPage();
  await open(page, address);
  await settled(page);
  const found = await blocks(page);
  await context.close();
  return found;
}

test("two people see the same picture, time and reload move nothing, and what is pinned stays pinned", async ({
  page,
  browser,
  request,
}) => {
  await assetOf(request, DATABASE);
  const at = `at=${encodeURIComponent(ago(1))}`;
  // What ended later may have begun before: until the answer of that minute is the same before and after.
  await expect(async () => {
    const before = pairs(await topology(request, at));
    const [hers, his] = [await elsewhere(browser, `/map?${at}`), await elsewhere(browser, `/map?${at}`)];
    expect(pairs(await topology(request, at))).toEqual(before);
    expect(his).toEqual(hers);
  }).toPass({ timeout: 40_000 });
  await open(page, `/map?${at}`);
  await settled(page);
  const before = await blocks(page);
  await page.keyboard.press("[");
  await expect(page).not.toHaveURL(new RegExp(at));
  await page.goto(`/map?${at}`);
  await settled(page);
  expect(await blocks(page)).toEqual(before);

  const [key = ""] = Object.keys(before as object);
  const place = await whereIs(page, key);
  await page.mouse.move(place.x, place.y);
  await page.mouse.down();
  await page.mouse.move(place.x + 50, place.y + 60, { steps: 4 });
  await page.mouse.up();
  await expect(page.getByRole("button", { name: "Unpin 1" })).toBeVisible();
  await page.reload();
  await painted(page);
  await page.getByRole("button", { name: "Unpin 1" }).click();
  await expect(page.getByRole("button", { name: /^Unpin/ })).toBeHidden();
  expect(await blocks(page)).toEqual(before);
});
