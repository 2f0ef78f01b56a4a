import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { open } from "../world";

test("without a token one is asked to sign in, and comes back to where one was going", async () => {
  const user = userEvent.setup();
  open("/assets?q=10.3.1.", { signedIn: false });
  await user.click(await screen.findByRole("button", { name: "Use an API token instead" }));
  const field = await screen.findByLabelText("Token");
  await user.type(field, "fl_wrong");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await screen.findByText("The token is missing or not known");
  await user.clear(field);
  await user.type(field, "fl_mock");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  const table = await screen.findByRole("table", { name: "Assets" });
  await waitFor(() => expect(table.getAttribute("aria-rowcount")).toBe("17"));
});

test("no address of another site is returned to", async () => {
  const user = userEvent.setup();
  open("/sign-in?back=%2F%2Fevil.example%2F", { signedIn: false });
  await user.click(await screen.findByRole("button", { name: "Use an API token instead" }));
  await user.type(await screen.findByLabelText("Token"), "fl_mock");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await waitFor(() => expect(window.location.pathname).toBe("/map"));
});

test("signing out forgets the token and asks for it", async () => {
  const user = userEvent.setup();
  open("/sources");
  await user.click(await screen.findByRole("button", { name: "Sign out" }));
  await screen.findByLabelText("Password");
  expect(sessionStorage.length).toBe(0);
});

test("typing narrows the assets", async () => {
  const user = userEvent.setup();
  const { asked } = open("/assets");
  const table = await screen.findByRole("table", { name: "Assets" });
  await user.type(screen.getByRole("combobox", { name: /^Filter/ }), "192.168.50.");
  await waitFor(() => expect(screen.getByRole("table", { name: "Assets" }).getAttribute("aria-rowcount")).toBe("7"));
  expect(asked.at(-1)).toContain("q=192.168.50.");
  expect(table).toBeTruthy();
});

test("an asset shows both directions", async () => {
  open("/assets/20");
  const up = await screen.findByRole("table", { name: "Depends on" });
  await within(up).findAllByText("postgresql");
  const down = await screen.findByRole("table", { name: "Used by" });
  expect(down).toBeTruthy();
});

test("a dependency shows evidence, intervals and who saw it", async () => {
  open("/dependencies/30");
  const evidence = await screen.findByRole("list", { name: "Evidence for the direction" });
  expect(within(evidence).getAllByRole("listitem")).toHaveLength(2);
  expect(screen.getByRole("region", { name: "Valid during" }).querySelectorAll("li")).toHaveLength(2);
  expect(screen.getByRole("region", { name: "Seen by" }).textContent).toContain("192.0.2.1");
});

test("a held source is accepted with one click", async () => {
  const user = userEvent.setup();
  const { api } = open("/sources");
  await user.click(await screen.findByRole("button", { name: "Accept" }));
  await screen.findByText(/198.51.100.77 is accepted/);
  expect(api.sources.items.find((one) => one.exporter === "198.51.100.77")?.state).toBe("accepted");
});

test("losses are told by name", async () => {
  open("/sources?id=1");
  const losses = await screen.findByRole("table", { name: "Losses" });
  expect(losses.textContent).toContain("Sets given up because their template never came3");
});

test("a name is saved against the version that was read", async () => {
  const user = userEvent.setup();
  const { api } = open("/sources?id=1");
  const name = await screen.findByLabelText("Name");
  await user.clear(name);
  await user.type(name, "core-1");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("Saved");
  expect(api.sources.items[0]).toMatchObject({ name: "core-1", version: 2 });
});

test("somebody else's change is not overwritten unseen", async () => {
  const user = userEvent.setup();
  const { api } = open("/sources?id=1");
  const name = await screen.findByLabelText("Name");
  await user.type(name, "-mine");
  Object.assign(api.sources.items[0] ?? {}, { name: "theirs", version: 9 });
  await user.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText(/Somebody changed this source in the meantime/);
  expect(api.sources.items[0]?.name).toBe("theirs");
  await user.click(await screen.findByRole("button", { name: "Take theirs" }));
  expect((screen.getByLabelText("Name") as HTMLInputElement).value).toBe("theirs");
});

test("a source is added, and a bad address is told before it is sent", async () => {
  const user = userEvent.setup();
  const { api, asked } = open("/sources");
  await user.click(await screen.findByRole("button", { name: "Add a source" }));
  const form = await screen.findByRole("dialog");
  const exporter = within(form).getByLabelText(/Exporter's address/);
  await user.type(exporter, "10.0.0");
  await user.click(within(form).getByRole("button", { name: "Add" }));
  await within(form).findByText(/An IPv4 or IPv6 address/);
  expect(asked.some((line) => line.startsWith("POST"))).toBe(false);
  await user.clear(exporter);
  await user.type(exporter, "192.0.2.99");
  await user.click(within(form).getByRole("button", { name: "Add" }));
  await waitFor(() => expect(api.sources.items.at(-1)?.exporter).toBe("192.0.2.99"));
});

test("whoever adds a source learns how an interface becomes one", async () => {
  const user = userEvent.setup();
  open("/sources");
  await user.click(await screen.findByRole("button", { name: "Add a source" }));
  const form = await screen.findByRole("dialog");
  await user.click(within(form).getByText("Or watch an interface of a machine"));
  await user.click(within(form).getByRole("button", { name: "Copy command for one machine" }));
  expect(await navigator.clipboard.readText()).toBe("sudo flowlens up --capture eth0");
  expect(within(form).getByText(/no payload is kept or sent anywhere/)).toBeTruthy();
});

test("a source is deleted only after a second thought", async () => {
  const user = userEvent.setup();
  const { api } = open("/sources?id=4");
  await user.click(await screen.findByRole("button", { name: "Delete…" }));
  expect(api.sources.items).toHaveLength(7);
  await user.click(screen.getByRole("button", { name: "Delete it" }));
  await waitFor(() => expect(api.sources.items).toHaveLength(6));
});

test("what could not be counted is tried again or ignored, by reason", async () => {
  const user = userEvent.setup();
  const { asked } = open("/health");
  const letters = within(await screen.findByRole("list", { name: "Could not be counted" }));
  const [first, second] = letters.getAllByRole("listitem");
  await user.click(within(first!).getByRole("button", { name: "Retry" }));
  await letters.findByText(/is tried again within five minutes/);
  await user.click(within(second!).getByRole("button", { name: "Ignore" }));
  await waitFor(() => expect(letters.queryAllByRole("button")).toHaveLength(1)); // of the files below
  expect(asked.filter((one) => one.startsWith("POST"))).toEqual([
    "POST /dead-letters/retry",
    "POST /dead-letters/ignore",
  ]);
});

test("a file that could not be read is tried again or ignored by itself", async () => {
  const user = userEvent.setup();
  const { asked } = open("/health");
  await user.click(await screen.findByText("Which files"));
  const files = within(await screen.findByRole("list", { name: "Files with file_bomb" }));
  await user.click(await files.findByRole("button", { name: /^Retry .*a\.log\.gz/ }));
  await waitFor(() => expect(files.queryByText(/a\.log\.gz/)).toBeNull());
  await user.click(files.getByRole("button", { name: /^Ignore .*b\.log\.gz/ }));
  await waitFor(() => expect(asked.filter((one) => one.startsWith("POST"))).toHaveLength(2));
  expect(asked.filter((one) => one.startsWith("POST"))).toEqual([
    "POST /dead-letters/1/retry",
    "POST /dead-letters/2/ignore",
  ]);
});

test("the palette finds an asset and goes there", async () => {
  const user = userEvent.setup();
  open("/health");
  await screen.findByRole("heading", { name: "System health" });
  await user.keyboard("/");
  await user.type(await screen.findByPlaceholderText("An address, a network, a port or a service"), "10.9.0.12");
  await user.click(await screen.findByText("10.9.0.12"));
  await waitFor(() => expect(window.location.pathname).toMatch(/^\/assets\/\d+$/));
});

test("a question mark shows the keyboard", async () => {
  const user = userEvent.setup();
  open("/health");
  await screen.findByRole("heading", { name: "System health" });
  await user.keyboard("?");
  expect((await screen.findByRole("dialog", { name: "Keyboard" })).textContent).toContain("Nearest neighbour");
});

test("a page that does not exist says so", async () => {
  open("/nowhere");
  await screen.findByText("There is no such page");
});

test("the health page names collectors whose kernel drops datagrams, and why", async () => {
  open("/health");
  await screen.findByText("412 datagrams dropped by its kernel");
  expect(screen.getByText(/Its kernel grants 213 kB of buffer, not 67.1 MB/)).toBeTruthy();
  expect(screen.getAllByText("reporting")).toHaveLength(2);
});
