/** Dead letters: what could not be counted, by kind, reason and state. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, orThrow, query } from "./client";
import type { DeadLetter, DeadLetterGroup } from "./types";

const LIVE_MS = 5000;

export function useDeadLetters() {
  return query.useQuery("get", "/api/v1/dead-letters/reasons", {}, { refetchInterval: LIVE_MS });
}

/** The open ones of a kind and reason that is no record, the newest first, of the newest thousand. */
export function useLetters({ kind, reason }: DeadLetterGroup) {
  const asked = query.useQuery("get", "/api/v1/dead-letters", { params: { query: { state: "open", limit: 1000 } } });
  return { ...asked, data: asked.data?.items.filter((one) => one.kind === kind && one.reason === reason) };
}

/** One file is tried again or ignored. */
export function useLetterChange() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ letter, verb }: { letter: DeadLetter; verb: "retry" | "ignore" }) => {
      const params = { path: { letter_id: letter.id }, header: { "if-match": `"${letter.version}"` } };
      return orThrow(await api.POST(`/api/v1/dead-letters/{letter_id}/${verb}`, { params }));
    },
    onSettled: () =>
      client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/v1/dead-letters") }),
  });
}

export function useDeadLetterChanges() {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: ["get", "/api/v1/dead-letters/reasons"] });
  const of = ({ kind, reason }: DeadLetterGroup) => ({ body: { kind, reason } });
  const retry = useMutation({
    mutationFn: async (group: DeadLetterGroup) => orThrow(await api.POST("/api/v1/dead-letters/retry", of(group))),
    onSettled,
  });
  const ignore = useMutation({
    mutationFn: async (group: DeadLetterGroup) => orThrow(await api.POST("/api/v1/dead-letters/ignore", of(group))),
    onSettled,
  });
  return { retry, ignore };
}
