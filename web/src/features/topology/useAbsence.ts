/** What changed while nobody could ask: the tab slept, the network was away, the API was down. */

import { useEffect, useRef, useState } from "react";
import type { Graph } from "@/graph/model";
import { grown } from "./read";

/** Answers come every five seconds; this long without one is an absence. */
export const LATE = 25_000;

export interface CaughtUp {
  minutes: number;
  added: number;
  gone: number;
  grown: number;
}

/** `answered` is when the last answer came, by the clock of this machine. */
export function useAbsence(graph: Graph, fresh: boolean, answered: number): CaughtUp | null {
  const before = useRef<{ graph: Graph; at: number } | null>(null);
  const [found, setFound] = useState<{ of: CaughtUp; at: number } | null>(null);
  useEffect(() => {
    if (!fresh) {
      before.current = null; // another view: not comparable
      return;
    }
    const was = before.current;
    before.current = { graph, at: answered };
    if (was && answered - was.at > LATE) setFound({ of: between(was.graph, graph, answered - was.at), at: answered });
    else setFound((now) => (now && answered - now.at < LATE ? now : null));
  }, [graph, fresh, answered]);
  return found?.of ?? null;
}

export function between(before: Graph, after: Graph, absent: number): CaughtUp {
  const [was, is] = [new Set(before.links.map(({ id }) => id)), new Set(after.links.map(({ id }) => id))];
  const added = [...is].filter((id) => !was.has(id)).length;
  const gone = [...was].filter((id) => !is.has(id)).length;
  return { minutes: Math.max(1, Math.round(absent / 60_000)), added, gone, grown: grown(before, after).size - added };
}
