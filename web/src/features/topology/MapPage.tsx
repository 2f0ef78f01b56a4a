/** The map: the topology of now or then, grouped as asked, with everything that matters in the address. */

import { Button, Skeleton, useComputedColorScheme } from "@mantine/core";
import { lazy, Suspense, useCallback, useMemo, useRef } from "react";
import { useTopology } from "@/api/queries";
import type { Topology } from "@/api/types";
import { withinBudget } from "@/graph/budget";
import type { PlacedNode } from "@/graph/model";
import { many } from "@/lib/format";
import { useLate } from "@/lib/useLate";
import { ProgressLine } from "@/ui/Page";
import { Failure } from "@/ui/Region";
import { useSpaceNames } from "@/ui/Spaces";
import { compare } from "./changes";
import { DARK, LIGHT } from "./ink";
import { Legend } from "./Legend";
import { MapCanvas, type Pick } from "./MapCanvas";
import { MapEmpty } from "./MapEmpty";
import css from "./map.module.css";
import { type MapData, type NodeRow, read } from "./read";
import { SidePanel } from "./SidePanel";
import { StatusLine } from "./StatusLine";
import { BUDGET, type MapSearch } from "./search";
import { TimeStrip } from "./TimeStrip";
import { NOWHERE, Toolbar } from "./Toolbar";
import { useLayout } from "./useLayout";
import { usePulses } from "./usePulses";
import type { Transform } from "./useZoom";
import { type AskedView, type Change, type Patch, useMapSearch, useView } from "./view";

/** Nobody exports before looking: the menu and its writers come after the map. */
const ExportMenu = lazy(() => import("./ExportMenu").then((found) => ({ default: found.ExportMenu })));
const MapList = lazy(() => import("./MapList").then((found) => ({ default: found.MapList })));

export function MapPage() {
  const [search, change] = useMapSearch();
  const view = useView(search);
  const asked = useTopology(view.asked, { live: view.live });
  const before = useTopology(view.before, { live: false, enabled: search.cmp === true });
  const late = useLate(asked.isPending);
  if (!asked.data) {
    if (asked.error)
      return (
        <div className={css["page"]}>
          <Failure error={asked.error} retry={asked.refetch} />
        </div>
      );
    return (
      <div className={css["page"]} aria-busy="true">
        {late && <Skeleton className={css["skeleton"] ?? ""} />}
      </div>
    );
  }
  const nothing = asked.data.totals.dependencies === 0 && search.space === undefined;
  if (nothing && view.time.kind === "live" && search.cmp !== true) return <MapEmpty />;
  return (
    <div className={css["page"]}>
      <ProgressLine busy={asked.isPlaceholderData} />
      {asked.error ? <Failure error={asked.error} retry={asked.refetch} stale /> : null}
      <Shown
        topology={asked.data}
        before={search.cmp === true && !before.isPlaceholderData ? (before.data ?? null) : null}
        search={search}
        asked={view}
        fresh={!asked.isPlaceholderData}
        change={change}
      />
    </div>
  );
}

interface ShownProps {
  topology: Topology;
  /** What it is compared with. */
  before: Topology | null;
  search: MapSearch;
  asked: AskedView;
  fresh: boolean;
  change: Change;
}

function Shown({ topology, before, search, asked, fresh, change }: ShownProps) {
  const ink = useComputedColorScheme("light") === "dark" ? DARK : LIGHT;
  const { several, nameOf } = useSpaceNames();
  const names = several ? nameOf : null;
  const expanded = asked.asked.expand;
  const plain = useMemo(() => read(topology, expanded, names), [topology, expanded, names]);
  const changes = useMemo(
    () => (before ? compare(read(before, expanded, names), plain) : null),
    [before, expanded, names, plain],
  );
  const data = changes?.data ?? plain;
  const group = topology.group;
  const view = `${group} ${search.space ?? ""} ${expanded.join(" ")}`;
  const { scene, of, tidy } = useLayout(data.graph, group, fresh ? view : null, asked.time.kind === "live");
  const pulses = usePulses(fresh && asked.live ? plain.graph : null, `${view} ${JSON.stringify(asked.asked.when)}`);
  const budget = search.links === 0 ? Number.POSITIVE_INFINITY : (search.links ?? BUDGET);
  const budgeted = useMemo(() => withinBudget(scene ?? data.graph, budget), [scene, data.graph, budget]);
  const open = (node: PlacedNode | NodeRow) => change({ ...opened(node, expanded, group), ...NOWHERE });
  const look = useLookInAddress(change);
  return (
    <>
      <Toolbar search={search} onChange={change} onTidy={tidy}>
        <Suspense
          fallback={
            <Button variant="default" disabled>
              Export
            </Button>
          }
        >
          <ExportMenu
            view={asked}
            topology={topology}
            data={data}
            scene={scene}
            drawn={budgeted.drawn}
            ink={ink}
            nameOf={names}
          />
        </Suspense>
      </Toolbar>
      <div className={css["middle"]}>
        {search.tab === "list" ? (
          <Suspense fallback={<div className={css["stage"]} />}>
            <MapList data={data} selected={search.sel ?? null} onPick={(sel) => change({ sel })} />
          </Suspense>
        ) : (
          scene && (
            <MapCanvas
              scene={scene}
              drawn={budgeted.drawn}
              ink={ink}
              picked={pickOf(search.sel, data)}
              start={startOf(search)}
              pulses={pulses}
              describe={(node) => described(node, data)}
              onPick={({ node, link }) => change({ sel: node ?? link ?? undefined })}
              onOpen={open}
              onLook={look}
              fitKey={of}
            />
          )
        )}
        {search.sel !== undefined && (
          <SidePanel
            data={data}
            selected={search.sel}
            expanded={expanded}
            onPick={(sel) => change({ sel: sel ?? undefined })}
            onOpen={open}
          />
        )}
      </div>
      <TimeStrip
        time={asked.time}
        search={search}
        changes={changes}
        bounded={topology.left_out.edges > 0 || (before?.left_out.edges ?? 0) > 0}
        onChange={change}
      />
      <StatusLine
        budgeted={budgeted}
        topology={topology}
        all={search.links === 0}
        onAll={(all) => change({ links: all ? 0 : undefined })}
      />
      <Legend data={data} />
    </>
  );
}

/** Opens a network, or closes the one a host was opened from. */
function opened(node: PlacedNode | NodeRow, expanded: string[], group: string): Patch {
  if (group !== "network") return {};
  if (node.kind === "network") return { open: [...expanded, node.id].slice(-20), sel: undefined };
  const rest = expanded.filter((id) => id !== node.block);
  if (rest.length === expanded.length) return {};
  return { open: rest.length > 0 ? rest : undefined, sel: undefined };
}

function pickOf(sel: string | undefined, data: MapData): Pick {
  return {
    node: sel !== undefined && data.nodes.has(sel) ? sel : null,
    link: sel !== undefined && data.links.has(sel) ? sel : null,
  };
}

function startOf({ x, y, k }: MapSearch): Transform | null {
  return x === undefined || y === undefined || k === undefined ? null : { x, y, k };
}

function described(node: PlacedNode, { links }: MapData): string {
  const all = [...links.values()];
  const uses = all.filter((link) => link.client.id === node.id).length;
  const used = all.filter((link) => link.server.id === node.id).length;
  const what = node.kind === "host" ? "" : `, ${many(node.assets, "asset")}`;
  return `${node.label}${what}, ${node.internal ? "internal" : "external"}, depends on ${uses}, used by ${used}`;
}

/** Where one looks goes into the address once the hand rests, without filling the history. */
function useLookInAddress(change: Change): (to: Transform) => void {
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
