import { describe, expect, test } from "vitest";
import { contains, neighbourhood, parse } from "../../src/lib/address";
import { fileName } from "../../src/lib/download";
import { ago, many, octets, utcTime } from "../../src/lib/format";
import { counter, portOf } from "../../src/lib/words";

describe("octets", () => {
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [99_400, "99.4 kB"],
    [99_600, "100 kB"],
    [999_600, "1.0 MB"],
    [12_345_678_901, "12.3 GB"],
    [5e17, "500 PB"],
  ])("%d is %s", (value, words) => expect(octets(value)).toBe(words));
});

test("one is one, and two are several", () => {
  expect([many(1, "link"), many(2, "link"), many(1200, "dependency", "dependencies")]).toEqual([
    "1 link",
    "2 links",
    "1,200 dependencies",
  ]);
});

test("ages are said in the largest whole unit", () => {
  const now = Date.UTC(2026, 10, 23, 10, 0, 0);
  const before = (seconds: number): string => ago(new Date(now - seconds * 1000).toISOString(), now);
  expect([2, 12, 61, 7300, 200_000, -30].map(before)).toEqual([
    "just now",
    "12 s ago",
    "1 min ago",
    "2 h ago",
    "2 d ago",
    "just now",
  ]);
});

test("the exact time is given in UTC", () => {
  expect(utcTime("2026-11-23T11:00:05+01:00")).toBe("2026-11-23 10:00:05 UTC");
});

describe("addresses", () => {
  test.each([
    ["10.1.20.0/24", "10.1.20.255", true],
    ["10.1.20.0/24", "10.1.21.0", false],
    ["10.0.0.0/8", "10.255.0.1", true],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["2001:db8::/64", "2001:db8:0:1::1", false],
    ["::/0", "10.0.0.1", false],
    ["0.0.0.0/0", "8.8.8.8", true],
    ["10.0.0.1/32", "10.0.0.1", true],
  ])("%s contains %s: %s", (network, address, inside) => expect(contains(network, address)).toBe(inside));

  test.each(["10.0.0", "10.0.0.256", "1:2:3", "1::2::3", "", "host", "1:2:3:4:5:6:7:8:9"])("%j is none", (text) =>
    expect(parse(text)).toBeNull(),
  );

  test("a neighbourhood is a /24 or a /64", () => {
    expect([neighbourhood("10.1.2.3"), neighbourhood("2001:db8::7")]).toEqual(["10.1.2.0/24", "2001:db8::/64"]);
    expect(contains(neighbourhood("2001:db8:1:2::7"), "2001:db8:1:2:3:4:5:6")).toBe(true);
  });
});

test("a port is said with its protocol", () => {
  expect(
    [
      { protocol: 6, port: 443 },
      { protocol: 1, port: 0 },
      { protocol: 17, port: null },
      { protocol: null, port: null },
    ].map(portOf),
  ).toEqual(["TCP 443", "ICMP", "UDP, several ports", "several protocols"]);
});

test("a counter that nobody described is still said by its name", () => {
  expect([counter("malformed.bad_length"), counter("new_thing")]).toEqual([
    "Datagrams that cannot be read: bad length",
    "new thing",
  ]);
});

test("a file is named after what it is and when", () => {
  expect(fileName("map", new Date(Date.UTC(2026, 10, 23, 10, 4, 5)), "csv")).toBe(
    "flowlens-map-2026-11-23T100405Z.csv",
  );
});
