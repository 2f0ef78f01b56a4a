/** The filter language, while someone types it: the API knows its words, its values and its faults. */

import { keepPreviousData } from "@tanstack/react-query";
import { query } from "./client";
import type { Completions } from "./types";

export type { Completions };

export function useCompletions(q: string, cursor: number, enabled: boolean) {
  return query.useQuery(
    "get",
    "/api/v1/query/completions",
    { params: { query: { q, at: cursor } } },
    { enabled, staleTime: 60_000, placeholderData: keepPreviousData<Completions> },
  );
}
