/** Second factors: one's own, a member's, and whether the tenant wants one. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, orThrow, query } from "./client";

export function useFactor() {
  return query.useQuery("get", "/api/v1/session/factor", {});
}

/** A code after the password: what could not be seen before is asked for again. */
export function useShowFactor() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (code: string) => orThrow(await api.POST("/api/v1/session/factor", { body: { code } })),
    onSuccess: () => client.resetQueries(),
  });
}

/** What is dangerous among these answers 403 when the sign-in is no longer fresh. */
export function useFactorChanges() {
  const client = useQueryClient();
  const changed = () =>
    Promise.all(
      ["/api/v1/session/factor", "/api/v1/me", "/api/v1/sessions"].map((path) =>
        client.invalidateQueries({ queryKey: ["get", path] }),
      ),
    );
  return {
    begin: async () => orThrow(await api.POST("/api/v1/session/factor/seed")),
    confirm: async (code: string) => orThrow(await api.POST("/api/v1/session/factor/confirmation", { body: { code } })),
    renew: async () => orThrow(await api.POST("/api/v1/session/factor/codes")),
    remove: async () => orThrow(await api.DELETE("/api/v1/session/factor")),
    reset: async (user_id: string) =>
      orThrow(await api.DELETE("/api/v1/members/{user_id}/factor", { params: { path: { user_id } } })),
    changed,
  };
}

export function useFactorRule(enabled: boolean) {
  return query.useQuery("get", "/api/v1/factor-rule", {}, { enabled });
}

export function useSetFactorRule() {
  const client = useQueryClient();
  return async (required: boolean) => {
    orThrow(await api.PUT("/api/v1/factor-rule", { body: { required } }));
    await client.invalidateQueries({ queryKey: ["get", "/api/v1/factor-rule"] });
  };
}
