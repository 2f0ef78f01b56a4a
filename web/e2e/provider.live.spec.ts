/** Against a running stack and a real OpenID provider (FLOWLENS_PROVIDER). Comes after access.live.spec.ts, which makes Ada. */

import type { BrowserContext, Page } from "@playwright/test";
import { invited, look, oneCookie, person, signIn } from "./people";
import { expect, test } from "./world";

const ISSUER = process.env["FLOWLENS_PROVIDER"] ?? "";
const CLIENT = "flowlens";
const SECRET = "a secret: with marks+and & more, of 32 bytes";
const DOOR = { name: "Sign in with Company" };

test.skip(ISSUER === "", "no provider was started");
test.use({ ignoreHTTPSErrors: true });

/** Says at the provider who one is, and that FlowLens may know it. */
async function signInThere(page: Page, who: string): Promise<void> {
  await page.getByPlaceholder("Enter any login").fill(who);
  await page.getByPlaceholder("and password").fill("anything");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

/** Somebody signs in at the provider; what they bring back is kept here and not handed in. */
async function brought(context: BrowserContext, who: string): Promise<string> {
  const page = await context.newPage();
  const kept = new Promise<string>((told) => {
    void page.route("**/api/v1/session/provider/answer", (route) => {
      told((route.request().postDataJSON() as { answer: string }).answer);
      return route.abort();
    });
  });
  await page.goto("/sign-in");
  await page.getByRole("button", DOOR).click();
  await signInThere(page, who);
  const answer = await kept;
  await page.close();
  return answer;
}

/** Opens the page that a provider sends browsers back to, with this answer. */
async function handIn(context: BrowserContext, answer: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`/signed-in?${answer}`);
  return page;
}

async function staysOutside(context: BrowserContext, answer: string, why: RegExp): Promise<void> {
  const page = await handIn(context, answer);
  await expect(page.getByRole("alert")).toContainText(why);
  expect((await context.request.get("/api/v1/me")).status()).toBe(401);
  await page.close();
}

test("a company's provider: added, tested, joined by a link, and from then on the way in", async ({
  page,
  browser,
  baseURL,
  complaints,
}) => {
  test.setTimeout(180_000);
  await page.goto("/sign-in");
  await signIn(page);
  await expect(page).toHaveURL(/\/map/);

  await page.goto("/identity-providers");
  await page.getByRole("button", { name: "Add a provider" }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("Name").fill("Company");
  await form.getByLabel("Issuer").fill(`${ISSUER}/`);
  await form.getByLabel("Client ID").fill(CLIENT);
  await form.getByLabel("Client secret").fill("another secret");
  await form.getByRole("button", { name: "Add it" }).click();
  const trial = form.getByRole("button", { name: "Test the connection" });
  await trial.click();
  await expect(form.getByText(/calls itself something else/)).toBeVisible();
  await form.getByRole("button", { name: "Delete…" }).click();
  await form.getByRole("button", { name: "Delete it, and end its sessions" }).click();
  await page.getByRole("button", { name: "Add a provider" }).click();
  await form.getByLabel("Name").fill("Company");
  await form.getByLabel("Issuer").fill(ISSUER);
  await form.getByLabel("Client ID").fill(CLIENT);
  await form.getByLabel("Client secret").fill("another secret");
  await form.getByRole("button", { name: "Add it" }).click();
  await trial.click();
  await expect(form.getByText(/its secret is another one/)).toBeVisible();
  await form.getByLabel("Client secret").fill(SECRET);
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row", { name: /Company/ }).click();
  await trial.click();
  await expect(form.getByText(/knows this client/)).toBeVisible();
  await look(page, "identity-provider");

  // A new member comes in with a link, at the provider.
  const secret = await invited(page, baseURL ?? "", "lin@example.com");
  const lin = await (await person(browser)).newPage();
  await lin.goto(`${baseURL}/welcome#link=${secret}`);
  await lin.getByRole("button", DOOR).click();
  await signInThere(lin, "lin");
  await expect(lin).toHaveURL(/\/map/);
  await expect(lin.getByRole("link", { name: "Map" })).toBeVisible();
  expect(lin.url()).not.toContain("code=");
  await oneCookie(lin, baseURL ?? "");
  await lin.goto("/account");
  await expect(lin.getByRole("main")).toContainText("lin@id.example");
  await expect(lin.getByRole("main")).toContainText("change your password there");
  await look(lin, "account-at-provider");
  await lin.getByRole("button", { name: "Sign out" }).click();
  await lin.getByRole("button", DOOR).click(); // the provider still knows her: it asks for no password
  await lin.getByRole("button", { name: "Continue" }).click();
  await expect(lin.getByRole("heading", { name: "Your account" })).toBeVisible();

  // Of a provider that is switched off nobody has a session.
  await page.reload();
  await page.getByRole("row", { name: /Company/ }).click();
  await form.getByLabel("Switched on").uncheck();
  await form.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("row", { name: /Company/ })).toContainText("switched off");
  expect((await lin.request.get("/api/v1/me")).status()).toBe(401);
  await page.getByRole("row", { name: /Company/ }).click();
  await form.getByLabel("Switched on").check();
  await form.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("row", { name: /Company/ })).toContainText("on the sign-in page");
  complaints.length = 0; // refusals of the tests above
});

test("an answer counts in the browser that was sent, and once", async ({ browser }) => {
  test.setTimeout(180_000);
  const [lin, thief] = [await person(browser), await person(browser)];
  const hers = await brought(lin, "lin");
  await staysOutside(thief, hers, /not begun in this browser/);
  const his = await brought(thief, "mallory"); // he is on his way himself
  await staysOutside(thief, hers, /not begun in this browser/);
  await staysOutside(thief, his, /not begun in this browser/); // which one wrong answer ended
  const page = await handIn(lin, hers);
  await page.waitForURL(/\/map/);
  expect((await lin.request.get("/api/v1/me")).status()).toBe(200);
  const again = await handIn(lin, hers);
  await expect(again.getByRole("alert")).toContainText(/not begun in this browser/);
});

test("a real answer with one thing changed lets nobody in", async ({ browser }) => {
  test.setTimeout(180_000);
  const spoilt: [(query: URLSearchParams) => void, RegExp][] = [
    [(query) => query.set("state", "x".repeat(43)), /not begun in this browser/],
    [(query) => query.append("state", query.get("state") ?? ""), /says something twice/],
    [(query) => query.set("code", "x".repeat(43)), /no ID token for the code/],
    [(query) => query.delete("iss"), /another provider/],
    [(query) => query.set("iss", "https://id.example"), /another provider/],
  ];
  for (const [spoil, why] of spoilt) {
    const lin = await person(browser);
    const query = new URLSearchParams(await brought(lin, "lin"));
    spoil(query);
    await staysOutside(lin, query.toString(), why);
    await lin.close();
  }
});
