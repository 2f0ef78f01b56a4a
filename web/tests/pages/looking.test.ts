import { expect, test } from "vitest";
import { opened } from "../../src/features/topology/looking";
import type { NodeRow } from "../../src/features/topology/read";
import { spaceOf } from "../../src/features/topology/view";

function node(id: string, kind: NodeRow["kind"], within: string[] = []): NodeRow {
  const label = id.split("@")[0] ?? id;
  const block = within[0] ?? id;
  return { id, label, kind, space: 1, assets: 1, internal: false, assetId: null, folded: 0, block, within };
}

const US = "country=United States@1";
const GOOGLE = "country=United States&organisation=Google LLC@1";

test("the Internet opens, and closes with all that was opened in it", () => {
  expect(opened(node("internet@1", "internet"), [], "network")).toMatchObject({ open: ["internet@1"] });
  const host = node("8.8.8.8@1", "host", ["internet@1", US, GOOGLE]);
  expect(opened(host, ["internet@1", US, GOOGLE], "network")).toMatchObject({ open: ["internet@1", US] });
  const unknown = node("9.9.9.9@1", "host", ["internet@1"]);
  expect(opened(unknown, ["internet@1", US, GOOGLE, "10.0.0.0/24@1"], "network")).toMatchObject({
    open: ["10.0.0.0/24@1"],
  });
});

test("what is folded opens into its groups, and one of them closes with the fold", () => {
  const fold = "application*=more@1";
  expect(opened(node(fold, "group"), [], "application")).toMatchObject({ open: [fold] });
  expect(opened(node("application=a@1", "group", [fold]), [fold], "application")).toMatchObject({
    open: [fold, "application=a@1"],
  });
  const host = node("10.1.1.1@1", "host", [fold]);
  expect(opened(host, [fold], "application")).toMatchObject({ open: undefined });
});

test("what is grouped by country stays open when the Internet closes", () => {
  const unknown = node("9.9.9.9@1", "host", ["internet@1"]);
  expect(opened(unknown, ["internet@1", US], "country,site")).toMatchObject({ open: [US] });
});

test("a map of very many address spaces begins with one, or with that of what is named; all are a choice", () => {
  expect([spaceOf({}, undefined), spaceOf({ space: 3 }, undefined)]).toEqual([undefined, 3]);
  expect([spaceOf({}, 7), spaceOf({ space: 3 }, 7), spaceOf({ space: 0 }, 7)]).toEqual([7, 3, undefined]);
  expect(spaceOf({ sel: "10.1.0.0/24@4>internet@4" }, 7)).toBe(4);
  expect(spaceOf({ open: ["environment=test@5"], sel: "no such" }, 7)).toBe(5);
});
