/** A small picture of the map, or of a saved view of it: the same painter, as an image that leads to the map. */

import { useComputedColorScheme } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { useTopology } from "@/api/queries";
import type { Topology } from "@/api/types";
import { useView } from "@/api/views";
import { withinBudget } from "@/graph/budget";
import { EMPTY, WIDE } from "@/graph/layout";
import { Layouter } from "@/graph/layouter";
import type { Graph, Scene } from "@/graph/model";
import { outlines } from "@/graph/outlines";
import { pictureOf, svgOf } from "@/graph/picture";
import { many } from "@/lib/format";
import { DARK, LIGHT } from "@/ui/ink";
import { Empty, Region } from "@/ui/Region";
import { useSpaceNames } from "@/ui/Spaces";
import css from "./home.module.css";

const LINKS = 60;

export function MapWidget({ view, q }: { view: number | undefined; q: string | undefined }) {
  const { data: saved, error } = useView(view);
  const { home, known } = useSpaceNames();
  const state = saved?.map;
  const asked = useTopology(
    {
      group: state?.g ?? "network",
      expand: state?.open ?? [],
      space: (state?.space ?? home) || undefined,
      q: state?.q ?? q,
      when: state?.at ? { at: state.at } : {},
    },
    { live: true, enabled: known && (view === undefined || saved !== undefined) },
  );
  if (error) return <Empty title="This view is gone, or not shared with you any more" />;
  return (
    <Region of={asked} height={320}>
      {(topology) => <Picture topology={topology} pins={state?.pins ?? {}} view={view} />}
    </Region>
  );
}

interface PictureProps {
  topology: Topology;
  pins: Record<string, { x: number; y: number }>;
  view: number | undefined;
}

function Picture({ topology, pins, view }: PictureProps) {
  const ink = useComputedColorScheme("light") === "dark" ? DARK : LIGHT;
  const graph = useMemo(() => graphOf(topology), [topology]);
  const [scene, setScene] = useState<Scene | null>(null);
  useEffect(() => {
    const layouter = new Layouter((laidOut) => setScene(laidOut));
    layouter.ask(graph, EMPTY, { wide: WIDE, afresh: true });
    return () => layouter.destroy();
  }, [graph]);
  const source = useMemo(() => {
    if (!scene || scene.nodes.length === 0) return null;
    const nodes = scene.nodes.map((node) => ({ ...node, ...pins[node.id] }));
    const placed = { nodes, links: scene.links, ...outlines(nodes) };
    const { drawn } = withinBudget(placed, LINKS);
    const quiet = { selectedNode: null, selectedLink: null, hovered: null, cursor: null, everyLabel: true };
    return `data:image/svg+xml,${encodeURIComponent(svgOf(pictureOf(placed, { ...quiet, ink, drawn }, [])))}`;
  }, [scene, pins, ink]);
  const words = `${many(topology.nodes.id.length, "node")}, ${many(topology.totals.edges, "link")}`;
  if (topology.totals.edges === 0) return <Empty title="No flows yet" />;
  const picture = source ? <img src={source} alt={`The map: ${words}`} /> : null;
  return view === undefined ? (
    <Link to="/map" className={css["picture"] ?? ""}>
      {picture}
    </Link>
  ) : (
    <Link to="/views/$id" params={{ id: String(view) }} className={css["picture"] ?? ""}>
      {picture}
    </Link>
  );
}

function graphOf({ nodes, edges }: Topology): Graph {
  return {
    nodes: nodes.id.map((id, i) => ({
      id,
      label: nodes.label[i] ?? id,
      kind: nodes.kind[i] ?? "host",
      space: nodes.address_space_id[i] ?? 0,
      assets: nodes.assets[i] ?? 0,
      internal: nodes.internal[i] ?? true,
      block: nodes.within[i]?.[0] ?? id,
      within: nodes.within[i] ?? [],
    })),
    links: edges.source.flatMap((source, i) => {
      const target = edges.target[i] ?? source;
      if (source === target) return [];
      return {
        id: `${nodes.id[source]}>${nodes.id[target]}`,
        source,
        target,
        octets: edges.octets[i] ?? 0,
        flows: edges.flows[i] ?? 0,
        dependencies: edges.dependencies[i] ?? 0,
        rung: edges.evidence[i] ?? "port_order",
      };
    }),
  };
}
