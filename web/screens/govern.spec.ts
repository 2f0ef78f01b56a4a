/** As take.spec.ts, for what stands before the pages and for who may what: with dialogs opened and forms begun. */

import type { Page } from "@playwright/test";
import { expect, faults, open, test } from "../e2e/world";

interface Shot {
  path: string;
  /** Whose token; null for nobody's. */
  as?: string | null;
  act?: (page: Page) => Promise<unknown>;
}

const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true }).first().click();
const row = (page: Page, name: string | RegExp) => page.getByRole("row", { name }).first().click();
const rule = async (page: Page) => {
  await press(page, /Second factor/);
  await press(page, "Require it of everybody");
};

const SHOTS: Record<string, Shot> = {
  "sign-in": { path: "/sign-in", as: null },
  "sign-in-token": { path: "/sign-in", as: null, act: (page) => press(page, "Use an API token instead") },
  welcome: { path: `/welcome#link=${"s".repeat(43)}`, as: null },
  "welcome-lacking": { path: "/welcome", as: null },
  members: { path: "/members" },
  member: { path: "/members", act: (page) => row(page, /bob@example.com/) },
  "member-invited": { path: "/members", act: (page) => row(page, /grace@example.com/) },
  "member-new": { path: "/members", act: (page) => press(page, "Add a member") },
  "factor-rule": { path: "/members", act: (page) => press(page, /Second factor/) },
  "step-up": { path: "/members", as: "stale", act: rule },
  roles: { path: "/roles" },
  "role-of-the-house": { path: "/roles", act: (page) => row(page, /^Operator/) },
  "role-own": { path: "/roles", act: (page) => row(page, /Network planner/) },
  "role-new": { path: "/roles", act: (page) => press(page, "Make a role") },
  tenants: { path: "/tenants" },
  "tenant-new": { path: "/tenants", act: (page) => press(page, "Make a tenant") },
  "break-glass": { path: "/tenants", act: (page) => press(page, /Break the glass/) },
  account: { path: "/account", as: "none" },
  "factor-setup": { path: "/account", as: "none", act: (page) => press(page, "Set up an authenticator") },
  "factor-on": { path: "/account", as: "shown" },
  "factor-codes": { path: "/account", as: "shown", act: (page) => press(page, "New recovery codes") },
  "factor-wanted": { path: "/map", as: "wanted" },
  "factor-missing": { path: "/map", as: "missing" },
  "provider-openid": { path: "/identity-providers", act: (page) => row(page, /Company sign-in/) },
  "provider-saml": { path: "/identity-providers", act: (page) => row(page, /Warehouse/) },
  "provider-new": { path: "/identity-providers", act: (page) => press(page, "Add a provider") },
  audit: { path: "/audit" },
  "audit-event": { path: "/audit", act: (page) => row(page, /edge-router/) },
  "audit-nothing": {
    path: "/audit",
    act: (page) => page.getByLabel("Search the trail").fill("nothing of the kind"),
  },
};

for (const scheme of ["light", "dark"] as const) {
  for (const width of [1440, 390]) {
    for (const [name, { path, as = "", act }] of Object.entries(SHOTS)) {
      test(`${name}, ${scheme}, ${width}`, async ({ page, complaints }) => {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
        await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
        if (as === null) await page.goto(path);
        else await open(page, path, as ? `fl_mock_${as}` : undefined);
        await page.waitForLoadState("networkidle");
        await act?.(page);
        await page.waitForTimeout(400);
        await page.screenshot({ path: `../.build/screenshots/${name}-${scheme}-${width}.png` });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(wide, "nothing is wider than the screen").toBeLessThanOrEqual(0);
        expect(await faults(page)).toEqual([]);
        complaints.splice(0, complaints.length, ...complaints.filter((one) => !/status of 4(03|04)/.test(one)));
      });
    }
  }
}
