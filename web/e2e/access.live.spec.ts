/** Against a running stack without members: FLOWLENS_LINK makes the first account. Pictures go to .build/shots. */

import type { Browser, Page } from "@playwright/test";
import { ADA, look, password } from "./people";
import { written } from "./running";
import { expect, test } from "./world";

const HERS = "a lighthouse keeper's forgotten kettle";

async function elsewhere(browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  return page;
}

test("the first account, its token, its way out and in again, and a member who is let in by a link", async ({
  page,
  browser,
  baseURL,
  complaints,
}) => {
  test.setTimeout(180_000);
  const link = process.env["FLOWLENS_LINK"] ?? "";
  await page.goto(link);
  await expect(page).toHaveURL(/\/welcome$/); // the secret does not stay in the address
  await page.getByLabel("E-mail").fill(ADA.email);
  await page.getByLabel("Name").fill("Ada");
  await password(page).fill("password password");
  await page.getByRole("button", { name: "Begin" }).click();
  await expect(page.getByText(/easily guessed/)).toBeVisible();
  await look(page, "welcome");
  await password(page).fill(ADA.password);
  await page.getByRole("button", { name: "Begin" }).click();
  await page.waitForURL(/\/(map|home)?$/);
  expect((await page.context().cookies()).map((one) => [one.httpOnly, one.sameSite])).toEqual([[true, "Strict"]]);

  await page.goto("/account");
  await page.getByLabel("Name").fill("monitoring");
  await page.getByLabel("assets:read").check();
  await page.getByRole("button", { name: "Make a token" }).click();
  const told = (await page.getByText(/told this once/).textContent()) ?? "";
  const token = /fl_[\w-]{43}/.exec(told)?.[0] ?? "";
  const asked = (path: string) =>
    fetch(`${baseURL}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status);
  expect([await asked("/assets"), await asked("/collectors")]).toEqual([200, 403]);
  await look(page, "account");
  await page.getByRole("button", { name: "Revoke" }).click();
  await expect.poll(() => asked("/assets")).toBe(401);

  await page.getByRole("button", { name: "Turn to Platform" }).click();
  await expect(page.getByRole("link", { name: /· Platform$/ })).toBeVisible();
  await page.goto("/tenants");
  await expect(page.getByRole("table", { name: "Tenants" })).toContainText("Default");
  await page.goto("/account");
  await page.getByRole("button", { name: "Turn to Default" }).click();
  await expect(page.getByRole("link", { name: "Map" })).toBeVisible();

  await page.goto("/members");
  await page.getByRole("button", { name: "Add a member" }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel(/E-mail/).fill("grace@example.com");
  await form.getByLabel(/Role/).selectOption({ label: "Viewer" });
  await form.getByRole("button", { name: /Add|Give/ }).click();
  await page.getByRole("row", { name: /grace@example.com/ }).click();
  await page.getByRole("button", { name: "Make a link" }).click();
  const hers = /http\S+#link=[\w-]{43}/.exec((await page.getByText(/works until/).textContent()) ?? "")?.[0] ?? "";
  const grace = await elsewhere(browser, hers);
  await password(grace).fill(HERS);
  await grace.getByRole("button", { name: "Set the password" }).click();
  await grace.waitForURL(/\/(map|home)?$/);
  expect(await (await grace.request.get("/api/v1/members")).json()).toMatchObject({ status: 403 });
  const again = await elsewhere(browser, hers);
  await expect(again.getByRole("alert")).toContainText("was used");

  await page.goto("/account");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("E-mail").fill(ADA.email);
  expect(await page.context().cookies()).toEqual([]);
  await password(page).fill(HERS);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("the address or the password is wrong")).toBeVisible();
  await look(page, "sign-in");
  await password(page).fill(ADA.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();

  // What a person takes away goes with their cookie, as a token's does with the token.
  await page.goto("/import");
  const download = page.getByRole("button", { name: "Download Assets", exact: true });
  expect((await written(page, () => download.click())).content.toString()).toMatch(/^address,/);

  await page.goto("/audit");
  for (const action of ["session.begin", "assets.export", "session.refuse", "token.revoke", "link.use"]) {
    await page.getByLabel("Search the trail").fill(action);
    await expect(page.getByRole("table", { name: "Audit trail" })).toContainText(action);
  }
  await look(page, "audit");
  // The refusals above are what was asked for; nothing else may have been complained about.
  expect(complaints.filter((one) => !/status of 4(03|04|22)/.test(one))).toEqual([]);
  complaints.length = 0;
});
