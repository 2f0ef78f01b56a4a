import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { between } from "../../src/features/topology/useAbsence";
import { open } from "../world";

const SLOW = { timeout: 15_000 };

test("a map is kept by name, opened again by its number, and says what it names that is gone", async () => {
  const user = userEvent.setup();
  const { asked } = open("/map?tab=list&q=not%20internal");
  // The menu comes after the map; until then its place holds a button that cannot be pressed.
  await waitFor(
    () => expect(screen.getByRole<HTMLButtonElement>("button", { name: "Views" }).disabled).toBe(false),
    SLOW,
  );
  await user.click(screen.getByRole("button", { name: "Views" }));
  await user.click(await screen.findByRole("menuitem", { name: "Save as a new view …" }, SLOW));
  const dialog = await screen.findByRole("dialog", { name: "Save this view" }, SLOW);
  await user.type(within(dialog).getByLabelText(/Name/), "Outside");
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(window.location.search).toContain("view=3"), SLOW);
  expect(asked.filter((line) => line === "POST /views")).toHaveLength(1);
  expect((await screen.findByText("Outside")).tagName).toBe("STRONG");
});

test("a view by its number leads to its map, with a word about what is gone", async () => {
  open("/views/2");
  await waitFor(() => expect(window.location.pathname).toBe("/map"), SLOW);
  expect(decodeURIComponent(window.location.search)).toContain("q=site=Atlantis");
  await screen.findByText(/names what is gone: site=Atlantis \(nothing has this site\)/, {}, SLOW);
  await screen.findByText("No dependency matches the filter");
});

test("a view is shared from the list, against the version that was read, and comes and goes as a file", async () => {
  const user = userEvent.setup();
  const { asked } = open("/views");
  await user.click(await screen.findByRole("button", { name: "Change Environments of the old site" }, SLOW));
  const dialog = await screen.findByRole("dialog", {}, SLOW);
  await user.click(within(dialog).getByLabelText("Everyone"));
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(asked).toContain("PATCH /views/2"), SLOW);
  const table = screen.getByRole("table", { name: "Views" });
  await waitFor(() => expect(within(table).getAllByText("Everyone")).toHaveLength(2), SLOW);

  const blobs: Blob[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    blobs.push(blob as Blob);
    return "blob:test";
  });
  await user.click(screen.getByRole("button", { name: "Export What the data centre tells the world" }));
  await waitFor(() => expect(blobs).toHaveLength(1), SLOW);
  const text = (await blobs[0]?.text()) ?? "";
  expect(JSON.parse(text)).toMatchObject({ name: "What the data centre tells the world", map: { q: "not internal" } });
  const input = document.querySelector("input[type=file]") as HTMLInputElement;
  await user.upload(input, new File([text], "view.json", { type: "application/json" }));
  await waitFor(() => expect(asked).toContain("POST /views"), SLOW);
});

test("the home page shows widgets that people arrange, and keeps them", async () => {
  const user = userEvent.setup();
  const { asked } = open("/");
  await user.click(await screen.findByRole("button", { name: "Arrange" }, SLOW));
  await user.click(screen.getByRole("button", { name: "Flow sources: earlier" }));
  await user.click(screen.getByRole("button", { name: "New dependencies: remove" }));
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(asked).toContain("POST /views"), SLOW);
  await screen.findByRole("button", { name: "Arrange" });
  const titles = screen.getAllByRole("heading", { level: 2 }).map(({ textContent }) => textContent);
  expect(titles).toContain("Flow sources");
  await waitFor(() => expect(screen.queryByRole("heading", { name: "New dependencies" })).toBeNull(), SLOW);
});

test("a comparison is also a list", async () => {
  const user = userEvent.setup();
  open("/map?tab=list&at=2026-11-21T18%3A00%3A00Z&cmp=true");
  await user.click(await screen.findByRole("button", { name: "As a list" }, SLOW));
  const panel = await screen.findByRole("complementary", { name: "Comparison" }, SLOW);
  await within(panel).findByText(/Added/);
});

test("what changed in an absence is counted", () => {
  const graph = (links: [string, number][]) => ({
    nodes: [],
    links: links.map(([id, octets]) => ({
      id,
      octets,
      source: 0,
      target: 0,
      flows: 0,
      dependencies: 1,
      rung: "flags" as const,
    })),
  });
  const before = graph([
    ["a", 1],
    ["b", 1],
    ["c", 1],
  ]);
  const after = graph([
    ["a", 2],
    ["b", 1],
    ["d", 5],
  ]);
  expect(between(before, after, 180_000)).toEqual({ minutes: 3, added: 1, gone: 1, grown: 1 });
});

test("a live map on a quiet network is no map without answers, whatever the server's clock says", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true, now: Date.now() + 600_000 });
  try {
    open("/map?tab=list");
    await screen.findByText("live");
    await act(() => vi.advanceTimersByTimeAsync(61_000));
    expect(screen.queryByText(/no answer for|caught up with/)).toBeNull();
  } finally {
    vi.useRealTimers();
  }
});
