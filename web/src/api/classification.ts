/** CIDR rules and what is said of assets. */

import { keepPreviousData, useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { KNOWN } from "@/lib/attributes";
import { api, orThrow, query } from "./client";
import type { AssetDetail, AssetPatch, ListedRule, NewRule } from "./types";

const RULES = "/api/v1/classification-rules" as const;
const PREVIEW = `${RULES}/preview` as const;

export function useRules() {
  return query.useQuery("get", RULES, {}, { staleTime: 30_000 });
}

/** The attributes that can be grouped by: those that rules set come first. */
export function useAttributes(): { inUse: string[]; all: string[] } {
  const { data } = useRules();
  return useMemo(() => {
    const set = new Set(data?.items.flatMap((rule) => Object.keys(rule.attributes)) ?? []);
    const known = KNOWN.filter((name) => set.has(name));
    const tags = [...set].filter((name) => name.startsWith("tag:")).sort();
    return { inUse: [...known, ...tags], all: [...new Set([...known, ...KNOWN, ...tags])] };
  }, [data]);
}

export function useRuleHistory(rule_id: number) {
  return query.useQuery("get", "/api/v1/classification-rules/{rule_id}/history", { params: { path: { rule_id } } });
}

export interface Tried {
  rule_id?: number;
  rule?: NewRule;
}

/** What a change would move, as long as it can be tried at all. */
export function usePreview(tried: Tried | null) {
  return query.useQuery(
    "post",
    PREVIEW,
    { body: tried ?? {} },
    { enabled: tried !== null, placeholderData: keepPreviousData, retry: false, staleTime: 10_000 },
  );
}

/** Whatever shows classified assets is asked again, but not what the change itself would move: it is made. */
function useForget(): () => Promise<void> {
  const client = useQueryClient();
  return () => {
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[1] === PREVIEW, type: "inactive" });
    return client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] !== PREVIEW });
  };
}

export function useRuleChanges() {
  const onSuccess = useForget();
  const of = (rule: ListedRule) => ({
    params: { path: { rule_id: rule.id }, header: { "if-match": `"${rule.version}"` } },
  });
  const add = useMutation({
    mutationFn: async (body: NewRule) => orThrow(await api.POST(RULES, { body })),
    onSuccess,
  });
  const change = useMutation({
    mutationFn: async ({ rule, body }: { rule: ListedRule; body: NewRule }) =>
      orThrow(await api.PUT("/api/v1/classification-rules/{rule_id}", { ...of(rule), body })),
    onSuccess,
  });
  const remove = useMutation({
    mutationFn: async (rule: ListedRule) =>
      orThrow(await api.DELETE("/api/v1/classification-rules/{rule_id}", of(rule))),
    onSuccess,
  });
  return { add, change, remove };
}

export function useAssetHistory(asset_id: number, enabled: boolean) {
  return query.useQuery("get", "/api/v1/assets/{asset_id}/history", { params: { path: { asset_id } } }, { enabled });
}

export function useDescribe() {
  const onSuccess = useForget();
  return useMutation({
    mutationFn: async ({ asset, patch }: { asset: AssetDetail; patch: AssetPatch }) =>
      orThrow(
        await api.PATCH("/api/v1/assets/{asset_id}", {
          params: { path: { asset_id: asset.id }, header: { "if-match": `"${asset.version}"` } },
          body: patch,
        }),
      ),
    onSuccess,
  });
}
