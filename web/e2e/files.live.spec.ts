/** Against a running stack: what leaves the map is the whole of the view, whatever is on the screen. */

import { ago, exported, topology } from "./running";
import { expect, open, settled, test } from "./world";

test("a picture, a table and a graph hold the whole view, not what the screen shows of it", async ({
  page,
  request,
}) => {
  await expect.poll(async () => (await topology(request, "group=none")).totals.edges).toBeGreaterThan(200);
  const [at, g] = [ago(0), "none"];
  const all = await topology(request, `group=${g}&at=${at}&limit=25000`);
  const labels = [...all.nodes.label].sort();
  // Looked at from so near that few nodes are on the screen, and with the links' budget as it is.
  await open(page, `/map?g=${g}&at=${encodeURIComponent(at)}&x=-4000&y=-4000&k=4`);
  await settled(page);
  const status = (await page.getByText(/^[\d,]+ of [\d,]+ links/).textContent()) ?? "";
  const [drawn, links] = [...status.matchAll(/[\d,]+/g)].map(([number]) => Number(number.replace(",", "")));
  expect([drawn, links]).toEqual([expect.any(Number), all.totals.edges]);
  expect(drawn).toBeLessThan(all.totals.edges);

  const svg = (await exported(page, "SVG, with text")).toString();
  const texts = new Set([...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text));
  expect(labels.filter((label) => !texts.has(label))).toEqual([]);
  expect(svg).toMatch(/FlowLens map, hosts, at .*[\d,]+ of [\d,]+ links/s);

  const [png, print] = [await exported(page, "PNG"), await exported(page, "PNG, for print")];
  const size = (image: Buffer) => [image.readUInt32BE(16), image.readUInt32BE(20)] as const;
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)?.map(Number) ?? [];
  expect(size(png)).toEqual([width, height]);
  expect(size(print)[0]).toBeGreaterThan(2 * size(png)[0]); // four times, or as large as browsers draw

  const csv = (await exported(page, "CSV")).toString().trimEnd().split("\r\n");
  expect(csv[0]).toMatch(/^client,client_kind,.*,server,.*,octets,.*last_seen$/);
  expect(csv).toHaveLength(1 + all.totals.edges);
  const json = JSON.parse((await exported(page, "JSON")).toString()) as {
    about: { group: string };
    nodes: { label: string }[];
    links: { dependencies: number }[];
  };
  expect(json.about.group).toBe("none");
  expect(json.nodes.map(({ label }) => label).sort()).toEqual(labels);
  expect(json.links.reduce((sum, { dependencies }) => sum + dependencies, 0)).toBe(all.totals.dependencies);
  const graphml = (await exported(page, "GraphML")).toString();
  const counted = await page.evaluate((text) => {
    const xml = new DOMParser().parseFromString(text, "application/xml");
    return ["parsererror", "node", "edge"].map((name) => xml.getElementsByTagName(name).length);
  }, graphml);
  expect(counted).toEqual([0, labels.length, all.totals.edges]);
});
