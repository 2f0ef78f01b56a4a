/** What widgets there are, and how they stand until someone arranges them. */

import type { Widget } from "@/api/types";

export const DEFAULT: Widget[] = [
  { kind: "counts", title: "", wide: true },
  { kind: "map", title: "", wide: true },
  { kind: "traffic", title: "", wide: true },
  { kind: "talkers", title: "", wide: false },
  { kind: "new_dependencies", title: "", wide: false },
  { kind: "sources", title: "", wide: false },
];

const TITLES: Record<Widget["kind"], string> = {
  counts: "In short",
  map: "The map",
  traffic: "Traffic of the last day",
  talkers: "Who talks most, last day",
  new_dependencies: "New dependencies",
  sources: "Flow sources",
};

export function titleOf({ kind, title }: Widget): string {
  return title || TITLES[kind];
}
