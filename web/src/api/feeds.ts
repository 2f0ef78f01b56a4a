/** Flow logs of clouds, and what was refused on the network. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, orThrow, query } from "./client";
import { BY_CURSOR, PAGE } from "./pages";
import type { Feed, FeedPatch, NewFeed } from "./types";

const LIVE_MS = 15_000;

export function useAttempts() {
  return query.useInfiniteQuery("get", "/api/v1/attempts", { params: { query: { limit: PAGE } } }, BY_CURSOR);
}

export function useFeeds() {
  return query.useInfiniteQuery(
    "get",
    "/api/v1/feeds",
    { params: { query: { limit: PAGE } } },
    { ...BY_CURSOR, refetchInterval: LIVE_MS },
  );
}

export function useFeedKinds() {
  return query.useQuery("get", "/api/v1/feeds/kinds", {}, { staleTime: 300_000 });
}

export function useFeedCoverage(feed_id: number) {
  return query.useQuery("get", "/api/v1/feeds/{feed_id}/coverage", { params: { path: { feed_id } } });
}

/** What the role says by which a feed reads another account. */
export function useFeedTrust(feed_id: number) {
  return query.useQuery("get", "/api/v1/feeds/{feed_id}/trust", { params: { path: { feed_id } } });
}

/** The gate that a cloud pushes through; null: the feed has none yet. */
export function useFeedPush(feed_id: number) {
  return query.useQuery(
    "get",
    "/api/v1/feeds/{feed_id}/push",
    { params: { path: { feed_id } } },
    { refetchInterval: LIVE_MS },
  );
}

/** Another address, or another secret, which is in the answer and never told again; or none any longer. */
export function useFeedPushChanges() {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: ["get", "/api/v1/feeds/{feed_id}/push"] });
  const of = (feed: Feed) => ({
    params: { path: { feed_id: feed.id }, header: { "if-match": `"${feed.version}"` } },
  });
  const renew = useMutation({
    mutationFn: async (feed: Feed) => orThrow(await api.POST("/api/v1/feeds/{feed_id}/push", of(feed))),
    onSettled,
  });
  const shut = useMutation({
    mutationFn: async (feed: Feed) => orThrow(await api.DELETE("/api/v1/feeds/{feed_id}/push", of(feed))),
    onSettled,
  });
  return { renew, shut };
}

/** Changes name the version they were made against: somebody else's change is never overwritten unseen. */
export function useFeedChanges() {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: ["get", "/api/v1/feeds"] });
  const of = (feed: Feed) => ({
    params: { path: { feed_id: feed.id }, header: { "if-match": `"${feed.version}"` } },
  });
  const add = useMutation({
    mutationFn: async (body: NewFeed) => orThrow(await api.POST("/api/v1/feeds", { body })),
    onSettled,
  });
  const change = useMutation({
    mutationFn: async ({ feed, patch }: { feed: Feed; patch: FeedPatch }) =>
      orThrow(await api.PATCH("/api/v1/feeds/{feed_id}", { ...of(feed), body: patch })),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: async (feed: Feed) => orThrow(await api.DELETE("/api/v1/feeds/{feed_id}", of(feed))),
    onSettled,
  });
  return { add, change, remove };
}

/** Reads one object, or the latest events, to show what is understood of them. */
export function useTrial() {
  return useMutation({
    mutationFn: async (feed: Feed) =>
      orThrow(await api.POST("/api/v1/feeds/{feed_id}/trial", { params: { path: { feed_id: feed.id } }, body: {} })),
  });
}
