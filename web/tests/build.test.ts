// @vitest-environment node
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

interface Chunk {
  file: string;
  src?: string;
  imports?: string[];
  css?: string[];
  isEntry?: boolean;
}

const out = mkdtempSync(join(tmpdir(), "flowlens-web-"));
let chunks: Record<string, Chunk>;

beforeAll(async () => {
  vi.stubEnv("NODE_ENV", "production");
  await build({ root: join(import.meta.dirname, ".."), logLevel: "error", build: { outDir: out, emptyOutDir: true } });
  chunks = JSON.parse(readFileSync(join(out, ".vite/manifest.json"), "utf8")) as Record<string, Chunk>;
}, 120_000);
afterAll(() => rmSync(out, { recursive: true }));

/** What a browser fetches for these chunks: themselves and all that they import at once. */
function fetched(keys: string[], found = new Set<string>()): Set<string> {
  for (const key of keys) {
    const chunk = chunks[key];
    if (!chunk || found.has(chunk.file)) continue;
    found.add(chunk.file);
    for (const css of chunk.css ?? []) found.add(css);
    fetched(chunk.imports ?? [], found);
  }
  return found;
}

function kilobytes(files: Iterable<string>, ending: string): number {
  return [...files]
    .filter((file) => file.endsWith(ending))
    .reduce((sum, file) => sum + gzipSync(readFileSync(join(out, file))).length / 1000, 0);
}

const START = ["index.html", "src/features/home/HomePage.tsx"];
const MAP = [...START, "src/features/topology/MapPage.tsx"];

test("the entry and the first page are at most 220 kB of script and 45 kB of style, compressed; the map 60 kB more", () => {
  const start = kilobytes(fetched(START), ".js");
  const more = kilobytes(fetched(MAP), ".js") - start;
  const styles = kilobytes(fetched(Object.keys(chunks)), ".css");
  console.info(
    `start ${start.toFixed(1)} kB, map +${more.toFixed(1)} kB, all styles ${styles.toFixed(1)} kB, compressed`,
  );
  expect(start).toBeGreaterThan(60);
  expect(start).toBeLessThan(220);
  expect(more).toBeLessThan(60);
  expect(styles).toBeLessThan(45);
});

test("no chunk is larger than 180 kB, compressed", () => {
  for (const { file } of Object.values(chunks)) expect(kilobytes([file], ".js"), file).toBeLessThan(180);
});

test("the page asks for nothing from elsewhere", () => {
  const html = readFileSync(join(out, "index.html"), "utf8");
  expect(html).not.toMatch(/(src|href)="https?:/);
  expect(html).not.toMatch(/<script(?![^>]*src)[^>]*>/);
});
