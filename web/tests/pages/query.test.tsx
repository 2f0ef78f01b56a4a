import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { open } from "../world";

const SLOW = { timeout: 15_000 };

test("a query is completed by keys, asked when it can be read, and stands in the address", async () => {
  const user = userEvent.setup();
  const { asked } = open("/map?tab=list");
  const box = await screen.findByRole("combobox", { name: /^Filter/ }, SLOW);
  await user.type(box, "envi");
  await screen.findByRole("option", { name: /environment/ });
  await user.keyboard("{ArrowDown}{Enter}");
  expect((box as HTMLInputElement).value).toBe("environment");
  await user.type(box, "=prod");
  await screen.findByRole("option", { name: /production/ });
  await user.keyboard("{ArrowDown}{Enter}{Escape}");
  await waitFor(() => expect(window.location.search).toContain("q=environment"));
  await waitFor(() => expect(asked.some((line) => /\/topology\?.*q=environment%3Dproduction/.test(line))).toBe(true));
  await screen.findByText(/the filter hides [\d,]+ dependencies/);
});

test("a fault is named and marked where it is, and nothing is asked with it", async () => {
  const user = userEvent.setup();
  const { asked } = open("/dependencies");
  const box = await screen.findByRole("combobox", { name: /^Filter/ }, SLOW);
  await user.type(box, "colour=red");
  const fault = await screen.findByText(/there is no field 'colour'/, {}, SLOW);
  expect(fault.querySelector("mark")?.textContent).toBe("colour");
  expect(box.getAttribute("aria-invalid")).toBe("true");
  expect(asked.filter((line) => line.includes("/dependencies?") && line.includes("colour"))).toEqual([]);
});

test("a step back in the history takes the box along", async () => {
  open("/map?tab=list");
  const box = (await screen.findByRole("combobox", { name: /^Filter/ }, SLOW)) as HTMLInputElement;
  await userEvent.setup().type(box, "10.9.0");
  await waitFor(() => expect(window.location.search).toContain("10.9.0"));
  window.history.back();
  await waitFor(() => expect(box.value).toBe(""));
});
