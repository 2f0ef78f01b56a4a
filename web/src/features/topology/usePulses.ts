/** Which links just carried traffic: those that grew between two answers about the same view. */

import { useEffect, useRef, useState } from "react";
import type { Graph } from "@/graph/model";
import { grown } from "./read";

const NONE: ReadonlySet<string> = new Set();

export function usePulses(graph: Graph | null, view: string): ReadonlySet<string> {
  const before = useRef<{ graph: Graph; view: string } | null>(null);
  const [pulses, setPulses] = useState<ReadonlySet<string>>(NONE);
  useEffect(() => {
    if (!graph) return;
    const was = before.current;
    before.current = { graph, view };
    setPulses(was && was.view === view && was.graph !== graph ? grown(was.graph, graph) : NONE);
  }, [graph, view]);
  return pulses;
}
