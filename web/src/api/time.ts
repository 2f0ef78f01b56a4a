/** What stands under the map's time, two times side by side, and the way between two places. */

import { keepPreviousData } from "@tanstack/react-query";
import { query } from "./client";
import type { TopologyAsked, When } from "./queries";
import type { Timeline } from "./types";

interface Of {
  space: number | undefined;
  q?: string | undefined;
}

function narrowed({ space, q }: Of) {
  return { ...(space === undefined ? {} : { space }), ...(q === undefined ? {} : { q }) };
}

export function useTimeline(from: string, to: string, of: Of) {
  return query.useQuery(
    "get",
    "/api/v1/topology/timeline",
    { params: { query: { from, to, ...narrowed(of) } } },
    { placeholderData: keepPreviousData<Timeline>, staleTime: 30_000 },
  );
}

/** `before` is the same kind of time as what is asked: an instant, or both ends of a window. */
export function useComparison(asked: TopologyAsked, before: When) {
  const at = before.at === undefined ? {} : { before_at: before.at };
  const from = before.from === undefined ? {} : { before_from: before.from };
  const to = before.to === undefined ? {} : { before_to: before.to };
  const group = asked.group === "network" ? "none" : asked.group;
  return query.useQuery("get", "/api/v1/topology/comparison", {
    params: { query: { ...asked.when, ...at, ...from, ...to, group, ...narrowed(asked) } },
  });
}

export interface PathAsked {
  from: string;
  to: string;
}

export function usePath({ from, to }: PathAsked, asked: TopologyAsked) {
  const { group, expand, when } = asked;
  const at = when.at === undefined ? {} : { at: when.at };
  return query.useQuery("get", "/api/v1/topology/path", {
    params: { query: { from, to, group, expand, ...at, ...narrowed(asked) } },
  });
}
