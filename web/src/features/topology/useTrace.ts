/** What stands out on the map: all that lies upstream or downstream of a node, or the way between two. */

import { useCallback, useMemo, useState } from "react";
import type { Path } from "@/api/types";
import { type Traced, trace } from "@/graph/trace";
import type { MapData } from "./read";
import type { MapSearch } from "./search";
import type { Patch } from "./view";

interface Tracing {
  traced: Traced | null;
  /** The same once more shows everything again. */
  show: (way: "up" | "down", node: string) => void;
  onPath: (path: Path | null) => void;
}

export function useTrace(data: MapData, search: MapSearch): Tracing {
  const [asked, setAsked] = useState<{ way: "up" | "down"; node: string } | null>(null);
  const [path, setPath] = useState<Path | null>(null);
  const { sel, path: from } = search;
  const show = useCallback(
    (way: "up" | "down", node: string) =>
      setAsked((was) => (was && was.way === way && was.node === node ? null : { way, node })),
    [],
  );
  const traced = useMemo(() => {
    if (from !== undefined) return path?.found ? along(path) : null;
    // A selection elsewhere ends it.
    if (!asked || (sel !== undefined && sel !== asked.node) || !data.nodes.has(asked.node)) return null;
    return trace(data.graph, asked.node, asked.way);
  }, [asked, path, from, sel, data]);
  return { traced, show, onPath: setPath };
}

function along({ steps }: Path): Traced {
  const nodes = new Set(steps.flatMap(({ client, server }) => [client.node, server.node]));
  const links = new Set(steps.map(({ client, server }) => `${client.node}>${server.node}`));
  return { nodes, links, hops: steps.length };
}

export function patchFor(how: "focus" | "path", node: string): Patch {
  return how === "focus" ? { focus: node, sel: undefined, x: undefined, y: undefined, k: undefined } : { path: node };
}
