import { expect, test } from "vitest";
import { estate } from "../../mock/estate";
import { topology } from "../../mock/topology";
import { read } from "../../src/features/topology/read";
import { type About, asCsv, asGraphml, asJson, cell } from "../../src/features/topology/tables";
import { fileName } from "../../src/lib/download";

const ABOUT: About = {
  title: "FlowLens map",
  filter: "networks, now",
  asOf: "2026-11-23T10:00:00Z",
  exported: "2026-11-23T10:00:05Z",
  version: "1.2.3",
  leftOut: "",
};
const ASKED = { group: "network", expand: [] as string[], space: null, limit: 5000, now: 0, tick: 0 };
const DATA = read(topology(estate(), ASKED), [], (space) => `Plant ${space}, "old" <&>`);

test.each([
  ["=1+1", '"\'=1+1"'],
  ["+49", '"\'+49"'],
  ["-2", '"\'-2"'],
  ["@SUM(A1)", '"\'@SUM(A1)"'],
  ["\tcmd", '"\'\tcmd"'],
  ["\rcmd", '"\'\rcmd"'],
])("a cell that begins like a formula is text: %j", (value, written) => {
  expect(cell(value)).toBe(written);
});

test("a cell keeps commas, quotes and line breaks, and numbers stay numbers", () => {
  expect(cell('a,"b"\nc')).toBe('"a,""b""\nc"');
  expect(cell("10.1.0.0/16")).toBe("10.1.0.0/16");
  expect(cell(-4)).toBe("-4");
  expect(cell(null)).toBe("");
});

test("the CSV has a line for each link, those within a box too, and every line as many cells", () => {
  const lines = asCsv(DATA).trimEnd().split("\r\n");
  expect(lines).toHaveLength(1 + DATA.links.size + DATA.inside.size);
  expect(lines[0]).toMatch(/^client,client_kind,/);
  const cells = (line: string): number => line.match(/("([^"]|"")*"|[^,]*)(,|$)/g)?.filter(Boolean).length ?? 0;
  expect(new Set(lines.map(cells))).toEqual(new Set([18]));
});

test("the JSON says what was asked and what is not in it, and its links name their nodes", () => {
  const written = JSON.parse(asJson(DATA, { ...ABOUT, leftOut: "7 weaker links left out" })) as {
    about: Record<string, string>;
    nodes: { id: string }[];
    links: { source: string; target: string; octets: number }[];
  };
  expect(written.about).toMatchObject({
    filter: "networks, now",
    version: "1.2.3",
    left_out: "7 weaker links left out",
  });
  const ids = new Set(written.nodes.map(({ id }) => id));
  expect(written.links.every(({ source, target }) => ids.has(source) && ids.has(target))).toBe(true);
  expect(written.links).toHaveLength(DATA.links.size + DATA.inside.size);
});

test("the GraphML is XML that names every key it uses, whatever names contain", () => {
  // The tests' parser knows no attribute with a dot in its name.
  const text = asGraphml(DATA, ABOUT).replaceAll(" attr.", " attr-");
  const document = new DOMParser().parseFromString(text, "application/xml");
  expect(document.querySelector("parsererror")).toBeNull();
  const keys = new Set([...document.querySelectorAll("key")].map((key) => key.getAttribute("id")));
  const used = new Set([...document.querySelectorAll("data")].map((data) => data.getAttribute("key")));
  expect([...used].filter((key) => !keys.has(key))).toEqual([]);
  expect(document.querySelectorAll("node")).toHaveLength(DATA.nodes.size);
  expect(document.querySelectorAll("edge")).toHaveLength(DATA.links.size + DATA.inside.size);
  expect(asGraphml(DATA, ABOUT)).toContain("&quot;old&quot; &lt;&amp;&gt;");
});

test("a file is named after what it is and when", () => {
  expect(fileName("map", new Date(Date.UTC(2026, 10, 23, 10, 4, 5)), "csv")).toBe(
    "flowlens-map-2026-11-23T100405Z.csv",
  );
});
