/** Against a running stack, after access.live.spec.ts: a second factor from its first code to its end, and glass that is broken. */

import { createHmac } from "node:crypto";
import type { Page } from "@playwright/test";
import { ADA, look, signIn } from "./people";
import { expect, test } from "./world";

/** RFC 6238, as an authenticator app has it; `later` steps from now, for each code is taken once. */
function codeOf(seed: string, later: number): string {
  const bits = [...seed]
    .map((one) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(one).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const mac = createHmac("sha1", key).update(step).digest();
  const number = mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

async function comeAgain(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page);
  await expect(page.getByRole("heading", { name: "Your second factor" })).toBeVisible();
}

async function show(page: Page, code: string): Promise<void> {
  await expect(page.getByLabel("Code")).toBeFocused();
  await page.keyboard.type(code);
  await page.keyboard.press("Enter");
}

test("a factor is set up, wanted, shown, replaced by a recovery code and turned off; who breaks the glass is seen", async ({
  page,
  complaints,
}) => {
  test.setTimeout(180_000);
  await page.goto("/sign-in?back=%2Faccount");
  await signIn(page);
  await page.getByRole("button", { name: "Set up an authenticator" }).click();
  const seed = ((await page.getByText(/^([A-Z2-7]{4} ?){8}/).textContent()) ?? "").replaceAll(/[^A-Z2-7]/g, "");
  expect(seed).toHaveLength(32);
  await look(page, "factor-setup");
  const first = codeOf(seed, -1);
  await page.getByLabel(/Type the six digits/).fill(first);
  await page.getByRole("button", { name: "Turn it on" }).click();
  const codes = page.getByRole("status").getByRole("listitem");
  await expect(codes).toHaveCount(10);
  const kept = (await codes.first().textContent()) ?? "";
  await look(page, "factor-codes");
  await page.getByRole("button", { name: "I have kept them" }).click();
  await expect(page.getByText(/10 of your recovery codes are left/)).toBeVisible();

  await comeAgain(page);
  await show(page, first); // it was taken
  await expect(page.getByText(/code is wrong, was used/)).toBeVisible();
  await look(page, "factor-wanted");
  await show(page, codeOf(seed, 0));
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  await comeAgain(page);
  await show(page, kept);
  await expect(page.getByText(/9 of your recovery codes are left/)).toBeVisible();

  await page.getByRole("button", { name: "Turn to Platform" }).click();
  await page.goto("/tenants");
  await page.getByRole("button", { name: "Make a tenant" }).click();
  await page.getByLabel(/^Name/).fill("Warehouse");
  await page.getByLabel(/first administrator/).fill("heidi@example.com");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Break the glass of Warehouse…" }).click();
  await page.getByLabel(/Why/).fill("Heidi called: her map is empty since noon");
  await look(page, "break-glass");
  await page.getByRole("button", { name: "Break the glass", exact: true }).click();
  await page.getByRole("button", { name: "Turn to Warehouse" }).click();
  await expect(page.getByRole("link", { name: /ada@example.com · Warehouse/ })).toBeVisible();
  await page.goto("/account");
  await page.getByRole("button", { name: "Turn to Default" }).click();
  await expect(page.getByText("you are here")).toBeVisible();
  await page.waitForLoadState("networkidle"); // all is asked anew of the tenant that was turned to

  await page.getByRole("button", { name: "Turn it off…" }).click();
  await page.getByRole("button", { name: "Turn it off, codes too" }).click();
  await expect(page.getByRole("button", { name: "Set up an authenticator" })).toBeVisible();
  await page.goto("/audit");
  await page.getByLabel("Kind of event").selectOption({ label: "Second factors" });
  const trail = page.getByRole("table", { name: "Audit trail" });
  for (const action of ["factor.enrol", "factor.refuse", "factor.show", "factor.remove"])
    await expect(trail.getByText(action).first()).toBeVisible();
  await expect(trail.getByText(ADA.email).first()).toBeVisible();
  await look(page, "audit-factors");
  const taken = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  expect((await taken).suggestedFilename()).toBe("audit-trail.jsonl");
  expect(complaints.filter((one) => !/status of 4(03|04|22)/.test(one))).toEqual([]);
  complaints.length = 0;
});
