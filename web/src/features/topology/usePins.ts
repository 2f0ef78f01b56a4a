/** Where people put nodes: of the saved view that is shown, or else in this browser, for each grouping. */

import { useCallback, useEffect, useMemo, useState } from "react";
import type { View } from "@/api/types";
import type { Point, Scene } from "@/graph/model";
import { outlines } from "@/graph/outlines";

export type Pins = Record<string, Point>;

const KEY = "flowlens-pins";
const MOST = 2000;
const NONE: Pins = {};

function recall(key: string): Pins {
  try {
    return (JSON.parse(localStorage.getItem(`${KEY}:${key}`) ?? "null") as Pins | null) ?? NONE;
  } catch {
    return NONE;
  }
}

function keep(key: string, pins: Pins): void {
  try {
    localStorage.setItem(`${KEY}:${key}`, JSON.stringify(pins));
  } catch {
    // Without room to remember the pins last as long as the page.
  }
}

interface Pinned {
  pins: Pins;
  scene: Scene | null;
  pin: (id: string, to: Point) => void;
  /** Null takes all pins out. */
  unpin: (id: string | null) => void;
}

export function usePins(scene: Scene | null, key: string, view: View | null): Pinned {
  const of = view ? `view ${view.id} ${view.version}` : key;
  const [state, setState] = useState<{ of: string; pins: Pins }>({ of: "", pins: NONE });
  const pins = state.of === of ? state.pins : view ? (view.map?.pins ?? NONE) : recall(key);
  useEffect(() => {
    if (state.of === of && !view) keep(key, state.pins);
  }, [state, of, view, key]);
  const pin = useCallback(
    (id: string, to: Point) => {
      if (Object.keys(pins).length < MOST || id in pins) setState({ of, pins: { ...pins, [id]: to } });
    },
    [of, pins],
  );
  const unpin = useCallback(
    (id: string | null) =>
      setState({
        of,
        pins: id === null ? NONE : Object.fromEntries(Object.entries(pins).filter(([one]) => one !== id)),
      }),
    [of, pins],
  );
  const pinned = useMemo(() => (scene ? apply(scene, pins) : null), [scene, pins]);
  return { pins, scene: pinned, pin, unpin };
}

function apply(scene: Scene, pins: Pins): Scene {
  if (!scene.nodes.some(({ id }) => id in pins)) return scene;
  const nodes = scene.nodes.map((node) => ({ ...node, ...pins[node.id] }));
  return { nodes, links: scene.links, ...outlines(nodes) };
}
