/** What tests against a running stack share: the API by hand, files that a page writes, hosts of the demo's estate. */

import { readFileSync } from "node:fs";
import type { APIRequestContext, APIResponse, Locator, Page } from "@playwright/test";
import { expect, TOKEN } from "./world";

export const BEARER = { authorization: `Bearer ${TOKEN}` };
/** The database and a network of the demo's estate that speak from the first minute. */
export const DATABASE = "10.10.4.10";
export const DATABASES = "10.10.4.0/24";

interface Amounts {
  nodes: number;
  edges: number;
  dependencies: number;
  octets: number;
}

export interface Answer {
  as_of: string;
  nodes: { id: string[]; label: string[]; kind: string[]; internal: boolean[]; folded: number[] };
  edges: { source: number[]; target: number[]; dependencies: number[]; octets: number[] };
  totals: Amounts;
  hidden: Amounts;
  left_out: Amounts;
}

export async function ask(request: APIRequestContext, path: string, headers = {}): Promise<APIResponse> {
  return request.get(`/api/v1${path}`, { headers: { ...BEARER, ...headers } });
}

/** The JSON of an answer that must be good. */
export async function told<T>(request: APIRequestContext, path: string): Promise<T> {
  const answer = await ask(request, path);
  expect(answer.status(), `${path}: ${await answer.text()}`).toBe(200);
  return (await answer.json()) as T;
}

export function topology(request: APIRequestContext, query: string): Promise<Answer> {
  return told<Answer>(request, `/topology?${query}`);
}

export interface Asset {
  id: number;
  address: string;
  name: string;
  version: number;
  attributes: Record<string, string>;
}

/** An asset, as soon as its first flow was counted. */
export async function assetOf(request: APIRequestContext, address: string): Promise<Asset> {
  const path = `/assets?q=${encodeURIComponent(`address=${address}`)}`;
  const found = async () => (await told<{ items: Asset[] }>(request, path)).items[0]?.id;
  await expect.poll(found, { timeout: 90_000, intervals: [500] }).toBeDefined();
  return told<Asset>(request, `/assets/${await found()}`);
}

/** What the page writes into a file when this is done. */
export async function written(page: Page, act: () => Promise<void>): Promise<{ name: string; content: Buffer }> {
  const [file] = await Promise.all([page.waitForEvent("download"), act()]);
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
}

/** The map's own export, by its name in the menu. */
export async function exported(page: Page, name: string): Promise<Buffer> {
  const button = page.getByRole("button", { name: "Export", exact: true });
  await expect(page.getByRole("menu")).toBeHidden();
  await expect(button).not.toHaveAttribute("data-loading");
  await button.click();
  return (await written(page, () => page.getByRole("menuitem", { name, exact: true }).click())).content;
}

export function row(page: Page, table: string | RegExp, text: string | RegExp): Locator {
  return page.getByRole("table", { name: table }).getByRole("row").filter({ hasText: text });
}

/** A whole minute, so many minutes ago, as it stands in an address. */
export function ago(minutes: number): string {
  const minute = 60_000;
  return new Date(Math.floor(Date.now() / minute) * minute - minutes * minute).toISOString().replace(".000Z", "Z");
}

/** The browser names every answer that is no good one; what a test asked for by design is no complaint. */
export function excuse(complaints: string[], status: RegExp): void {
  complaints.splice(0, complaints.length, ...complaints.filter((one) => !status.test(one)));
}
