import { fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { certificatesIn } from "@/features/members/providerValues";
import { open } from "../world";

test("members show what they hold now, and where it came from", async () => {
  const user = userEvent.setup();
  open("/members");
  const table = await screen.findByRole("table", { name: "Members" });
  await within(table).findByText("Administrator, Credential custodian");
  expect(within(table).getByText("none")).toBeTruthy(); // a grant that ended
  await user.click(within(table).getByText("Operator (limited)"));
  const drawer = await screen.findByRole("dialog");
  expect(drawer.textContent).toContain("within 10.1.0.0/16, site Berlin");
  expect(within(drawer).getByRole("button", { name: "Revoke Operator" })).toBeTruthy();
});

test("a role of the house is shown and stays; one of our own can be changed", async () => {
  const user = userEvent.setup();
  open("/roles");
  const table = await screen.findByRole("table", { name: "Roles" });
  await user.click(await within(table).findByText("Operator"));
  const house = await screen.findByRole("dialog");
  expect(house.textContent).toContain("assetsread, writesourceswrite");
  expect(within(house).queryByRole("checkbox")).toBeNull();
  expect(within(house).queryByRole("button", { name: "Save" })).toBeNull();
  await user.keyboard("{Escape}");
  await user.click(within(table).getByText("Network planner"));
  expect(await screen.findByRole("button", { name: "Save" })).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Delete…" })); // the first press asks
  expect(await screen.findByRole("button", { name: "Delete the role" })).toBeTruthy();
  await user.tab();
  expect(await screen.findByRole("button", { name: "Delete…" })).toBeTruthy();
});

test("the trail is narrowed to denied attempts, and an event tells all it holds", async () => {
  const user = userEvent.setup();
  open("/audit");
  const table = await screen.findByRole("table", { name: "Audit trail" });
  await within(table).findAllByText("grant.give");
  await user.selectOptions(screen.getByLabelText("Kind of event"), "Denied attempts");
  await within(table).findAllByText("denied");
  await vi.waitFor(() => expect(within(table).queryByText("grant.give")).toBeNull());
  await user.click(within(table).getAllByText("denied")[0] as HTMLElement);
  expect((await screen.findByRole("dialog")).textContent).toContain("incident 4711");
  await user.keyboard("{Escape}");
  await user.click(screen.getByRole("button", { name: "Show all" }));
  await within(table).findAllByText("grant.give");
});

test("the trail is narrowed to a stretch of time, and says when nothing is in it", async () => {
  open("/audit");
  const table = await screen.findByRole("table", { name: "Audit trail" });
  await within(table).findAllByText("grant.give");
  fireEvent.change(screen.getByLabelText("From"), { target: { value: "2031-01-01T00:00" } });
  await screen.findByText("No such event");
  fireEvent.change(screen.getByLabelText("From"), { target: { value: "" } });
  await within(table).findAllByText("grant.give");
});

test("what an event is about has its name of now, and of then where it is gone or is another", async () => {
  const user = userEvent.setup();
  open("/audit");
  const table = await screen.findByRole("table", { name: "Audit trail" });
  await user.click((await within(table).findAllByText("edge-router"))[0] as HTMLElement);
  const renamed = await screen.findByRole("dialog");
  expect(renamed.textContent).toContain("Called nowedge-routerCalled thenrack 4");
  expect(renamed.textContent).toContain("source 7");
  await user.keyboard("{Escape}");
  await user.click(within(table).getAllByText("eve@example.com")[0] as HTMLElement);
  await vi.waitFor(() => expect(screen.getByRole("dialog").textContent).toContain("eve@example.com (it is gone)"));
});

test("the trail says how far it is signed", async () => {
  open("/audit");
  expect((await screen.findByText(/Last signed head: event 56/)).textContent).toContain("4 came after it");
  expect(screen.getByRole("button", { name: "Public key" })).toBeTruthy();
  expect(screen.getByRole("button", { name: "Signed heads" })).toHaveProperty("disabled", false);
});

test("a signature that is overdue is a warning", async () => {
  open("/audit").api.overdue = true;
  expect((await screen.findByRole("alert")).textContent).toContain("4 events wait to be signed");
});

test("a provider says what to enter there, and keeps its issuer", async () => {
  const user = userEvent.setup();
  open("/identity-providers");
  const table = await screen.findByRole("table", { name: "Identity providers" });
  await user.click(await within(table).findByText("Company sign-in"));
  const drawer = await screen.findByRole("dialog");
  expect(drawer.textContent).toContain("/signed-in");
  expect(within(drawer).getByLabelText(/Issuer/)).toHaveProperty("readOnly", true);
  expect(within(drawer).getByText("It has one. Leave this empty to keep it.")).toBeTruthy();
  expect(within(drawer).getByRole("button", { name: "Test the connection" })).toBeTruthy();
});

test("a SAML provider is filled from its metadata, and what is pinned is shown before it is saved", async () => {
  const user = userEvent.setup();
  open("/identity-providers");
  await user.click(await screen.findByRole("button", { name: "Add a provider" }));
  const drawer = await screen.findByRole("dialog");
  await user.selectOptions(within(drawer).getByLabelText("It speaks"), "SAML 2.0");
  expect(drawer.textContent).toContain("/api/v1/session/saml");
  await user.type(within(drawer).getByLabelText("Or its metadata themselves"), "<EntityDescriptor/>");
  await user.click(within(drawer).getByRole("button", { name: "Read the metadata" }));
  await within(drawer).findByText(/Compare the fingerprint/);
  expect(within(drawer).getByLabelText(/Entity ID of the provider/)).toHaveProperty("value", "https://id.example/saml");
  expect(within(drawer).getByLabelText(/Sign-on address/)).toHaveProperty("value", "https://id.example/sso");
  const pins = within(drawer).getByRole("list", { name: "Fingerprints of the certificates" });
  expect(pins.textContent).toContain("5f".repeat(32));
});

test("certificates are told apart, however they were pasted", () => {
  const one = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----";
  expect(certificatesIn(`${one}\n${one}\n`)).toEqual([one, one]);
  expect(certificatesIn(" MIIC ")).toEqual(["MIIC"]);
  expect(certificatesIn("")).toEqual([]);
});

test("whoever looks into a tenant says why", async () => {
  const user = userEvent.setup();
  open("/tenants");
  const [first] = await screen.findAllByRole("button", { name: /Break the glass/ });
  await user.click(first as HTMLElement);
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByLabelText(/Why/), "short");
  await user.click(within(dialog).getByRole("button", { name: "Break the glass" }));
  await within(dialog).findByText(/At least 10 characters/);
  await user.type(within(dialog).getByLabelText(/Why/), " of nothing: incident 4711");
  await user.click(within(dialog).getByRole("button", { name: "Break the glass" }));
  await within(dialog).findByText(/viewer of Default for an hour/);
  await user.click(within(dialog).getByRole("button", { name: "Turn to Default" }));
  await screen.findByRole("heading", { name: "Map" });
});
