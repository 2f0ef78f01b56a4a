/** Signing in and out, one's own sessions and tokens, and links that work once. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, orThrow, query } from "./client";
import type { components } from "./schema";

export type Session = components["schemas"]["Session"];
export type Token = components["schemas"]["Token"];
export type NewToken = components["schemas"]["NewToken"];

export async function begin(email: string, password: string): Promise<void> {
  orThrow(await api.POST("/api/v1/session", { body: { email, password } }));
}

export async function end(): Promise<void> {
  await api.DELETE("/api/v1/session");
}

export function useLink(link: string) {
  return query.useQuery("post", "/api/v1/links/purpose", { body: { link } }, { retry: false, enabled: link !== "" });
}

export async function spend(body: components["schemas"]["UseLink"]): Promise<void> {
  orThrow(await api.POST("/api/v1/links/use", { body }));
}

/** Whoever is signed in joins one more tenant, and turns to it. */
export async function accept(link: string): Promise<void> {
  orThrow(await api.POST("/api/v1/links/accept", { body: { link } }));
}

export function useMemberLink() {
  return useMutation({
    mutationFn: async (user_id: string) =>
      orThrow(await api.POST("/api/v1/members/{user_id}/link", { params: { path: { user_id } } })),
  });
}

export function useSessions() {
  return query.useQuery("get", "/api/v1/sessions", {});
}

export function useTokens() {
  return query.useQuery("get", "/api/v1/tokens", {});
}

export function useOwnTenants(enabled: boolean) {
  return query.useQuery("get", "/api/v1/session/tenants", {}, { enabled, staleTime: 300_000 });
}

/** Changes of one's own account. What is dangerous answers 403 when the sign-in is no longer fresh: `prove` renews it. */
export function useAccount() {
  const client = useQueryClient();
  const onSettled = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ["get", "/api/v1/sessions"] }),
      client.invalidateQueries({ queryKey: ["get", "/api/v1/tokens"] }),
    ]);
  const password = useMutation({
    mutationFn: async (body: { old: string; new: string }) =>
      orThrow(await api.PUT("/api/v1/session/password", { body })),
    onSettled,
  });
  const endSession = useMutation({
    mutationFn: async (session_id: string) =>
      orThrow(await api.DELETE("/api/v1/sessions/{session_id}", { params: { path: { session_id } } })),
    onSettled,
  });
  const endOthers = useMutation({
    mutationFn: async () => orThrow(await api.DELETE("/api/v1/sessions")),
    onSettled,
  });
  const prove = useMutation({
    mutationFn: async (body: { password: string; code: string }) =>
      orThrow(await api.POST("/api/v1/session/proof", { body })),
  });
  const make = useMutation({
    mutationFn: async (body: NewToken) => orThrow(await api.POST("/api/v1/tokens", { body })),
    onSettled,
  });
  const revoke = useMutation({
    mutationFn: async (token_id: number) =>
      orThrow(await api.DELETE("/api/v1/tokens/{token_id}", { params: { path: { token_id } } })),
    onSettled,
  });
  const turn = useMutation({
    mutationFn: async (tenant_id: string) => orThrow(await api.PUT("/api/v1/session/tenant", { body: { tenant_id } })),
    onSuccess: () => client.resetQueries(),
  });
  return { password, endSession, endOthers, prove, make, revoke, turn };
}
