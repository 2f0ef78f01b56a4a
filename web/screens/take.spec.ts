/** `make screenshots`: every page in both themes, wide and narrow, into .build/screenshots, for people to look at. */

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

for (const scheme of ["light", "dark"] as const) {
  for (const width of [1440, 390]) {
    for (const [name, address] of Object.entries(PAGES)) {
      test(`${name}, ${scheme}, ${width}`, async ({ page }) => {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
        await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
        await open(page, address);
        await page.waitForLoadState("networkidle");
        await page.screenshot({ path: `../.build/screenshots/${name}-${scheme}-${width}.png` });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(wide, "nothing is wider than the screen").toBeLessThanOrEqual(0);
      });
    }
  }
}
