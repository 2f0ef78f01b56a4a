import { expect, faults, open, test } from "./world";

const FILE = {
  name: "cmdb-export.csv",
  mimeType: "text/csv",
  buffer: Buffer.from("IP Address,Env\n10.1.20.11,prod\n"),
};

test("a file is previewed by row, applied without its wrong rows, and says that it can be undone", async ({ page }) => {
  await open(page, "/import");
  await page.setInputFiles("input[type=file]", FILE);
  const preview = page.getByRole("region", { name: "What cmdb-export.csv would change" });
  await expect(preview).toContainText("400 new, 12 changed");
  await expect(preview.getByRole("cell", { name: "'10.1.2.300' is no address" })).toBeVisible();
  await expect(preview.getByLabel("Serial")).toHaveValue("");
  expect(await faults(page)).toEqual([]);
  const apply = page.getByRole("button", { name: "Apply 412 changes" });
  await expect(apply).toBeDisabled();
  await page.getByLabel("Leave out rows that are wrong").check();
  await apply.click();
  await expect(page.getByRole("status")).toContainText("412 changes applied");
});

test("several assets are selected and changed at once", async ({ page }) => {
  await open(page, "/assets");
  const boxes = page.getByRole("checkbox", { name: /^Select / });
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  const form = page.getByRole("form", { name: "Change the selected assets" });
  await expect(form).toContainText("2 assets selected");
  await form.getByLabel("Value").fill("Billing");
  expect(await faults(page)).toEqual([]);
  await form.getByRole("button", { name: "Set" }).click();
  await expect(form.getByRole("status")).toContainText("2 assets changed");
});
