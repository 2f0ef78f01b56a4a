/** Members, roles, tenants and an audit trail, as the API would answer. */

import type { MetadataFound, Pin, Provider } from "@/api/providers";
import type { AuditEvent, Grant, Member, Permission, Role, Tenant } from "@/api/types";

const POSSIBLE: Permission[] = [
  "alerts:acknowledge",
  "alerts:read",
  "assets:read",
  "assets:write",
  "audit:read",
  "credentials:read",
  "credentials:write",
  "data:export",
  "dependencies:read",
  "roles:write",
  "sources:read",
  "sources:write",
  "topology:read",
  "users:read",
  "users:write",
];

const role = (id: number, builtin: string | null, name: string, note: string, permissions: Permission[]): Role => ({
  id,
  name,
  note,
  permissions,
  builtin,
  version: 1,
  members: id === 1 ? 2 : 1,
});

export const ROLES: { items: Role[]; possible: Permission[] } = {
  items: [
    role(1, "viewer", "Viewer", "Sees the map, the assets and their dependencies.", ["assets:read", "topology:read"]),
    role(2, "operator", "Operator", "Says what assets are, enrols exporters, imports and runs discovery.", [
      "assets:read",
      "assets:write",
      "sources:write",
    ]),
    role(3, "administrator", "Administrator", "All that an operator may, and who may what.", POSSIBLE),
    role(4, null, "Network planner", "Reads everything, exports it.", ["assets:read", "data:export"]),
  ],
  possible: POSSIBLE,
};

const grant = (id: number, name: string, more: Partial<Grant> = {}): Grant => ({
  id,
  role_id: 1,
  role: name,
  limits: {},
  until: null,
  reason: "",
  granted_by: "ada@example.com",
  granted_at: "2026-11-20T08:00:00Z",
  ...more,
});

const member = (at: number, email: string, name: string, grants: Grant[]): Member => ({
  id: `7c9e6679-7425-40de-944b-e07fc1f90ae${at}`,
  email,
  name,
  disabled_at: null,
  joined_at: "2026-11-20T08:00:00Z",
  accepted_at: at === 4 ? null : "2026-11-20T09:00:00Z",
  grants,
});

export const MEMBERS: Member[] = [
  member(1, "ada@example.com", "Ada", [grant(1, "Administrator"), grant(2, "Credential custodian")]),
  member(2, "bob@example.com", "Bob", [
    grant(3, "Operator", { limits: { networks: ["10.1.0.0/16"], sites: ["Berlin"] }, reason: "runs the Berlin site" }),
  ]),
  member(3, "root@example.com", "", [
    grant(4, "Viewer", { until: "2026-11-23T11:00:00Z", reason: "incident 4711", granted_by: "root (platform)" }),
  ]),
  member(4, "grace@example.com", "Grace", [grant(5, "Viewer")]),
];

export const TENANTS: Tenant[] = [
  { id: "00000000-0000-7000-8000-000000000001", name: "Default", created_at: "2026-10-01T08:00:00Z" },
  { id: "00000000-0000-7000-8000-000000000002", name: "Warehouse", created_at: "2026-11-01T08:00:00Z" },
];

const WHAT: [string, string, string, string | null, string | null][] = [
  ["ada@example.com", "grant.give", "user 7c9e6679-7425-40de-944b-e07fc1f90ae2", "bob@example.com", "bob@example.com"],
  ["bob@example.com", "denied", "PATCH /sources/{source_id}", null, null],
  ["ada@example.com", "source.update", "source 7", "edge-router", "rack 4"],
  ["root@example.com", "tenant.enter", "user 7c9e6679-7425-40de-944b-e07fc1f90ae3", "root@example.com", null],
  ["bob@example.com", "denied.unknown", "GET /assets/{asset_id}", null, null],
  ["ada@example.com", "member.remove", "user 7c9e6679-7425-40de-944b-e07fc1f90aef", null, "eve@example.com"],
];

export const EVENTS: AuditEvent[] = Array.from({ length: 60 }, (_, at) => {
  const [actor = "", action = "", target = "", name = null, named = null] = WHAT[at % WHAT.length] ?? [];
  return {
    number: 60 - at,
    at: new Date(Date.parse("2026-11-23T10:00:00Z") - at * 340_000).toISOString(),
    actor,
    action,
    target,
    name,
    named,
    detail: { reason: "incident 4711", by: "user:7c9e6679" },
    hash: (60 - at).toString(16).padStart(64, "5f"),
  };
});

export function events(query: URLSearchParams): AuditEvent[] {
  const [q, action] = [query.get("q") ?? "", query.get("action") ?? ""];
  const [from, to] = [query.get("from") ?? "", query.get("to") ?? "9"];
  return EVENTS.filter(
    (one) => one.action.startsWith(action) && JSON.stringify(one).includes(q) && from <= one.at && one.at < to,
  );
}

const PIN: Pin = {
  pem: "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n",
  sha256: "5f".repeat(32),
  subject: "CN=id.example",
  begins: "2026-01-01T00:00:00Z",
  ends: "2029-01-01T00:00:00Z",
};

export const PROVIDERS: Provider[] = [
  {
    id: "7c9e6679-7425-40de-944b-e07fc1f90b01",
    kind: "oidc",
    issuer: "https://login.example.com/oauth2/default",
    name: "Company sign-in",
    client_id: "0oa1flowlens",
    algorithm: "RS256",
    enabled: true,
    shown: true,
    role_id: 1,
    has_secret: true,
    version: 1,
    changed_at: "2026-11-20T08:00:00Z",
    people: 12,
  },
  {
    id: "7c9e6679-7425-40de-944b-e07fc1f90b02",
    kind: "saml",
    issuer: "http://fs.warehouse.example/adfs/services/trust",
    name: "Warehouse",
    client_id: "https://flowlens.example/saml",
    algorithm: null,
    saml: {
      site: "https://flowlens.example",
      sign_on: "https://fs.warehouse.example/adfs/ls/",
      metadata_url: null,
      certificates: [PIN],
      email: "",
      name: "displayName",
    },
    enabled: true,
    shown: false,
    role_id: null,
    has_secret: false,
    version: 2,
    changed_at: "2026-11-21T08:00:00Z",
    people: 3,
  },
];

export const METADATA: MetadataFound = {
  issuer: "https://id.example/saml",
  sign_on: "https://id.example/sso",
  certificates: [PIN],
};

export const IDENTITIES = {
  items: [
    {
      id: "7c9e6679-7425-40de-944b-e07fc1f90c01",
      provider: PROVIDERS[0]?.id,
      name: "Company sign-in",
      known_as: "ada@example.com",
      linked_at: "2026-11-20T08:00:00Z",
      last_used_at: "2026-11-21T08:00:00Z",
    },
  ],
  providers: PROVIDERS.map(({ id, name }) => ({ id, name })),
};

export const signing = (now: number, overdue: boolean) => ({
  signed: 56,
  signed_at: new Date(now - 180_000).toISOString(),
  unsigned: 4,
  overdue,
  key: "-----BEGIN PUBLIC KEY-----\nMIIBojANBgkqhkiG9w0BAQEFAAOCAY8A\n-----END PUBLIC KEY-----\n",
});
