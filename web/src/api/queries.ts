/** What pages ask for, one hook per question. */

import { keepPreviousData, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, orThrow, query } from "./client";
import { BY_CURSOR, PAGE } from "./pages";
import type { NewSource, Source, SourcePatch, Topology } from "./types";

const LIVE_MS = 5000;

/** An instant, a window, or now when neither is given. */
export interface When {
  at?: string;
  from?: string;
  to?: string;
}

export interface TopologyAsked {
  /** `network`, `none`, or an attribute. */
  group: string;
  expand: string[];
  space: number | undefined;
  q?: string | undefined;
  focus?: string | undefined;
  hops?: number;
  way?: "up" | "down" | undefined;
  when: When;
  rulesThen?: boolean;
}

export function topologyOf(asked: TopologyAsked, limit: number) {
  const { group, expand, space, q, focus, hops = 1, way, when, rulesThen = false } = asked;
  return {
    params: {
      query: {
        group,
        expand,
        limit,
        ...when,
        ...(space === undefined ? {} : { space }),
        ...(q === undefined ? {} : { q }),
        ...(focus === undefined ? {} : { focus, hops, ...(way === undefined ? {} : { way }) }),
        ...(rulesThen ? { rules: "then" as const } : {}),
      },
    },
  };
}

/** Asks again by itself for as long as it can change; `enabled` is false for what nobody looks at. */
export function useTopology(asked: TopologyAsked, { live = true, enabled = true } = {}) {
  return query.useQuery("get", "/api/v1/topology", topologyOf(asked, asked.group === "none" ? 2000 : 500), {
    refetchInterval: live ? LIVE_MS : false,
    placeholderData: keepPreviousData<Topology>,
    enabled,
  });
}

export interface Narrowed {
  q: string;
  space: number | undefined;
}

function narrowed({ q, space }: Narrowed) {
  return { limit: PAGE, ...(q === "" ? {} : { q }), ...(space === undefined ? {} : { space }) };
}

export function useAssets({ within, ...asked }: Narrowed & { within?: string | undefined }) {
  return query.useInfiniteQuery(
    "get",
    "/api/v1/assets",
    { params: { query: { ...narrowed(asked), ...(within ? { within } : {}) } } },
    BY_CURSOR,
  );
}

export function useAsset(asset_id: number) {
  return query.useQuery("get", "/api/v1/assets/{asset_id}", { params: { path: { asset_id } } });
}

export function useAssetDependencies(asset_id: number, direction: "upstream" | "downstream") {
  return query.useInfiniteQuery(
    "get",
    "/api/v1/assets/{asset_id}/dependencies",
    { params: { path: { asset_id }, query: { direction, limit: PAGE } } },
    BY_CURSOR,
  );
}

export function useDependencies(asked: Narrowed & { client?: string | undefined; server?: string | undefined }) {
  const ends = { ...(asked.client ? { client: asked.client } : {}), ...(asked.server ? { server: asked.server } : {}) };
  return query.useInfiniteQuery(
    "get",
    "/api/v1/dependencies",
    { params: { query: { ...narrowed(asked), ...ends } } },
    BY_CURSOR,
  );
}

export function useDependency(dependency_id: number) {
  return query.useQuery("get", "/api/v1/dependencies/{dependency_id}", { params: { path: { dependency_id } } });
}

export function useVolumes(dependency_id: number, step: "minute" | "hour") {
  return query.useQuery(
    "get",
    "/api/v1/dependencies/{dependency_id}/volumes",
    { params: { path: { dependency_id }, query: { step } } },
    { placeholderData: keepPreviousData },
  );
}

/** Whoever may not see them asks once, not again and again: each denial is an event in the audit trail. */
/** Every exporter, or only those that send (devices) or whose flows are read from logs. */
export function useSources(origin?: "devices" | "logs") {
  const { data: me } = useMe();
  return query.useInfiniteQuery(
    "get",
    "/api/v1/sources",
    { params: { query: { limit: PAGE, ...(origin && { origin }) } } },
    { ...BY_CURSOR, refetchInterval: me?.permissions.includes("sources:read") ? LIVE_MS : false },
  );
}

export function useCollectors() {
  return query.useQuery("get", "/api/v1/collectors", {}, { refetchInterval: LIVE_MS });
}

/** What a source calls its interfaces and the like; they change rarely. */
export function useSourceNames(id: number) {
  return query.useQuery(
    "get",
    "/api/v1/sources/{source_id}/names",
    { params: { path: { source_id: id } } },
    { staleTime: 60_000 },
  );
}

export function useSpaces() {
  return query.useQuery("get", "/api/v1/address-spaces", {}, { staleTime: 60_000 });
}

export function useSearch(q: string) {
  return query.useQuery(
    "get",
    "/api/v1/search",
    { params: { query: { q } } },
    { enabled: q.trim().length > 0, placeholderData: keepPreviousData },
  );
}

export function useMe() {
  return query.useQuery("get", "/api/v1/me", {}, { staleTime: 300_000 });
}

export function useHealth() {
  return query.useQuery("get", "/api/v1/health", {}, { refetchInterval: LIVE_MS });
}

/** Changes name the version they were made against: somebody else's change is never overwritten unseen. */
export function useSourceChanges() {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: ["get", "/api/v1/sources"] });
  const of = (source: Source) => ({
    params: { path: { source_id: source.id }, header: { "if-match": `"${source.version}"` } },
  });
  const add = useMutation({
    mutationFn: async (body: NewSource) => orThrow(await api.POST("/api/v1/sources", { body })),
    onSettled,
  });
  const change = useMutation({
    mutationFn: async ({ source, patch }: { source: Source; patch: SourcePatch }) =>
      orThrow(await api.PATCH("/api/v1/sources/{source_id}", { ...of(source), body: patch })),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: async (source: Source) => orThrow(await api.DELETE("/api/v1/sources/{source_id}", of(source))),
    onSettled,
  });
  return { add, change, remove };
}
