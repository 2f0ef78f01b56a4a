/** Who may what: members, roles, tenants; and who did what: the audit trail. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, orThrow, query } from "./client";
import { BY_CURSOR, PAGE } from "./pages";
import type { AuditCheck, NewGrant, NewMember, NewTenant, Role, RoleText } from "./types";

export function useMembers() {
  return query.useInfiniteQuery("get", "/api/v1/members", { params: { query: { limit: PAGE } } }, BY_CURSOR);
}

export function useRoles() {
  return query.useQuery("get", "/api/v1/roles", {});
}

export function useTenants() {
  return query.useQuery("get", "/api/v1/tenants", {});
}

function useChanged() {
  const client = useQueryClient();
  return () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ["get", "/api/v1/members"] }),
      client.invalidateQueries({ queryKey: ["get", "/api/v1/roles"] }),
    ]);
}

export function useMemberChanges() {
  const onSettled = useChanged();
  const add = useMutation({
    mutationFn: async (body: NewMember) => orThrow(await api.POST("/api/v1/members", { body })),
    onSettled,
  });
  const give = useMutation({
    mutationFn: async ({ user_id, body }: { user_id: string; body: NewGrant }) =>
      orThrow(await api.POST("/api/v1/members/{user_id}/grants", { params: { path: { user_id } }, body })),
    onSettled,
  });
  const revoke = useMutation({
    mutationFn: async (path: { user_id: string; grant_id: number }) =>
      orThrow(await api.DELETE("/api/v1/members/{user_id}/grants/{grant_id}", { params: { path } })),
    onSettled,
  });
  const shut = useMutation({
    mutationFn: async ({ user_id, disabled }: { user_id: string; disabled: boolean }) =>
      orThrow(await api.PUT("/api/v1/members/{user_id}", { params: { path: { user_id } }, body: { disabled } })),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: async (user_id: string) =>
      orThrow(await api.DELETE("/api/v1/members/{user_id}", { params: { path: { user_id } } })),
    onSettled,
  });
  return { add, give, revoke, shut, remove };
}

export function useRoleChanges() {
  const onSettled = useChanged();
  const of = (role: Role) => ({ params: { path: { role_id: role.id }, header: { "if-match": `"${role.version}"` } } });
  const add = useMutation({
    mutationFn: async (body: RoleText) => orThrow(await api.POST("/api/v1/roles", { body })),
    onSettled,
  });
  const change = useMutation({
    mutationFn: async ({ role, body }: { role: Role; body: RoleText }) =>
      orThrow(await api.PATCH("/api/v1/roles/{role_id}", { ...of(role), body })),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: async (role: Role) => orThrow(await api.DELETE("/api/v1/roles/{role_id}", of(role))),
    onSettled,
  });
  return { add, change, remove };
}

export function useTenantChanges() {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: ["get", "/api/v1/tenants"] });
  const add = useMutation({
    mutationFn: async (body: NewTenant) => orThrow(await api.POST("/api/v1/tenants", { body })),
    onSettled,
  });
  const enter = useMutation({
    mutationFn: async ({ tenant_id, reason }: { tenant_id: string; reason: string }) =>
      orThrow(
        await api.POST("/api/v1/tenants/{tenant_id}/entry", {
          params: { path: { tenant_id } },
          body: { reason, role: "viewer", minutes: 60 },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ["get", "/api/v1/session/tenants"] }),
  });
  return { add, enter };
}

/** What is empty asks for any. */
export function useAudit(wanted: { q: string; action: string; from: string; to: string }) {
  const named = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== ""));
  return query.useInfiniteQuery("get", "/api/v1/audit", { params: { query: { limit: PAGE, ...named } } }, BY_CURSOR);
}

export function useAuditCheck() {
  return useMutation({
    mutationFn: async (): Promise<AuditCheck | undefined> => orThrow(await api.GET("/api/v1/audit/check")),
  });
}

export function useAuditSigning() {
  return query.useQuery("get", "/api/v1/audit/signing", {}, { staleTime: 60_000, retry: false });
}

/** The newest signed heads as one file. */
export async function signedHeads(): Promise<string> {
  return orThrow(await api.GET("/api/v1/audit/heads", { parseAs: "text", cache: "no-store" })) ?? "";
}

const MOST = 5000;

/** The whole trail as one file: an export has at most 5,000 events, so its parts are put together here. */
export async function wholeTrail(): Promise<string> {
  const lines: string[] = [];
  for (let after = 0; ; ) {
    const part = orThrow(
      await api.GET("/api/v1/audit/export", { params: { query: { after } }, parseAs: "text", cache: "no-store" }),
    );
    const found = (part ?? "").trim().split("\n");
    if (after > 0) lines.pop();
    lines.push(...(after > 0 ? found.slice(1) : found));
    const events = found.length - 2;
    if (events < MOST) return `${lines.join("\n")}\n`;
    after += events;
  }
}
