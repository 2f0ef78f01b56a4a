/** A made-up estate, always the same: 300 assets in tiers, two address spaces that both use 10.1.0.0/16. */

import type { Asset, Dependency, Evidence } from "../src/api/types";

export interface Estate {
  assets: Asset[];
  dependencies: Dependency[];
  /** The /24 (or the Internet) that each asset is shown in. */
  network: Map<number, string>;
}

type Role =
  | "web"
  | "app"
  | "db"
  | "cache"
  | "infra"
  | "office"
  | "voice"
  | "backup"
  | "dmz"
  | "plc"
  | "hmi"
  | "outside";

interface Place {
  space: number;
  prefix: string;
  role: Role;
  count: number;
}

const PLACES: Place[] = [
  { space: 1, prefix: "10.1.10.", role: "web", count: 16 },
  { space: 1, prefix: "10.1.20.", role: "app", count: 28 },
  { space: 1, prefix: "10.1.30.", role: "db", count: 12 },
  { space: 1, prefix: "10.1.40.", role: "cache", count: 8 },
  { space: 1, prefix: "10.1.50.", role: "infra", count: 6 },
  { space: 1, prefix: "10.2.10.", role: "web", count: 12 },
  { space: 1, prefix: "10.2.20.", role: "app", count: 22 },
  { space: 1, prefix: "10.2.30.", role: "db", count: 8 },
  { space: 1, prefix: "10.3.0.", role: "office", count: 60 },
  { space: 1, prefix: "10.3.1.", role: "voice", count: 16 },
  { space: 1, prefix: "10.9.0.", role: "backup", count: 4 },
  { space: 1, prefix: "192.168.50.", role: "dmz", count: 6 },
  { space: 1, prefix: "198.51.100.", role: "outside", count: 24 },
  { space: 2, prefix: "10.1.10.", role: "web", count: 10 },
  { space: 2, prefix: "10.1.20.", role: "plc", count: 36 },
  { space: 2, prefix: "10.1.30.", role: "db", count: 4 },
  { space: 2, prefix: "10.1.99.", role: "hmi", count: 20 },
  { space: 2, prefix: "203.0.113.", role: "outside", count: 8 },
];

interface Habit {
  from: Role;
  to: Role;
  port: number;
  protocol: number;
  service: string | null;
  servers: number;
  evidence: Evidence;
}

const TCP = 6;
const UDP = 17;
const HABITS: Habit[] = [
  { from: "outside", to: "dmz", port: 443, protocol: TCP, service: "https", servers: 1, evidence: "flags" },
  { from: "dmz", to: "web", port: 8443, protocol: TCP, service: "https-alt", servers: 3, evidence: "flags" },
  { from: "web", to: "app", port: 8080, protocol: TCP, service: "http-alt", servers: 2, evidence: "flags" },
  { from: "app", to: "db", port: 5432, protocol: TCP, service: "postgresql", servers: 2, evidence: "flags" },
  { from: "app", to: "cache", port: 6379, protocol: TCP, service: "redis", servers: 1, evidence: "initiator" },
  { from: "db", to: "db", port: 5433, protocol: TCP, service: null, servers: 1, evidence: "port_order" },
  { from: "office", to: "web", port: 443, protocol: TCP, service: "https", servers: 2, evidence: "flags" },
  { from: "office", to: "infra", port: 53, protocol: UDP, service: "domain", servers: 1, evidence: "service" },
  { from: "office", to: "outside", port: 443, protocol: TCP, service: "https", servers: 1, evidence: "flags" },
  { from: "app", to: "infra", port: 389, protocol: TCP, service: "ldap", servers: 1, evidence: "flags" },
  { from: "web", to: "infra", port: 53, protocol: UDP, service: "domain", servers: 1, evidence: "service" },
  { from: "voice", to: "infra", port: 5060, protocol: UDP, service: "sip", servers: 1, evidence: "service" },
  { from: "voice", to: "voice", port: 16384, protocol: UDP, service: null, servers: 1, evidence: "port_order" },
  { from: "backup", to: "db", port: 22, protocol: TCP, service: "ssh", servers: 6, evidence: "initiator" },
  { from: "backup", to: "app", port: 9102, protocol: TCP, service: "bacula-fd", servers: 9, evidence: "service" },
  { from: "hmi", to: "plc", port: 502, protocol: TCP, service: "modbus", servers: 3, evidence: "service" },
  { from: "hmi", to: "web", port: 443, protocol: TCP, service: "https", servers: 1, evidence: "flags" },
  { from: "web", to: "db", port: 1433, protocol: TCP, service: "ms-sql-s", servers: 1, evidence: "flags" },
  { from: "plc", to: "db", port: 4840, protocol: TCP, service: "opcua", servers: 1, evidence: "service" },
];

export const START = Date.UTC(2026, 10, 21, 6, 0, 0);

/** A small linear congruential generator: the estate must be the same on every machine. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function estate(): Estate {
  const roll = dice(20261123);
  const assets: Asset[] = [];
  const network = new Map<number, string>();
  const byRole = new Map<string, Asset[]>();
  for (const { space, prefix, role, count } of PLACES) {
    for (let i = 0; i < count; i++) {
      const first = START + Math.floor(roll() * 86_400_000);
      const asset: Asset = {
        id: assets.length + 1,
        address_space_id: space,
        address: `${prefix}${10 + i}`,
        internal: role !== "outside",
        name: "",
        attributes: {},
        first_seen: new Date(first).toISOString(),
        last_seen: new Date(first + 172_800_000).toISOString(),
      };
      assets.push(asset);
      network.set(asset.id, role === "outside" ? `internet@${space}` : `${prefix}0/24@${space}`);
      const key = `${space} ${role}`;
      byRole.set(key, [...(byRole.get(key) ?? []), asset]);
    }
  }
  return { assets, dependencies: talk(byRole, roll), network };
}

function talk(byRole: Map<string, Asset[]>, roll: () => number): Dependency[] {
  const found = new Map<string, Dependency>();
  for (const space of [1, 2]) {
    for (const habit of HABITS) {
      const servers = byRole.get(`${space} ${habit.to}`) ?? [];
      for (const client of byRole.get(`${space} ${habit.from}`) ?? []) {
        for (let n = 0; n < habit.servers && servers.length > 0; n++) {
          const server = servers[Math.floor(roll() * servers.length)];
          if (!server || server === client) continue;
          const key = `${client.id} ${server.id} ${habit.port}`;
          if (!found.has(key)) found.set(key, dependency(found.size + 1, { client, server, habit, roll }));
        }
      }
    }
  }
  return [...found.values()];
}

function dependency(id: number, of: { client: Asset; server: Asset; habit: Habit; roll: () => number }): Dependency {
  const { client, server, habit, roll } = of;
  const size = Math.floor(10 ** (4 + roll() * 5));
  const first = START + Math.floor(roll() * 90_000_000);
  return {
    id,
    address_space_id: client.address_space_id,
    client: { asset_id: client.id, address: client.address, restricted: false },
    server: { asset_id: server.id, address: server.address, restricted: false },
    protocol: habit.protocol,
    port: habit.port,
    service: habit.service,
    evidence: habit.evidence,
    first_seen: new Date(first).toISOString(),
    last_seen: new Date(first + 100_000_000).toISOString(),
    flows: 12 + Math.floor(size / 9000),
    octets_sent: Math.floor(size * 0.2),
    octets_received: size,
    packets_sent: 20 + Math.floor(size / 1400),
    packets_received: 20 + Math.floor(size / 900),
  };
}
