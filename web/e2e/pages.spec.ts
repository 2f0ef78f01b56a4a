import { expect, faults, open, painted, test } from "./world";

const PAGES = [
  ["the home page", "/"],
  ["the views", "/views"],
  ["a view that names what is gone", "/views/2"],
  ["groups in groups", "/map?g=environment%2Csite&open=%5B%22environment%3Dproduction%401%22%5D"],
  ["the way between two", "/map?path=%2210.1.20.0%2F24%401%22&sel=%2210.1.30.0%2F24%401%22"],
  ["a focus with a filter", "/map?focus=%2210.1.20.0%2F24%401%22&q=internal"],
  ["the map", "/map"],
  ["a node on the map", "/map?sel=%2210.1.20.0%2F24%401%22"],
  ["a link on the map", "/map?sel=%2210.1.20.0%2F24%401%3E10.1.30.0%2F24%401%22"],
  ["the list", "/map?tab=list"],
  ["a comparison of two times", "/map?at=2026-11-21T18%3A00%3A00Z&cmp=true"],
  ["the assets", "/assets"],
  ["an asset", "/assets/20"],
  ["the dependencies", "/dependencies"],
  ["a dependency", "/dependencies/30"],
  ["the flow sources", "/sources"],
  ["a flow source", "/sources?id=1"],
  ["the attempts", "/attempts"],
  ["the cloud logs", "/feeds"],
  ["a feed", "/feeds?id=1"],
  ["a feed that is pushed to", "/feeds?id=4"],
  ["a feed that is woken", "/feeds?id=5"],
  ["the flow files", "/files"],
  ["the classification", "/classification"],
  ["a rule", "/classification?rule=4"],
  ["a new rule", "/classification?rule=%22new%22"],
  ["the map by an attribute", "/map?g=environment"],
  ["the imports", "/import"],
  ["the identity providers", "/identity-providers"],
  ["the health", "/health"],
] as const;

/** As somebody who is signed in, by their second factor. */
const PEOPLE = [
  ["the account without a second factor", "/account", "fl_mock_none"],
  ["the account with one", "/account", "fl_mock_shown"],
  ["the question for a code", "/map", "fl_mock_wanted"],
  ["a factor that everybody must have", "/map", "fl_mock_missing"],
  ["the members", "/members", "fl_mock_shown"],
  ["the roles", "/roles", "fl_mock_shown"],
  ["the tenants", "/tenants", "fl_mock_shown"],
  ["the audit trail", "/audit", "fl_mock_shown"],
] as const;

for (const scheme of ["light", "dark"] as const) {
  for (const [name, path] of PAGES) {
    test(`${name}, ${scheme}: no fault for axe`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await open(page, path);
      await page.waitForLoadState("networkidle");
      if (path.startsWith("/map") && !path.includes("tab=")) await painted(page);
      expect(await faults(page)).toEqual([]);
    });
  }

  test(`a SAML provider and a new one, ${scheme}: no fault for axe`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await open(page, "/identity-providers");
    await page.getByRole("row", { name: /Warehouse/ }).click();
    const drawer = page.getByRole("dialog");
    await expect(drawer.getByRole("list", { name: "Fingerprints of the certificates" })).toBeVisible();
    expect(await faults(page)).toEqual([]);
    await drawer.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Add a provider" }).click();
    await drawer.getByLabel("It speaks").selectOption("SAML 2.0");
    await drawer.getByLabel("Address of its metadata").fill("https://id.example/metadata");
    await drawer.getByRole("button", { name: "Read the metadata" }).click();
    await expect(drawer.getByText(/Compare the fingerprint/)).toBeVisible();
    expect(await faults(page)).toEqual([]);
  });

  for (const [name, path, token] of PEOPLE) {
    test(`${name}, ${scheme}: no fault for axe`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await open(page, path, token);
      await page.waitForLoadState("networkidle");
      expect(await faults(page)).toEqual([]);
    });
  }

  test(`the page of a link, ${scheme}: no fault for axe`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(`/welcome#link=${"s".repeat(43)}`);
    await expect(page.getByRole("button", { name: "Set the password" })).toBeVisible();
    expect(await faults(page)).toEqual([]);
  });

  test(`the sign-in page, ${scheme}: no fault for axe`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto("/map");
    await expect(page.getByLabel("Password", { exact: true })).toBeVisible();
    expect(await faults(page)).toEqual([]);
  });

  test(`the empty map, ${scheme}: says where to point an exporter`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await open(page, "/map", "fl_mock_empty");
    await expect(page.getByRole("heading", { name: "No flows yet" })).toBeVisible();
    expect(await faults(page)).toEqual([]);
  });

  test(`search and help, ${scheme}: no fault for axe`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await open(page, "/health");
    await expect(page.getByRole("heading", { name: "System health" })).toBeVisible();
    await page.keyboard.press("/");
    await page.getByPlaceholder("An address, a network, a port or a service").fill("10.9.0.1");
    await expect(page.getByText("10.9.0.12").first()).toBeVisible();
    expect(await faults(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await expect(page.getByPlaceholder("An address, a network, a port or a service")).toBeHidden();
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
    expect(await faults(page)).toEqual([]);
  });
}

test("a token is asked for, kept for the tab, and gone after signing out", async ({ page }) => {
  await page.goto("/dependencies?q=redis");
  await page.getByRole("button", { name: "Use an API token instead" }).click();
  await page.getByLabel("Token", { exact: true }).fill("fl_mock");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/dependencies\?q=redis/);
  await expect(page.getByRole("table", { name: "Dependencies" }).getByText("redis").first()).toBeVisible();
  await page.reload();
  await expect(page.getByRole("table", { name: "Dependencies" })).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("Password", { exact: true })).toBeVisible();
});

test("a chosen scheme stays after a reload, without a flash of the other", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, "/health");
  await page.getByRole("button", { name: "Colours: auto" }).click();
  await page.getByRole("button", { name: "Colours: light" }).click();
  await page.goto("/health", { waitUntil: "commit" });
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
});
