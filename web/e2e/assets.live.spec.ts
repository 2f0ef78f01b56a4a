/** Against a running stack: what assets are, said by hand, by a file and by CIDR rules. */

import { assetOf, BEARER, DATABASE, DATABASES, excuse, row, topology, told, written } from "./running";
import { expect, faults, open, test } from "./world";

test("an asset is described and keeps its history, and who read it before a change does not overwrite that", async ({
  page,
  request,
  complaints,
}) => {
  const nothing = { name: "", note: "", attributes: { owner: null, "tag:backup": null } };
  const says = { headers: { ...BEARER, "if-match": "*" }, data: nothing };
  await request.patch(`/api/v1/assets/${(await assetOf(request, DATABASE)).id}`, says);
  const before = await assetOf(request, DATABASE);
  const describe = page.getByRole("button", { name: "Describe this asset" });
  const form = page.getByRole("dialog");
  const fill = async (): Promise<void> => {
    await form.getByLabel("Name").fill("orders-db-1");
    await form.getByRole("button", { name: "Add an attribute" }).click();
    await form
      .getByLabel(/^Attribute \d/)
      .last()
      .selectOption({ label: "Owner" });
    await form.getByLabel("Value of owner").fill("Orders");
    await form.getByRole("button", { name: "Add an attribute" }).click();
    await form
      .getByLabel(/^Attribute \d/)
      .last()
      .selectOption({ label: "Tag…" });
    await form.getByLabel(/^Tag of attribute/).fill("backup");
    await form.getByLabel("Value of the tag").fill("nightly");
  };
  await open(page, `/assets/${before.id}`);
  await describe.click();
  await fill();
  const other = await request.patch(`/api/v1/assets/${before.id}`, {
    headers: { ...BEARER, "if-match": `"${before.version}"` },
    data: { note: "moves in May" },
  });
  expect(other.status()).toBe(200);
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form.getByRole("alert")).toContainText("Somebody described this asset meanwhile");
  expect((await assetOf(request, DATABASE)).name).toBe(before.name);

  await page.reload();
  await describe.click();
  await expect(form.getByLabel("Note")).toHaveValue("moves in May");
  await fill();
  await form.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "orders-db-1" })).toBeVisible();
  const why = page.getByRole("region", { name: "What it is" });
  await expect(why).toContainText(/Owner\s*Orders said of this asset/);
  await expect(why).toContainText(/Environment\s*production by 10\.10\.0\.0\/16/);
  await describe.click();
  const history = form.getByRole("region", { name: "History" });
  await expect(history.getByRole("listitem")).toHaveCount(before.version + 2);
  await expect(history.getByRole("listitem").filter({ hasText: "orders-db-1" }).first()).toContainText("backup");
  expect(await faults(page)).toEqual([]);
  excuse(complaints, /status of 412/);
});

const OTHER = "10.10.4.11";
const FILE = `IP Address;Name;Owner;Rack
${DATABASE};orders-db-9;Orders;A1
${OTHER};orders-db-2;Müller;A2
${OTHER};orders-db-3;Müller;A3
10.10.999.1;nowhere;Orders;A4
10.10.4.12;=HYPERLINK("http://evil.example");Orders;A5
10.77.77.77;unseen;Orders;A6
`;

test("a file is previewed by row, applied without its wrong rows, undone as one, and what leaves comes in unchanged", async ({
  page,
  request,
}) => {
  const before = [await assetOf(request, DATABASE), await assetOf(request, OTHER)];
  await assetOf(request, "10.10.4.12");
  await open(page, "/import");
  const choose = (name: string, buffer: Buffer) =>
    page.setInputFiles("input[type=file]", { name, mimeType: "text/csv", buffer });
  const preview = page.getByRole("region", { name: /^What .* would change$/ });
  await choose("wrong.csv", Buffer.from([0x61, 0x64, 0x64, 0xff, 0x00, 0xfe, 0x0a]));
  await expect(page.getByRole("alert").or(preview.getByRole("region", { name: "What is wrong" }))).toBeVisible();
  await expect(page.getByRole("button", { name: /^Apply/ })).toBeDisabled();

  await choose("cmdb.csv", Buffer.from(FILE));
  await preview.getByLabel("Rack").selectOption("tag:rack");
  const wrong = preview.getByRole("region", { name: "What is wrong" });
  await expect(wrong.getByRole("row").filter({ hasText: "10.10.999.1" })).toContainText(/^5/);
  await expect(wrong.getByRole("row").filter({ hasText: /formula/ })).toContainText(/^6\s*Name/);
  await expect(wrong.getByRole("row").filter({ hasText: new RegExp(OTHER) })).toContainText(/^4/);
  await expect(preview).toContainText("1 of addresses that no flow has shown yet");
  expect(await faults(page)).toEqual([]);
  const apply = page.getByRole("button", { name: /^Apply/ });
  await expect(apply).toBeDisabled();
  await page.getByLabel("Leave out rows that are wrong").check();
  await apply.click();
  await expect(page.getByRole("status")).toContainText(/applied from cmdb\.csv/);
  expect((await assetOf(request, DATABASE)).name).toBe("orders-db-9");

  await page.getByRole("button", { name: "Undo cmdb.csv" }).first().click();
  await expect(page.getByText("undone", { exact: true }).first()).toBeVisible();
  const after = [await assetOf(request, DATABASE), await assetOf(request, OTHER)];
  expect(after.map(({ name, attributes }) => ({ name, attributes }))).toEqual(
    before.map(({ name, attributes }) => ({ name, attributes })),
  );

  const file = await written(page, () => page.getByRole("button", { name: "Download Assets", exact: true }).click());
  expect(file.content.toString()).toContain(DATABASE);
  await choose("again.csv", file.content);
  await expect(preview).toContainText(/again\.csv: [\d,]+ rows?\. 0 new, 0 changed/);
});

test("a rule says what it would move before it is written, what is odd about it after, and is on the map at once", async ({
  page,
  request,
  complaints,
}) => {
  const before = await topology(request, "group=tag:zone");
  await open(page, "/classification?rule=%22new%22");
  const form = page.getByRole("dialog");
  const say = async (network: string, value: string): Promise<void> => {
    await form.getByLabel("Network").fill(network);
    await form.getByLabel("Attribute 1", { exact: true }).selectOption({ label: "Tag…" });
    await form.getByLabel("Tag of attribute 1").fill("zone");
    await form.getByLabel("Value of the tag").fill(value);
  };
  const add = form.getByRole("button", { name: "Add", exact: true });
  await say("10.10.4.1/24", "Vault");
  await expect(form.getByRole("region", { name: "What would move" })).toContainText(DATABASES);
  await add.click();
  await expect(form.getByText(/did you mean 10\.10\.4\.0\/24/).first()).toBeVisible();
  await say("10.10.4.0/25", "Vault");
  await expect(form.getByRole("region", { name: "What would move" })).toContainText(
    /[1-9]\d* assets?: tag zone none → Vault/,
  );
  expect((await topology(request, "group=tag:zone")).nodes.label).toEqual(before.nodes.label);
  expect(await faults(page)).toEqual([]);
  await add.click();
  await expect(form).toBeHidden();
  expect((await topology(request, "group=tag:zone")).nodes.label).toContain("Vault");

  await page.getByRole("button", { name: "Add a rule" }).click();
  await say("10.10.4.0/26", "Vault");
  await expect(form.getByText("No asset that was seen would move.")).toBeVisible();
  await add.click();
  await expect(row(page, "Classification rules", "10.10.4.0/26")).toContainText(
    "tag zone says what it would inherit anyway",
  );
  await page.goto("/map?g=tag%3Azone&tab=list");
  await expect(page.getByRole("cell", { name: "Vault" }).first()).toBeVisible();

  await page.goto("/classification");
  for (const network of ["10.10.4.0/26", "10.10.4.0/25"]) {
    await row(page, "Classification rules", network).click();
    await form.getByRole("button", { name: "Delete…" }).click();
    await form.getByRole("button", { name: "Delete it" }).click();
    await expect(form).toBeHidden();
  }
  const { items } = await told<{ items: { network: string }[] }>(request, "/classification-rules");
  expect(items.map(({ network }) => network)).not.toContain("10.10.4.0/25");
  expect((await topology(request, "group=tag:zone")).nodes.label).toEqual(before.nodes.label);
  excuse(complaints, /status of 422/); // of the network that was none
});
