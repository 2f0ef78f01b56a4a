import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { open } from "../world";

test("attempts say who was refused, and whether others of the kind came through", async () => {
  open("/attempts");
  const table = await screen.findByRole("table", { name: "Attempts" });
  await within(table).findByText("10.3.0.10");
  expect(table.getAttribute("aria-rowcount")).toBe("13");
  expect(within(table).getAllByText("yes")).toHaveLength(3);
  expect(within(table).getAllByText("others (scan)")).toHaveLength(1);
});

test("a feed says what was read, three lines that were not, and what was not covered", async () => {
  const user = userEvent.setup();
  open("/feeds");
  const table = await screen.findByRole("table", { name: "Feeds" });
  await user.click(await within(table).findByText("prod VPCs"));
  const notRead = await screen.findByRole("region", { name: "Lines that could not be read" });
  expect(notRead.textContent).toContain("8 × number2 123456789012 eni-0a");
  const coverage = await screen.findByRole("region", { name: "Coverage" });
  await within(coverage).findByText(/no traffic for 12 min, 3 intervals not captured/);
});

test("the list tells kinds apart in brief, and says at once which place could not be visited", async () => {
  const user = userEvent.setup();
  open("/feeds");
  const table = await screen.findByRole("table", { name: "Feeds" });
  const row = (await within(table).findByText("payments account")).closest('[role="row"]');
  expect(row?.textContent).toContain("AWS, bucket by role");
  expect(row?.textContent).toContain("role denied");
  expect((await within(table).findByText("prod VPCs")).closest('[role="row"]')?.textContent).toContain("active");
  await user.click(within(table).getByText("shop, seconds old"));
  const dialog = await screen.findByRole("dialog", { name: "shop, seconds old" });
  expect(dialog.textContent).toContain("Service accountflowlens-push@shop.iam.gserviceaccount.com");
  expect(dialog.textContent, "what is so by default is not worth a line").not.toContain("accounts.google.com");
});

test("interfaces that stand in logs are sources of their own, by their names, apart from what sends", async () => {
  const user = userEvent.setup();
  open("/sources");
  const sends = await screen.findByRole("table", { name: "Flow sources" });
  await within(sends).findByText("core-fra-1");
  expect(within(sends).queryByText(/^eni-/)).toBeNull();
  await user.click(screen.getByText("In flow logs"));
  await screen.findByText("eni-0a1b2c3d4e5f6a7b8 in 123456789012");
  expect(screen.queryByText("core-fra-1")).toBeNull();
  expect(screen.queryByText("Datagrams")).toBeNull();
});

test("a feed's form is what its kind asks for", async () => {
  const user = userEvent.setup();
  open("/feeds");
  await user.click(await screen.findByRole("button", { name: "Add a feed" }));
  expect(await screen.findByLabelText(/^Bucket/)).toBeTruthy();
  expect(screen.getByLabelText("Log format")).toBeTruthy();
});

test("a feed that is visited says how the last visit went, and its kind's defaults stand in the form", async () => {
  const user = userEvent.setup();
  open("/feeds");
  const table = await screen.findByRole("table", { name: "Feeds" });
  await user.click(await within(table).findByText("Google, shop project"));
  const visits = await screen.findByRole("region", { name: "Visits" });
  expect(visits.textContent).toContain("Left for the next visit2 logs");
  expect(within(visits).getByRole("alert").textContent).toContain("quota");
  expect(screen.getByRole("button", { name: "Test" })).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Edit" }));
  expect((await screen.findByLabelText<HTMLInputElement>(/^Prefix/)).placeholder).toBe(
    "compute.googleapis.com/vpc_flows/",
  );
  expect(screen.getByLabelText<HTMLInputElement>("Secret").placeholder).toBe("as it was entered");
});

test("a feed that a role reads shows what the role must say, ready to copy", async () => {
  const user = userEvent.setup();
  open("/feeds");
  const table = await screen.findByRole("table", { name: "Feeds" });
  await user.click(await within(table).findByText("payments account"));
  const role = await screen.findByRole("region", { name: "Role in the other account" });
  await within(role).findByText("5d8f0c1e-3f0b-4a3c-9d55-0f0c7b1f6a2e");
  await user.click(within(role).getByText("Trust policy"));
  expect(within(role).getByLabelText("Trust policy").textContent).toContain(
    '"sts:ExternalId": "5d8f0c1e-3f0b-4a3c-9d55-0f0c7b1f6a2e"',
  );
  await user.click(within(role).getByRole("button", { name: "Copy CloudFormation template", hidden: true }));
  expect(JSON.parse(await navigator.clipboard.readText()).Resources.Role.Type).toBe("AWS::IAM::Role");
  expect(screen.getByRole("region", { name: "Visits" }).textContent).toContain("none: a role is taken on");
});

test("a log group of another account shows its role, and a test of it the latest events", async () => {
  const user = userEvent.setup();
  open("/feeds");
  const table = await screen.findByRole("table", { name: "Feeds" });
  await user.click(await within(table).findByText("payments, log group"));
  await screen.findByRole("region", { name: "Role in the other account" });
  expect(screen.getByRole("region", { name: "Test" }).textContent).toContain("Reads the latest events");
});

test("a feed that Google pushes to shows the address, the audience, ready commands and what was refused", async () => {
  const user = userEvent.setup();
  open("/feeds");
  const table = await screen.findByRole("table", { name: "Feeds" });
  await user.click(await within(table).findByText("shop, seconds old"));
  const push = await screen.findByRole("region", { name: "Push from Google Cloud" });
  const gate = "3f0b4a3c-0c1e-4d8f-9d55-0f0c7b1f6a2e";
  await within(push).findByText(`${window.location.origin}/api/v1/pushes/${gate}/pubsub`);
  within(push).getByText(/A cloud cannot reach this address/);
  await user.click(within(push).getByRole("button", { name: "Copy audience" }));
  expect(await navigator.clipboard.readText()).toBe(`urn:flowlens:push:${gate}`);
  const commands = within(push).getByLabelText("commands").textContent ?? "";
  expect(commands).toContain("subscriptions create flowlens --topic");
  expect(commands).toContain("topics/flowlens-flows");
  expect(commands).toContain("gcloud config set project shop");
  expect(commands).toContain(`--push-auth-token-audience=urn:flowlens:push:${gate}`);
  expect(within(push).getByRole("list", { name: "Refused in the last day" }).textContent).toContain(
    "3 × push_audience",
  );
  expect(screen.queryByRole("button", { name: "Test" })).toBeNull();
  expect(screen.queryByRole("region", { name: "Visits" })).toBeNull();

  await user.click(within(push).getByRole("button", { name: "New address…" }));
  await user.click(within(push).getByRole("button", { name: "Keep it" }));
  await user.click(within(push).getByRole("button", { name: "New address…" }));
  await user.click(within(push).getByRole("button", { name: "Make a new address" }));
  await within(push).findByText(/8a1d2c44-5d0e-4f5b-8a43-6f2f5a2b9c10\/pubsub$/);
  expect(within(push).queryByText(new RegExp(gate))).toBeNull();
});

test("a feed of Azure is woken by Event Grid: an address, a secret that is shown once, another, and none", async () => {
  const user = userEvent.setup();
  open("/feeds");
  const table = await screen.findByRole("table", { name: "Feeds" });
  await user.click(await within(table).findByText("Azure, virtual networks"));
  const word = await screen.findByRole("region", { name: "Word from Event Grid" });
  await user.click(await within(word).findByRole("button", { name: "Make an address" }));
  await within(word).findByText(/\/eventgrid$/);
  const first = (await within(word).findByText(/^fls_/)).textContent ?? "";
  await within(word).findByText("Take the secret now: it is not shown again.");
  const command = within(word).getByLabelText("command").textContent ?? "";
  expect(command).toContain("az storage account show --name shopflows ");
  expect(command).toContain("/containers/insights-logs-flowlogflowevent/blobs/");
  expect(command).toContain(`/eventgrid?secret=${first}'`);
  expect(within(word).queryByText(/The secret before/)).toBeNull();

  await user.click(within(word).getByRole("button", { name: "New secret" }));
  await within(word).findByText(/The secret before is good until/);
  expect(within(word).queryByText(first)).toBeNull();

  await user.click(screen.getByRole("button", { name: "Close" }));
  await user.click(within(table).getByText("Azure, virtual networks"));
  const again = await screen.findByRole("region", { name: "Word from Event Grid" });
  await within(again).findByText("was told when it was made");
  expect(within(again).queryByText(/^fls_/)).toBeNull();
  expect(within(again).getByLabelText("command").textContent).toContain("?secret=SECRET'");

  await user.click(within(again).getByRole("button", { name: "Shut" }));
  await within(again).findByRole("button", { name: "Make an address" });
  expect(within(again).queryByText(/\/eventgrid$/)).toBeNull();
});

test("an asset and a dependency say what logs say besides flows", async () => {
  open("/assets/1");
  const said = await screen.findByRole("region", { name: "Logs and captures say" });
  expect(said.textContent).toContain("Instancei-0123456789abcdef0");
  expect(said.textContent?.indexOf("DNS name")).toBeLessThan(said.textContent?.indexOf("Instance") ?? 0);
});

test("a feed's test shows what is understood of one object", async () => {
  const user = userEvent.setup();
  open("/feeds");
  const table = await screen.findByRole("table", { name: "Feeds" });
  await user.click(await within(table).findByText("prod VPCs"));
  await user.click(await screen.findByRole("button", { name: "Test" }));
  const understood = await screen.findByRole("status");
  expect(understood.textContent).toContain("1,190 of 12 interfaces");
  expect(understood.textContent).toContain("Would tell moretcp-flags, pkt-srcaddr");
  expect(understood.textContent).toContain("3 × number");
});

test("a feed is edited in the form of its kind, with what was said before", async () => {
  const user = userEvent.setup();
  open("/feeds");
  const table = await screen.findByRole("table", { name: "Feeds" });
  await user.click(await within(table).findByText("prod VPCs"));
  await user.click(await screen.findByRole("button", { name: "Edit" }));
  const bucket = await screen.findByLabelText<HTMLInputElement>(/^Bucket/);
  expect(bucket.value).toBe("flow-logs");
  expect(screen.getByLabelText<HTMLSelectElement>("Kind").disabled).toBe(true);
  await user.type(screen.getByLabelText("Log format"), "${{srcaddr}");
  expect(screen.getByLabelText<HTMLInputElement>("Log format").value).toBe("${srcaddr}");
  expect(screen.getByRole("button", { name: "Save" })).toBeTruthy();
});
