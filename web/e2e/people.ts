/** What tests of signing in share: who there is, a browser of somebody's own, a member with a link. Pictures go to .build/shots. */

import type { Browser, BrowserContext, Locator, Page } from "@playwright/test";
import { expect, faults } from "./world";

export const SHOTS = "../.build/shots";
/** Whoever the first account is of. */
export const ADA = { email: "ada@example.com", password: "seven purple herons at the weir" };

export function password(page: Page): Locator {
  return page.getByRole("textbox", { name: "Password", exact: true });
}

/** By password, on the page that is open. */
export async function signIn(page: Page, who = ADA): Promise<void> {
  await page.getByLabel("E-mail").fill(who.email);
  await password(page).fill(who.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Somebody else's browser. */
export async function person(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({ ignoreHTTPSErrors: true });
}

/** The secret of a link with which a new viewer comes in; the page is of whoever may invite. */
export async function invited(page: Page, baseURL: string, email: string): Promise<string> {
  const roles = (await (await page.request.get("/api/v1/roles")).json()) as { items: { id: number; name: string }[] };
  const role_id = roles.items.find(({ name }) => name === "Viewer")?.id;
  const told = { headers: { origin: baseURL } };
  const member = await page.request.post("/api/v1/members", { ...told, data: { email, role_id } });
  const { id } = (await member.json()) as { id: string };
  const made = await page.request.post(`/api/v1/members/${id}/link`, told);
  return ((await made.json()) as { secret: string }).secret;
}

/** The one cookie of a session, as it must be. */
export async function oneCookie(page: Page, baseURL: string): Promise<void> {
  const ours = (await page.context().cookies(baseURL)).filter(({ name }) => name.startsWith("flowlens"));
  expect(ours.map((one) => [one.name, one.httpOnly, one.sameSite])).toEqual([["flowlens-session", true, "Strict"]]);
}

/** Takes the page's picture in both themes, wide and narrow, and asks axe. */
export async function look(page: Page, name: string): Promise<void> {
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `${SHOTS}/${name}-${scheme}-${width}.png` });
    }
    expect(await faults(page)).toEqual([]);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}
