/** Saved views of the map, and dashboards. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, orThrow, query } from "./client";
import type { components } from "./schema";

type NewView = components["schemas"]["NewView"];
type ViewPatch = components["schemas"]["ViewPatch"];
export type Kind = "map" | "dashboard";

const MOST = 1000;

export function useViews(kind: Kind) {
  return query.useQuery("get", "/api/v1/views", { params: { query: { kind, limit: MOST } } }, { staleTime: 20_000 });
}

export function useView(id: number | undefined) {
  return query.useQuery(
    "get",
    "/api/v1/views/{view_id}",
    { params: { path: { view_id: id ?? 0 } } },
    { enabled: id !== undefined, retry: false },
  );
}

export async function readView(view_id: number) {
  const found = orThrow(await api.GET("/api/v1/views/{view_id}", { params: { path: { view_id } } }));
  if (!found) throw new Error("The answer was empty");
  return found;
}

export function useAudiences() {
  return query.useQuery("get", "/api/v1/views/audiences", {}, { staleTime: 60_000 });
}

/** Changes name the version they were made against: somebody else's change is never overwritten unseen. */
export function useViewChanges() {
  const client = useQueryClient();
  const onSettled = () =>
    client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/v1/views") });
  const of = ({ id, version }: { id: number; version: number }) => ({
    params: { path: { view_id: id }, header: { "if-match": `"${version}"` } },
  });
  const add = useMutation({
    mutationFn: async (body: NewView) => orThrow(await api.POST("/api/v1/views", { body })),
    onSettled,
  });
  const change = useMutation({
    mutationFn: async ({ view, patch }: { view: { id: number; version: number }; patch: ViewPatch }) =>
      orThrow(await api.PATCH("/api/v1/views/{view_id}", { ...of(view), body: patch })),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: async (view: { id: number; version: number }) =>
      orThrow(await api.DELETE("/api/v1/views/{view_id}", of(view))),
    onSettled,
  });
  return { add, change, remove };
}
