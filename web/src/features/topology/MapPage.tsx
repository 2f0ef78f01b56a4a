/** The map: the topology of now or then, grouped as asked, with everything that matters in the address. */

import { Button, Skeleton, useComputedColorScheme } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTopology } from "@/api/queries";
import type { Topology } from "@/api/types";
import { useView as useSavedView } from "@/api/views";
import { withinBudget } from "@/graph/budget";
import type { PlacedNode } from "@/graph/model";
import { useLate } from "@/lib/useLate";
import { ProgressLine } from "@/ui/Page";
import { Failure } from "@/ui/Region";
import { useSpaceNames } from "@/ui/Spaces";
import { Aside } from "./Aside";
import { compare } from "./changes";
import { DARK, LIGHT } from "@/ui/ink";
import { Legend } from "./Legend";
import { described, opened, pickOf, startOf, useLookInAddress } from "./looking";
import { MapCanvas } from "./MapCanvas";
import { MapEmpty } from "./MapEmpty";
import css from "./map.module.css";
import { Failed, Nothing } from "./NoMap";
import { type NodeRow, read } from "./read";
import { StatusLine } from "./StatusLine";
import { BUDGET, type MapSearch } from "./search";
import { TimeStrip } from "./TimeStrip";
import { NOWHERE, Toolbar } from "./Toolbar";
import { useLayout } from "./useLayout";
import { usePins } from "./usePins";
import { usePulses } from "./usePulses";
import { patchFor, useTrace } from "./useTrace";
import { ViewNote } from "./ViewNote";
import { type AskedView, type Change, useMapSearch, useView } from "./view";

/** Nobody exports before looking: the menu and its writers come after the map. */
const ExportMenu = lazy(() => import("./ExportMenu").then((found) => ({ default: found.ExportMenu })));
const ViewsMenu = lazy(() => import("./ViewsMenu").then((found) => ({ default: found.ViewsMenu })));
const MapList = lazy(() => import("./MapList").then((found) => ({ default: found.MapList })));

export function MapPage() {
  const [search, change] = useMapSearch();
  const { home, known } = useSpaceNames();
  const view = useView(search, home);
  const asked = useTopology(view.asked, { live: view.live, enabled: known });
  const before = useTopology(view.before, { live: false, enabled: search.cmp === true });
  const late = useLate(asked.isPending);
  if (!asked.data) {
    if (asked.error) return <Failed error={asked.error} retry={asked.refetch} search={search} change={change} />;
    return (
      <div className={css["page"]} aria-busy="true">
        {late && <Skeleton className={css["skeleton"] ?? ""} />}
      </div>
    );
  }
  const nothing = asked.data.totals.dependencies === 0 && view.asked.space === undefined && search.q === undefined;
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
        answered={asked.dataUpdatedAt}
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
  answered: number;
  change: Change;
}

function Shown({ topology, before, search, asked, fresh, answered, change }: ShownProps) {
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
  const view = `${group} ${asked.asked.space ?? ""} ${expanded.join(" ")}`;
  const { scene: laidOut, of, tidy } = useLayout(data.graph, group, fresh ? view : null, asked.time.kind === "live");
  const { data: saved } = useSavedView(search.view);
  const { scene, pins, pin, unpin } = usePins(laidOut, group, saved?.map ? saved : null);
  const pulses = usePulses(fresh && asked.live ? plain.graph : null, `${view} ${JSON.stringify(asked.asked.when)}`);
  const budget = search.links === 0 ? Number.POSITIVE_INFINITY : (search.links ?? BUDGET);
  const budgeted = useMemo(() => withinBudget(scene ?? data.graph, budget), [scene, data.graph, budget]);
  const open = (node: PlacedNode | NodeRow) => change({ ...opened(node, expanded, group), ...NOWHERE });
  const picked = useMemo(() => pickOf(search.sel, data), [search.sel, data]);
  const look = useLookInAddress(change);
  const { traced, show, onPath } = useTrace(data, search);
  const [listed, setListed] = useState(false);
  /** Whoever turns the map by a key goes on with the keys. */
  const [byKey, setByKey] = useState(false);
  useHotkeys([["t", () => [setByKey(true), change({ tab: search.tab === "list" ? undefined : "list" })]]]);
  return (
    <>
      <Toolbar
        search={search}
        onChange={change}
        onTidy={tidy}
        pinned={Object.keys(pins).length}
        onUnpin={() => unpin(null)}
      >
        <Suspense fallback={<Waiting name="Views" />}>
          <ViewsMenu search={search} pins={pins} view={saved ?? null} change={change} />
        </Suspense>
        <Suspense fallback={<Waiting name="Export" />}>
          <ExportMenu view={asked} topology={topology} data={data} scene={scene} drawn={budgeted.drawn} ink={ink} />
        </Suspense>
      </Toolbar>
      {saved && <ViewNote view={saved} />}
      <div className={css["middle"]}>
        {topology.totals.dependencies === 0 && (search.q !== undefined || search.focus !== undefined) ? (
          <Nothing onClear={() => change({ q: undefined, focus: undefined })} />
        ) : search.tab === "list" ? (
          <Suspense fallback={<div className={css["stage"]} />}>
            <MapList data={data} selected={search.sel ?? null} onPick={(sel) => change({ sel })} focused={byKey} />
          </Suspense>
        ) : (
          scene && (
            <MapCanvas
              scene={scene}
              traced={traced}
              onTrace={(how, node) => (how === "up" || how === "down" ? show(how, node) : change(patchFor(how, node)))}
              drawn={budgeted.drawn}
              ink={ink}
              picked={picked}
              start={startOf(search)}
              pulses={pulses}
              describe={(node) => described(node, data)}
              onPick={({ node, link }) => change({ sel: node ?? link ?? undefined })}
              onOpen={open}
              onPin={pin}
              onLook={look}
              fitKey={of}
              focused={byKey}
            />
          )
        )}
        <Aside
          data={data}
          search={search}
          asked={asked}
          listed={listed}
          onUnlist={() => setListed(false)}
          onOpen={open}
          onTrace={show}
          onPath={onPath}
          change={change}
        />
      </div>
      <TimeStrip
        time={asked.time}
        search={search}
        space={asked.asked.space}
        changes={changes}
        ready={fresh}
        listed={listed}
        onList={() => setListed(!listed)}
        bounded={topology.left_out.edges > 0 || (before?.left_out.edges ?? 0) > 0}
        onChange={change}
      />
      <StatusLine
        budgeted={budgeted}
        live={asked.live ? { graph: plain.graph, fresh, answered } : null}
        topology={topology}
        all={search.links === 0}
        onAll={(all) => change({ links: all ? 0 : undefined })}
      />
      <Legend data={data} />
    </>
  );
}

/** As large as the button that comes. */
function Waiting({ name }: { name: string }) {
  return (
    <Button variant="default" disabled>
      {name}
    </Button>
  );
}
