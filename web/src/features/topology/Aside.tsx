/** What stands beside the map: the comparison as a list, the way between two, or what is selected. */

import { lazy, Suspense } from "react";
import type { Path } from "@/api/types";
import type { MapData, NodeRow } from "./read";
import { SidePanel } from "./SidePanel";
import type { MapSearch } from "./search";
import { earlier } from "./time";
import type { AskedView, Change } from "./view";

const ComparePanel = lazy(() => import("./ComparePanel").then((found) => ({ default: found.ComparePanel })));
const PathPanel = lazy(() => import("./PathPanel").then((found) => ({ default: found.PathPanel })));

interface Props {
  data: MapData;
  search: MapSearch;
  asked: AskedView;
  listed: boolean;
  onUnlist: () => void;
  onOpen: (node: NodeRow) => void;
  onTrace: (way: "up" | "down", node: string) => void;
  onPath: (path: Path | null) => void;
  change: Change;
}

export function Aside({ data, search, asked, listed, onUnlist, onOpen, onTrace, onPath, change }: Props) {
  if (search.path !== undefined)
    return (
      <Suspense>
        <PathPanel
          from={search.path}
          to={search.sel === search.path ? undefined : search.sel}
          data={data}
          asked={asked.asked}
          onPath={onPath}
          onClose={() => change({ path: undefined })}
        />
      </Suspense>
    );
  if (listed && search.cmp === true)
    return (
      <Suspense>
        <ComparePanel asked={asked.asked} before={asked.before.when} against={earlier(asked.time)} onClose={onUnlist} />
      </Suspense>
    );
  if (search.sel === undefined) return null;
  return (
    <SidePanel
      data={data}
      selected={search.sel}
      expanded={asked.asked.expand}
      onPick={(sel) => change({ sel: sel ?? undefined })}
      onOpen={onOpen}
      onTrace={onTrace}
      change={change}
    />
  );
}
