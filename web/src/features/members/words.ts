/** Grants and permissions as people read them. */

import { asProblem } from "@/api/client";
import type { Grant, Member, Permission } from "@/api/types";

export function where({ limits }: Grant, nameOf: (space: number) => string): string {
  const parts = [
    ...(limits["spaces"] ?? []).map((space) => nameOf(Number(space))),
    ...(limits["networks"] ?? []),
    ...(limits["sites"] ?? []).map((site) => `site ${String(site)}`),
    ...(limits["tags"] ?? []).map((pair) => (Array.isArray(pair) ? pair.join("=") : String(pair))),
  ];
  return parts.length > 0 ? `within ${parts.join(", ")}` : "everywhere";
}

/** Why a member may nothing here, or null. */
export function accessOf(member: Member): string | null {
  if (member.disabled_at !== null) return "shut out";
  return member.accepted_at === null ? "waits for acceptance" : null;
}

export function holds(grant: Grant): boolean {
  return grant.until === null || Date.parse(grant.until) > Date.now();
}

/** `assets:read` under its resource. */
export function byResource(permissions: Permission[]): [string, Permission[]][] {
  const found = new Map<string, Permission[]>();
  for (const permission of permissions) {
    const [resource = ""] = permission.split(":");
    found.set(resource, [...(found.get(resource) ?? []), permission]);
  }
  return [...found];
}

export function said(error: unknown): string {
  const { title, detail } = asProblem(error);
  return `${title}. ${detail}`;
}
