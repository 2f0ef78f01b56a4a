/** Against a running stack and a real SAML provider (FLOWLENS_SAML). Comes after access.live.spec.ts, which makes Ada. */

import type { BrowserContext, Page } from "@playwright/test";
import { invited, look, oneCookie, person, signIn } from "./people";
import { expect, test } from "./world";

const PROVIDER = process.env["FLOWLENS_SAML"] ?? "";
const DOOR = { name: "Sign in with Headquarters" };
const RECEIVER = "/api/v1/session/saml";

test.skip(PROVIDER === "", "no SAML provider was started");
test.use({ ignoreHTTPSErrors: true });

async function signInThere(page: Page, who: string): Promise<void> {
  await page.getByLabel("Login").fill(who);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Somebody signs in at the provider; the form that its page posts is kept here and not handed in. */
async function brought(context: BrowserContext, who: string): Promise<URLSearchParams> {
  const page = await context.newPage();
  const kept = new Promise<string>((told) => {
    void page.route(`**${RECEIVER}`, (route) => {
      told(route.request().postData() ?? "");
      return route.abort();
    });
  });
  await page.goto("/sign-in");
  await page.getByRole("button", DOOR).click();
  await signInThere(page, who);
  const form = await kept;
  await page.close();
  return new URLSearchParams(form);
}

/** Posts a form as the provider's page does, from its own site. */
async function post(context: BrowserContext, form: URLSearchParams, to: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${PROVIDER}/sso`);
  await page.evaluate(
    ([fields, action]) => {
      const made = document.createElement("form");
      made.method = "post";
      made.action = action as string;
      for (const [name, value] of fields as [string, string][]) {
        const input = made.appendChild(document.createElement("input"));
        input.name = name;
        input.value = value;
      }
      document.body.append(made);
      made.submit();
    },
    [[...form], to] as const,
  );
  return page;
}

async function staysOutside(context: BrowserContext, form: URLSearchParams, to: string, why: RegExp): Promise<void> {
  const page = await post(context, form, to);
  await expect(page.getByRole("alert")).toContainText(why);
  expect(new URL(page.url()).search).toBe("");
  expect((await context.request.get("/api/v1/me")).status()).toBe(401);
  await page.close();
}

test("a company's SAML provider: read from its metadata, tested, joined by a link, and from then on the way in", async ({
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
  await form.getByLabel("It speaks").selectOption("SAML 2.0");
  await form.getByRole("textbox", { name: "Name", exact: true }).fill("Headquarters");
  await form.getByLabel("Address of its metadata").fill(`${PROVIDER}/nothing-there`);
  await form.getByRole("button", { name: "Read the metadata" }).click();
  await expect(form.getByRole("alert")).toContainText(/metadata/);
  await form.getByLabel("Address of its metadata").fill(`${PROVIDER}/metadata`);
  await form.getByRole("button", { name: "Read the metadata" }).click();
  await expect(form.getByText(/Compare the fingerprint/)).toBeVisible();
  await expect(form.getByLabel("Entity ID of the provider")).toHaveValue(`${PROVIDER}/saml`);
  await expect(form.getByLabel("Sign-on address")).toHaveValue(`${PROVIDER}/sso`);
  await look(page, "saml-provider-new");
  await form.getByRole("button", { name: "Add it" }).click();
  await form.getByRole("button", { name: "Test the connection" }).click();
  await expect(form.getByText(/says what was agreed/)).toBeVisible();
  await expect(form.getByText(/1 of 1 pinned certificates count/)).toBeVisible();
  await expect(form.getByText(/takes a question/)).toBeVisible();
  const ours = await page.request.get((await form.getByRole("link", { name: /metadata/ }).getAttribute("href")) ?? "");
  expect(await ours.text()).toContain(`Location="${baseURL}${RECEIVER}"`);
  await look(page, "saml-provider");

  // A new member comes in with a link, at the provider.
  const secret = await invited(page, baseURL ?? "", "sam@example.com");
  const sam = await (await person(browser)).newPage();
  await sam.goto(`${baseURL}/welcome#link=${secret}`);
  await sam.getByRole("button", DOOR).click();
  await signInThere(sam, "sam");
  await expect(sam).toHaveURL(/\/map/);
  await expect(sam.getByRole("link", { name: "Map" })).toBeVisible();
  await oneCookie(sam, baseURL ?? "");
  await sam.goto("/account");
  await expect(sam.getByRole("main")).toContainText("sam@id.example");
  await sam.getByRole("button", { name: "Sign out" }).click();
  await sam.getByRole("button", DOOR).click();
  await signInThere(sam, "sam");
  await expect(sam.getByRole("heading", { name: "Your account" })).toBeVisible();

  // Whoever nobody connected stays outside, whatever they are called there.
  const stranger = await (await person(browser)).newPage();
  await stranger.goto("/sign-in");
  await stranger.getByRole("button", DOOR).click();
  await signInThere(stranger, "ada");
  await expect(stranger.getByRole("alert")).toContainText(/ask whoever administers/);
  await look(stranger, "saml-not-known");
  complaints.length = 0; // refusals of the tests above
});

test("a SAML answer counts in the browser that was sent, and once", async ({ browser, baseURL }) => {
  test.setTimeout(180_000);
  const to = `${baseURL}${RECEIVER}`;
  const [sam, thief] = [await person(browser), await person(browser)];
  const hers = await brought(sam, "sam");
  await staysOutside(thief, hers, to, /not begun in this browser/);
  await staysOutside(sam, hers, to, /not begun in this browser/); // the thief's browser has posted it: it is spent
  const again = await brought(sam, "sam");
  const page = await post(sam, again, to);
  await page.waitForURL(/\/map/);
  expect((await sam.request.get("/api/v1/me")).status()).toBe(200);
  const twice = await post(sam, again, to);
  await expect(twice.getByRole("alert")).toContainText(/not begun in this browser/);
});

test("a real SAML answer with one thing changed lets nobody in", async ({ browser, baseURL }) => {
  test.setTimeout(240_000);
  const changed = (from: string | RegExp, into: string) => (xml: string) => xml.replace(from, into);
  const signature = /<Signature .*<\/Signature>/;
  const spoilt: [(xml: string) => string, RegExp][] = [
    [changed(">sam</saml:NameID>", ">ada</saml:NameID>"), /none of the certificates/],
    [changed(">sam</saml:NameID>", ">sam<!-- -->.evil</saml:NameID>"), /a comment/],
    [changed(signature, ""), /is not signed/],
    [changed(/^/, '<!DOCTYPE r [<!ENTITY x "sam">]>'), /a DTD/],
    [changed(/(<saml:Assertion.*<\/saml:Assertion>)/, "$1$1"), /names two things|one assertion/],
    [changed("#rsa-sha256", "#hmac-sha256"), /none of the certificates/],
  ];
  for (const [spoil, why] of spoilt) {
    const sam = await person(browser);
    const form = await brought(sam, "sam");
    const xml = Buffer.from(form.get("SAMLResponse") ?? "", "base64").toString();
    expect(spoil(xml)).not.toBe(xml);
    form.set("SAMLResponse", Buffer.from(spoil(xml)).toString("base64"));
    await staysOutside(sam, form, `${baseURL}${RECEIVER}`, why);
    await sam.close();
  }
  // Nor does one that nobody asked for.
  const sam = await person(browser);
  const form = await brought(sam, "sam");
  form.delete("RelayState");
  await staysOutside(sam, form, `${baseURL}${RECEIVER}`, /not begun in this browser/);
});
