import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
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
