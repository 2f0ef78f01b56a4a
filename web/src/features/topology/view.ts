/** What the address asks the map to show, and the way to change it. */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { TopologyAsked } from "@/api/queries";
import { nameOf } from "@/lib/attributes";
import { useNow } from "@/lib/useNow";
import { ALL_SPACES } from "@/ui/Spaces";
import type { MapSearch } from "./search";
import { beforeOf, described, type Time, timeOf, whenOf } from "./time";

export type Patch = Partial<Record<keyof MapSearch, unknown>>;
export type Change = (patch: Patch, replace?: boolean) => void;

export function useMapSearch(): [MapSearch, Change] {
  const search: MapSearch = useSearch({ from: "/pages/map" });
  const navigate = useNavigate();
  const change = useCallback(
    (patch: Patch, replace = false) => {
      void navigate({ to: "/map", search: (was: MapSearch) => without({ ...was, ...patch }), replace });
    },
    [navigate],
  );
  return [search, change];
}

function without(search: Patch): MapSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));
}

export interface AskedView {
  asked: TopologyAsked;
  before: TopologyAsked;
  time: Time;
  /** Can the answer still change? */
  live: boolean;
  /** In words, for exports. */
  filter: string;
}

const GROUPED: Record<string, string> = { none: "hosts", network: "networks" };
const NO_NETWORKS: string[] = [];

/** All address spaces, or one: what was chosen, the one of what is named, or the one that a map of very many begins with. */
export function spaceOf({ space, ...search }: MapSearch, home: number | undefined): number | undefined {
  if (space !== undefined || home === undefined) return space === ALL_SPACES ? undefined : space;
  const named = [search.sel, search.focus, search.path, ...(search.open ?? [])].find((one) => one?.includes("@"));
  return named === undefined ? home : Number(/@(\d+)/.exec(named)?.[1] ?? home);
}

export function useView(search: MapSearch, home: number | undefined): AskedView {
  const now = Math.floor(useNow(10_000) / 60_000) * 60_000;
  return useMemo(() => {
    const time = timeOf(search);
    const { g = "network", open = NO_NETWORKS, q, focus, hops = 1, way } = search;
    const space = spaceOf(search, home);
    const filter = [
      GROUPED[g] ?? `by ${g.split(",").map(nameOf).join(", then ")}`,
      ...(open.length > 0 ? [`open: ${open.join(", ")}`] : []),
      ...(space === undefined ? [] : [`address space ${space}`]),
      ...(q === undefined ? [] : [q]),
      ...(focus === undefined ? [] : [`within ${hops} of ${focus}`]),
      described(time),
    ];
    const asked: Omit<TopologyAsked, "when"> = {
      group: g,
      expand: open,
      space,
      q,
      focus,
      hops,
      way,
      rulesThen: search.rules === "then",
    };
    return {
      asked: { ...asked, when: whenOf(time, now) },
      before: { ...asked, when: beforeOf(time, now) },
      time,
      live: time.kind === "live" || time.kind === "last",
      filter: filter.join(", "),
    };
  }, [search, now, home]);
}
