import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { open } from "../world";

test("rules say what they do and what does nothing", async () => {
  open("/classification");
  const table = await screen.findByRole("table", { name: "Classification rules" });
  await within(table).findByText("10.2.30.0/24");
  expect(table.getAttribute("aria-rowcount")).toBe("6");
  expect(within(table).getByText("environment says what it would inherit anyway")).toBeTruthy();
});

test("a rule is written, shows what it would move, and is there", async () => {
  const user = userEvent.setup();
  open("/classification");
  await user.click(await screen.findByRole("button", { name: "Add a rule" }));
  await user.type(await screen.findByLabelText(/^Network/), "10.9.0.0/16");
  await user.type(screen.getByLabelText("Value of environment"), "backup");
  await screen.findByText(/4 assets: environment/);
  await user.click(screen.getByRole("button", { name: "Add" }));
  const table = await screen.findByRole("table", { name: "Classification rules" });
  await within(table).findByText("10.9.0.0/16");
});

test("what the API refuses stands beside the form, and nothing is lost", async () => {
  const user = userEvent.setup();
  open("/classification?rule=%22new%22");
  await user.type(await screen.findByLabelText(/^Network/), "10.1.0.0/16");
  await user.type(screen.getByLabelText("Value of environment"), "test");
  await user.click(screen.getByRole("button", { name: "Add" }));
  await screen.findByText(/has a rule already/);
  expect((screen.getByLabelText("Value of environment") as HTMLInputElement).value).toBe("test");
});

test("a rule is deleted only when one is sure", async () => {
  const user = userEvent.setup();
  open("/classification?rule=5");
  await user.click(await screen.findByRole("button", { name: "Delete…" }));
  await user.click(screen.getByRole("button", { name: "Delete it" }));
  await waitFor(() => expect(screen.queryByText("10.3.0.0/16")).toBeNull());
});

test("an asset says why it is what it is", async () => {
  open("/assets/50");
  const card = (await screen.findByText("What it is")).closest("section") as HTMLElement;
  expect(card.textContent).toContain("Databases by 10.1.30.0/24, not Platform (by 10.1.0.0/16)");
});

test("the map is grouped by an attribute that rules set, and remembers it in the address", async () => {
  const user = userEvent.setup();
  const { asked } = open("/map");
  await user.click(await screen.findByText("Attribute"));
  await waitFor(() => expect(asked.at(-1)).toContain("group=environment"));
  expect(window.location.search).toContain("g=environment");
  await user.selectOptions(await screen.findByLabelText("Grouped by"), "owner");
  await waitFor(() => expect(asked.some((url) => url.includes("group=owner"))).toBe(true));
});

test("the assets of a group are a list, until one wants all again", async () => {
  const user = userEvent.setup();
  open("/assets?within=owner%3DDatabases%401");
  const rows = async (count: string): Promise<void> =>
    waitFor(async () =>
      expect((await screen.findByRole("table", { name: "Assets" })).getAttribute("aria-rowcount")).toBe(count),
    );
  await rows("21");
  await user.click(screen.getByRole("button", { name: "in owner Databases ✕" }));
  await rows("201");
});
