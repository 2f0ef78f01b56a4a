/** Small readings of the map's state: what opens, what is picked, where one looks, what is said of a node. */

import { useCallback, useRef } from "react";
import type { PlacedNode } from "@/graph/model";
import { many } from "@/lib/format";
import type { Pick } from "./canvasProps";
import type { MapData, NodeRow } from "./read";
import type { MapSearch } from "./search";
import type { Transform } from "./useZoom";
import type { Change, Patch } from "./view";

/** Opens a network, or closes the one a host was opened from. */
export function opened(node: PlacedNode | NodeRow, expanded: string[], group: string): Patch {
  if (group === "none") return {};
  if (node.kind === "network" || node.kind === "group" || node.kind === "internet")
    return { open: [...expanded, node.id].slice(-50), sel: undefined };
  const rest = closed(node, expanded, group);
  if (rest.length === expanded.length) return {};
  return { open: rest.length > 0 ? rest : undefined, sel: undefined };
}

/** What the opened Internet is folded by. */
const FOLDED = ["country=", "organisation="];

/** What stays open when the innermost that a node is in is closed: what was open within it closes too. */
function closed({ block, within = [] }: PlacedNode | NodeRow, expanded: string[], group: string): string[] {
  const inner = [block, ...within].reverse().find((id) => expanded.includes(id));
  if (inner === undefined) return expanded;
  const [path, space] = [inner.replace(/@\d+$/, ""), /@\d+$/.exec(inner)?.[0] ?? ""];
  const inside =
    path === "internet" ? FOLDED.filter((by) => !group.split(",").includes(by.slice(0, -1))) : [`${path}&`];
  return expanded.filter((id) => id !== inner && !(inside.some((one) => id.startsWith(one)) && id.endsWith(space)));
}

export function pickOf(sel: string | undefined, data: MapData): Pick {
  return {
    node: sel !== undefined && data.nodes.has(sel) ? sel : null,
    link: sel !== undefined && data.links.has(sel) ? sel : null,
  };
}

export function startOf({ x, y, k }: MapSearch): Transform | null {
  return x === undefined || y === undefined || k === undefined ? null : { x, y, k };
}

export function described(node: PlacedNode, { links }: MapData): string {
  const all = [...links.values()];
  const uses = all.filter((link) => link.client.id === node.id).length;
  const used = all.filter((link) => link.server.id === node.id).length;
  const what = node.kind === "host" ? "" : `, ${many(node.assets, "asset")}`;
  return `${node.label}${what}, ${node.internal ? "internal" : "external"}, depends on ${uses}, used by ${used}`;
}

/** Where one looks goes into the address once the hand rests, without filling the history. */
export function useLookInAddress(change: Change): (to: Transform) => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return useCallback(
    ({ x, y, k }: Transform) => {
      clearTimeout(timer.current);
      const rounded = { x: Math.round(x), y: Math.round(y), k: Math.round(k * 1000) / 1000 };
      timer.current = setTimeout(() => change(rounded, true), 350);
    },
    [change],
  );
}
