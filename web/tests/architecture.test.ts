// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import openapi, { astToString } from "openapi-typescript";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const SRC = join(ROOT, "src");

const MAY: Record<string, string[]> = {
  app: ["app", "features", "ui", "api", "lib", "graph"],
  features: ["ui", "api", "lib", "graph"],
  ui: ["ui", "api", "lib", "graph"],
  api: ["api", "lib"],
  lib: ["lib"],
  graph: [],
};

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith("schema.d.ts"))
  .map((path) => ({ path, text: readFileSync(join(SRC, path), "utf8") }));

function imports(text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name]) => name ?? "");
}

test.each(files.map(({ path, text }) => [path, text]))("%s imports only what its room may", (path, text) => {
  const room = path.split("/")[0] ?? "";
  for (const name of imports(text)) {
    expect(name, "a parent's path hides the room").not.toMatch(/^\.\.\//);
    if (!name.startsWith("@/")) continue;
    const [target = "", noun = ""] = name.slice(2).split("/");
    // Types of the API are shared vocabulary: words.ts in lib names them.
    const typesOnly = name === "@/api/types" && new RegExp(`import type [^;]*"${name}"`).test(text);
    const ownFeature = target === "features" && room === "features" && path.startsWith(`features/${noun}/`);
    expect(typesOnly || ownFeature || MAY[room]?.includes(target), `${path} imports ${name}`).toBe(true);
  }
});

test("components fit on a few screens", () => {
  const long = files.filter(({ text }) => text.split("\n").length > 222).map(({ path }) => path);
  expect(long).toEqual([]);
});

test("every module opens with a line that says what it is", () => {
  const silent = files.filter(({ path, text }) => !/^(\/\*\*|import "@mantine)/.test(text) && !path.endsWith(".d.ts"));
  expect(silent.map(({ path }) => path)).toEqual([]);
});

test("nothing is ever rendered as HTML", () => {
  expect(files.filter(({ text }) => /dangerouslySetInnerHTML|innerHTML/.test(text)).map(({ path }) => path)).toEqual(
    [],
  );
});

test("the types are those of the API's description", async () => {
  const description = new URL("../../functions/api/openapi.json", import.meta.url);
  const fresh = astToString(await openapi(description));
  const kept = readFileSync(join(SRC, "api/schema.d.ts"), "utf8");
  expect(kept.endsWith(fresh), `run npm run api (${relative(ROOT, "src/api/schema.d.ts")})`).toBe(true);
});

test("the lock file is whole, so that a clean install works, and names no registry", () => {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.values(lock.packages)
    .flatMap((one) => Object.keys(one.optionalDependencies ?? {}))
    .filter((name) => !(`node_modules/${name}` in lock.packages));
  expect(missing, "a registry that lacks a platform's package makes npm leave it out").toEqual([]);
  expect(Object.values(lock.packages).filter((one) => one.resolved?.startsWith("http"))).toEqual([]);
});
