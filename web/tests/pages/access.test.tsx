import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { open } from "../world";

test("whoever was invited waits for acceptance, and is given a link for it", async () => {
  const user = userEvent.setup();
  open("/members");
  const table = await screen.findByRole("table", { name: "Members" });
  await user.click(await within(table).findByText("waits for acceptance"));
  const drawer = await screen.findByRole("dialog");
  expect(within(drawer).getByRole("heading", { name: "Invitation" })).toBeTruthy();
  expect(within(drawer).queryByText(/Take the second factor away/)).toBeNull();
  await user.click(within(drawer).getByRole("button", { name: "Make a link" }));
  expect((await within(drawer).findByRole("status")).textContent).toContain("/welcome#link=sss");
});

test("a link for somebody new asks for a password of their own", async () => {
  open(`/welcome#link=${"s".repeat(43)}`, { signedIn: false });
  expect(await screen.findByRole("button", { name: "Set the password" })).toBeTruthy();
});

test("a link for somebody whom others know asks them to sign in and accept, for no other password", async () => {
  const user = userEvent.setup();
  const world = open(`/welcome#link=${"s".repeat(43)}`, { invited: true, signedIn: false });
  expect(await screen.findByText(/who has an account here/)).toBeTruthy();
  expect(screen.queryByText("Set the password")).toBeNull();
  expect(screen.getByRole("button", { name: "Sign in" })).toHaveProperty("disabled", true);
  await user.type(screen.getByLabelText("Your password"), "mine");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(world.asked).toContain("POST /session");
});

test("whoever is signed in accepts an invitation; somebody else is told whom it is for", async () => {
  const user = userEvent.setup();
  const world = open(`/welcome#link=${"s".repeat(43)}`, { invited: true, factor: "none" });
  world.api.access.invitation.email = "ada@example.com";
  await user.click(await screen.findByRole("button", { name: "Accept, and open Warehouse" }));
  await screen.findByRole("navigation", { name: "Pages" });
  expect(world.asked).toContain("POST /links/accept");
});

test("an invitation for somebody else is not accepted in their place", async () => {
  open(`/welcome#link=${"s".repeat(43)}`, { invited: true, factor: "none" });
  expect((await screen.findByRole("alert")).textContent).toContain("the link is for grace@example.com");
  expect(screen.queryByRole("button", { name: /Accept/ })).toBeNull();
});

test("what is dangerous asks once more who one is, and goes on by itself", async () => {
  const user = userEvent.setup();
  const world = open("/members", { factor: "shown" });
  world.api.access.stale = true;
  const table = await screen.findByRole("table", { name: "Members" });
  await user.click(await within(table).findByText("Operator (limited)"));
  await user.click(await screen.findByRole("button", { name: "Shut out" }));
  const dialog = await screen.findByRole("dialog", { name: "Show once more who you are" });
  expect(within(dialog).getByRole("button", { name: "Go on" })).toHaveProperty("disabled", true);
  await user.type(within(dialog).getByLabelText("Your password"), "a sentence of mine");
  await user.type(within(dialog).getByLabelText("Code"), "492039");
  await user.click(within(dialog).getByRole("button", { name: "Go on" }));
  await vi.waitFor(() => expect(world.asked.filter((one) => one.startsWith("PUT /members/"))).toHaveLength(2));
  await vi.waitFor(() => expect(screen.queryByRole("dialog", { name: "Show once more who you are" })).toBeNull());
  expect(screen.queryByRole("alert")).toBeNull();
});

test("whoever thinks better of it is told why nothing happened", async () => {
  const user = userEvent.setup();
  const world = open("/members", { factor: "none" });
  world.api.access.stale = true;
  const table = await screen.findByRole("table", { name: "Members" });
  await user.click(await within(table).findByText("Operator (limited)"));
  await user.click(await screen.findByRole("button", { name: "Shut out" }));
  const dialog = await screen.findByRole("dialog", { name: "Show once more who you are" });
  await user.click(within(dialog).getByRole("button", { name: "Close" }));
  expect((await screen.findByRole("alert")).textContent).toContain("fresh sign-in");
  expect(world.asked.filter((one) => one.startsWith("PUT /members/"))).toHaveLength(1);
});

test("half a session sees nothing but the question for a code", async () => {
  const user = userEvent.setup();
  open("/assets", { factor: "wanted" });
  expect(await screen.findByRole("heading", { name: "Your second factor" })).toBeTruthy();
  expect(screen.queryByRole("table")).toBeNull();
  await user.type(screen.getByLabelText("Code"), "000000");
  await user.click(screen.getByRole("button", { name: "Go on" }));
  await screen.findByText(/the code is wrong/);
  await user.type(screen.getByLabelText("Code"), "492039");
  await user.click(screen.getByRole("button", { name: "Go on" }));
  expect(await screen.findByRole("table", { name: "Assets" })).toBeTruthy();
});

test("where a factor is wanted of everybody, who has none sets one up and keeps the recovery codes", async () => {
  const user = userEvent.setup();
  open("/assets", { factor: "missing" });
  expect(await screen.findByText(/This tenant wants a second factor of everybody/)).toBeTruthy();
  await user.click(await screen.findByRole("button", { name: /Set up/ }));
  await user.type(await screen.findByLabelText(/six digits/), "492039");
  await user.click(screen.getByRole("button", { name: "Turn it on" }));
  expect(await screen.findByText(/0kq2mz/)).toBeTruthy();
});

test("an administrator wants a second factor of everybody, and takes one away that was lost", async () => {
  const user = userEvent.setup();
  const world = open("/members", { factor: "shown" });
  await user.click(await screen.findByRole("button", { name: "Second factor: optional" }));
  await user.click(await screen.findByRole("button", { name: "Require it of everybody" }));
  await vi.waitFor(() => expect(world.asked).toContain("PUT /factor-rule"));
  const table = await screen.findByRole("table", { name: "Members" });
  await user.click(await within(table).findByText("Operator (limited)"));
  await user.click(await screen.findByRole("button", { name: "Take the second factor away" }));
  expect((await screen.findByRole("status")).textContent).toContain("It is taken away");
});

test("whoever comes from a provider is offered no password to change", async () => {
  open("/account", { factor: "none", atProvider: true });
  expect(await screen.findByText(/change your password there/)).toBeTruthy();
  expect(screen.queryByLabelText("Password of now")).toBeNull();
});

test("whoever signed in with a password may change it", async () => {
  open("/account", { factor: "none" });
  expect(await screen.findByLabelText("Password of now")).toBeTruthy();
});
