import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { open } from "../world";

test("without flows the map says where to point an exporter", async () => {
  open("/map", { empty: true });
  await screen.findByRole("heading", { name: "No flows yet" });
  expect(screen.getByText(/:2055 UDP/)).toBeTruthy();
  expect(screen.getByText(/:4739 UDP/)).toBeTruthy();
  expect(screen.getByText(/:6343 UDP/)).toBeTruthy();
  expect(screen.getByLabelText("softflowd command").textContent).toContain("softflowd");
  expect(screen.getByText("No exporter has sent a datagram so far.")).toBeTruthy();
});

test("the list is the map's twin: the same links, sortable, selectable", async () => {
  const user = userEvent.setup();
  open("/map?tab=list");
  const table = await screen.findByRole("table", { name: /^\d+ links of the map$/ });
  await user.click(within(table).getByRole("button", { name: /^Octets/ }));
  const [, first] = within(table).getAllByRole("row");
  expect(first?.textContent).toContain("10.3.0.0/24");
  await user.click(first as HTMLElement);
  const panel = await screen.findByRole("complementary", { name: "Details" });
  expect(panel.textContent).toContain("10.3.0.0/24 → Internet");
});

test("a link's panel tells its dependencies and the evidence of one", async () => {
  open("/map?tab=list&sel=%2210.1.20.0%2F24%401%3E10.1.30.0%2F24%401%22");
  const counts = await screen.findByRole("list", { name: "Evidence for the direction" });
  expect(counts.textContent).toMatch(/TCP flags[\d,]+ flows/);
  expect(screen.getByRole("list", { name: "Sources that saw it" }).textContent).toContain("core-fra-1");
  expect(screen.getByText("First evidence")).toBeTruthy();
});

test("a network's panel offers to open it, and opening is in the address", async () => {
  const user = userEvent.setup();
  const { asked } = open("/map?tab=list&sel=%2210.1.20.0%2F24%401%22");
  await user.click(await screen.findByRole("button", { name: "Open this network" }));
  await screen.findByRole("button", { name: "Close the open network" });
  expect(asked.some((line) => line.includes("expand=10.1.20.0%2F24%401"))).toBe(true);
  expect(decodeURIComponent(window.location.search)).toContain("10.1.20.0/24@1");
});

test("the status line says how much is drawn, and all can be asked for", async () => {
  const user = userEvent.setup();
  open("/map?tab=list&g=none");
  const all = await screen.findByRole("button", { name: "show all" });
  expect(screen.getByText(/^\d+ of 8\d\d links, \d+ % of octets$/)).toBeTruthy();
  await user.click(all);
  await screen.findByText(/^(\d+) of \1 links, 100 % of octets$/);
});

test("a failing API is named where it fails, with a way to try again", async () => {
  const user = userEvent.setup();
  const { api } = open("/assets/1");
  api.broken.add("/assets/1");
  const alert = await screen.findByRole("alert", {}, { timeout: 4000 });
  expect(alert.textContent).toContain("The database cannot be reached");
  expect(alert.textContent).toContain("mock-0001");
  expect(screen.getByRole("navigation", { name: "Pages" })).toBeTruthy();
  api.broken.clear();
  await user.click(within(alert).getByRole("button", { name: "Retry" }));
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
});

test("another time is asked for by the strip and by the keys, and stands in the address", async () => {
  const user = userEvent.setup();
  const { asked } = open("/map?tab=list");
  await user.selectOptions(await screen.findByRole("combobox", { name: "Time shown" }), "Last hour");
  await waitFor(() => expect(asked.some((line) => line.includes("/topology") && line.includes("from="))).toBe(true));
  expect(window.location.search).toContain("last=1h");
  await user.keyboard("[[");
  await screen.findByLabelText("From");
  expect(window.location.search).toMatch(/from=.*to=/);
  await user.click(screen.getByRole("button", { name: "Back to live" }));
  await waitFor(() => expect(window.location.search).not.toContain("from="));
  expect(screen.queryByRole("button", { name: "Back to live" })).toBeNull();
});

test("one key turns the map into its table and back, and the keys go on where they are", async () => {
  const user = userEvent.setup();
  open("/map");
  const map = await screen.findByRole("application", { name: /Dependency map/ });
  await user.keyboard("t");
  const table = await screen.findByRole("table", { name: /links of the map/ });
  expect(window.location.search).toContain("tab=list");
  const [first, second] = within(table).getAllByRole("row").slice(1);
  await waitFor(() => expect(document.activeElement).toBe(first));
  await user.keyboard("{ArrowDown}");
  expect(document.activeElement).toBe(second);
  await user.keyboard("t");
  await waitFor(() => expect(document.activeElement?.getAttribute("aria-label")).toBe(map.getAttribute("aria-label")));
});

test("compared with the state before, the strip counts what is new and what is gone", async () => {
  const { asked } = open("/map?tab=list&at=2026-11-21T18%3A00%3A00Z&cmp=true");
  const told = await screen.findByRole("status");
  expect(told.textContent).toMatch(/^nodes \+\d+ −0, links \+\d+ −0/);
  expect(asked.filter((line) => line.includes("at=2026-11-21T17%3A45"))).not.toEqual([]);
});

test("an export is written by the server: all links of the view, whatever is drawn", async () => {
  const user = userEvent.setup();
  const saved: [string, Blob][] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push([this.download, blobs.at(-1) ?? new Blob()]);
  });
  const blobs: Blob[] = [];
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    blobs.push(blob as Blob);
    return "blob:test";
  });
  const { asked } = open("/map?tab=list&g=none&space=1");
  await user.click(await screen.findByRole("button", { name: "Export" }));
  await user.click(await screen.findByRole("menuitem", { name: "CSV" }));
  await waitFor(() => expect(saved).toHaveLength(1));
  expect(asked.filter((line) => line.startsWith("GET /exports/map?"))).toEqual([
    "GET /exports/map?form=csv&group=none&space=1",
  ]);
  const [[name, blob] = ["", new Blob()]] = saved;
  expect(name).toMatch(/^flowlens-map-\d{4}-\d\d-\d\dT\d{6}Z\.csv$/);
  expect((await blob.text()).split("\r\n").length).toBeGreaterThan(300);
});
