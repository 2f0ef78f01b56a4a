/** `make screenshots`: every page in both themes, wide and narrow, into .build/screenshots, for people to look at. */

import type { Page } from "@playwright/test";
import { expect, open, test } from "../e2e/world";

const PAGES = {
  home: "/",
  map: "/map",
  "map-node": "/map?sel=%2210.1.20.0%2F24%401%22",
  "map-link": "/map?sel=%2210.1.20.0%2F24%401%3E10.1.30.0%2F24%401%22",
  "map-list": "/map?tab=list",
  "map-groups": "/map?g=environment%2Csite&open=%5B%22environment%3Dproduction%401%22%5D",
  "map-path": "/map?path=%2210.1.20.0%2F24%401%22&sel=%2210.1.30.0%2F24%401%22",
  "map-focus": "/map?focus=%2210.1.20.0%2F24%401%22&q=internal",
  "map-compared": "/map?at=2026-11-21T18%3A00%3A00Z&cmp=true",
  views: "/views",
  assets: "/assets",
  asset: "/assets/20",
  dependencies: "/dependencies",
  dependency: "/dependencies/30",
  sources: "/sources",
  source: "/sources?id=1",
  attempts: "/attempts",
  feeds: "/feeds",
  feed: "/feeds?id=1",
  files: "/files",
  classification: "/classification",
  rule: "/classification?rule=4",
  imports: "/import",
  providers: "/identity-providers",
  health: "/health",
} as const;

/** Pages that depend on who looks, with the mock's token for it. */
const PEOPLE = {
  account: ["/account", "fl_mock_shown"],
  "account-code": ["/map", "fl_mock_wanted"],
  members: ["/members", "fl_mock_shown"],
  roles: ["/roles", "fl_mock_shown"],
  tenants: ["/tenants", "fl_mock_shown"],
  audit: ["/audit", "fl_mock_shown"],
  "map-empty": ["/map", "fl_mock_empty"],
} as const;

async function take(page: Page, name: string): Promise<void> {
  await page.waitForLoadState("networkidle");
  await expect(page.locator("main [aria-busy=true]")).toHaveCount(0);
  await page.screenshot({ path: `../.build/screenshots/${name}.png` });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wide, "nothing is wider than the screen").toBeLessThanOrEqual(0);
}

for (const scheme of ["light", "dark"] as const) {
  for (const width of [1440, 390]) {
    const of = `${scheme}-${width}`;
    test.describe(of, () => {
      test.use({
        colorScheme: scheme,
        contextOptions: { reducedMotion: "reduce" },
        viewport: { width, height: width < 500 ? 844 : 900 },
      });
      for (const [name, address] of Object.entries(PAGES)) {
        test(name, async ({ page }) => {
          await open(page, address);
          await take(page, `${name}-${of}`);
        });
      }
      for (const [name, [address, token]] of Object.entries(PEOPLE)) {
        test(name, async ({ page }) => {
          await open(page, address, token);
          await take(page, `${name}-${of}`);
        });
      }
      test("map-unread", async ({ page, complaints }) => {
        await open(page, "/map?q=port%3D443%20and%20colour%3Dred");
        await expect(page.locator("mark")).toBeVisible();
        await take(page, `map-unread-${of}`);
        complaints.length = 0; // the browser names the answer that says what is wrong
      });
      test("sign-in", async ({ page }) => {
        await page.goto("/map");
        await take(page, `sign-in-${of}`);
      });
      test("welcome", async ({ page }) => {
        await page.goto(`/welcome#link=${"s".repeat(43)}`);
        await take(page, `welcome-${of}`);
      });
      test("search", async ({ page }) => {
        await open(page, "/health");
        await expect(page.getByRole("heading", { name: "System health" })).toBeVisible();
        await page.keyboard.press("/");
        await page.getByPlaceholder("An address, a network, a port or a service").fill("10.9.0.1");
        await expect(page.getByText("10.9.0.12").first()).toBeVisible();
        await take(page, `search-${of}`);
      });
      test("import preview", async ({ page }) => {
        await open(page, "/import");
        const buffer = Buffer.from("IP Address,Env\n10.1.20.11,prod\n");
        await page.setInputFiles("input[type=file]", { name: "cmdb-export.csv", mimeType: "text/csv", buffer });
        await expect(page.getByRole("region", { name: "What cmdb-export.csv would change" })).toBeVisible();
        await take(page, `import-preview-${of}`);
      });
    });
  }
}
