import { expect, faults, open, test } from "./world";

const FILE = { name: "lab.pcap", mimeType: "application/vnd.tcpdump.pcap", buffer: Buffer.from("\xd4\xc3\xb2\xa1") };

test("a capture is chosen, sent with the fields that were signed for it, and ends on the map", async ({ page }) => {
  const posted: string[] = [];
  await page.route("**/uploads", async (route) => {
    if (route.request().url().includes("/api/")) return route.fallback();
    posted.push(route.request().postDataBuffer()?.toString("latin1") ?? "");
    return route.fulfill({ status: 204 });
  });
  await open(page, "/files");
  await page.setInputFiles("input[type=file]", FILE);
  const one = page.getByRole("listitem", { name: "lab.pcap" });
  await expect(one).toContainText("packet capture: 318 flows of 4,120 packets, 12 not IP");
  expect(posted).toHaveLength(1);
  expect(posted[0]?.indexOf('name="key"')).toBeLessThan(posted[0]?.indexOf('name="file"; filename="lab.pcap"') ?? 0);
  expect(await faults(page)).toEqual([]);
  await one.getByRole("link", { name: "Open on the map" }).click();
  await expect(page).toHaveURL(/\/map$/);
});

test("what the storage refuses and what was refused later is said in words", async ({ page }) => {
  await page.route("**/uploads", async (route) => {
    if (route.request().url().includes("/api/")) return route.fallback();
    return route.fulfill({
      status: 403,
      contentType: "application/xml",
      body: "<Error><Code>AccessDenied</Code></Error>",
    });
  });
  await open(page, "/files");
  const refused = page.getByRole("listitem", { name: "notes.txt" });
  await expect(refused).toContainText("It is none of the formats that are read (file_format)");
  const old = page.getByRole("listitem", { name: "office.pcapng" }).getByRole("link");
  await expect(old).toHaveAttribute("href", /from=.*2026-11-20T08.*to=.*2026-11-20T09/);
  await page.setInputFiles("input[type=file]", { ...FILE, buffer: Buffer.alloc(0) });
  await expect(page.getByRole("alert")).toContainText("lab.pcap is empty");
});
