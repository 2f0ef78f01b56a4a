/** What every browser test does: sign in by the fragment, watch for policy violations and errors, ask axe. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test as base, expect, type Page } from "@playwright/test";

export const TOKEN = process.env["FLOWLENS_TOKEN"] ?? "fl_mock";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const test = base.extend<{ complaints: string[] }>({
  /** What the browser complained about: policy violations, uncaught errors. A test ends with none. */
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      await page.exposeFunction("complain", (text: string) => complaints.push(text));
      await page.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) => {
          const { complain } = window as unknown as { complain: (text: string) => void };
          complain(`CSP ${event.violatedDirective} ${event.blockedURI}`);
        });
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        if (message.type() === "error" && !message.text().includes("401")) complaints.push(message.text());
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

export async function open(page: Page, path: string, token = TOKEN): Promise<void> {
  await page.goto(`${path}#token=${token}`);
  await expect(page).not.toHaveURL(/token=/);
}

interface Violation {
  id: string;
  impact: string | null;
  nodes: { html: string; failureSummary: string }[];
}

/** Whatever axe finds, as lines. */
export async function faults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (root: Document) => Promise<{ violations: Violation[] }> } };
    return (await axe.run(document)).violations;
  });
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 200)}`),
  );
}

/** The map has been painted with at least one node. */
export async function painted(page: Page): Promise<void> {
  await expect(page.locator("canvas[data-painted]")).toHaveAttribute("data-painted", /^[1-9]/);
}

/**
 * The map is at rest, and where it looks: what comes late (the histogram, the counts) makes the toolbar taller, the map another
 * size, and the view another one.
 */
export async function settled(page: Page): Promise<string> {
  await painted(page);
  await page.waitForLoadState("networkidle");
  const view = (): Promise<string> => page.locator("canvas").evaluate((canvas) => canvas.dataset["view"] ?? "");
  await expect
    .poll(async () => {
      const before = await view();
      await page.waitForTimeout(300);
      return before !== "" && before === (await view());
    })
    .toBe(true);
  return view();
}

/** Where a block of the map stands on the screen: from the remembered layout and the current view. */
export async function whereIs(page: Page, block: string): Promise<{ x: number; y: number }> {
  return page.evaluate((key) => {
    const canvas = document.querySelector("canvas") as HTMLCanvasElement;
    const memory = JSON.parse(localStorage.getItem("flowlens-layout-2:network") ?? "{}") as {
      blocks: Record<string, { x: number; y: number }>;
    };
    const [x = 0, y = 0, k = 1] = (canvas.dataset["view"] ?? "").split(" ").map(Number);
    const spot = memory.blocks[key] ?? { x: 0, y: 0 };
    const box = canvas.getBoundingClientRect();
    return { x: box.left + spot.x * k + x, y: box.top + spot.y * k + y };
  }, block);
}
