/** Gives every node a place, in a worker, and remembers it in this browser: one memory per grouping. */

import { useCallback, useEffect, useRef, useState } from "react";
import { EMPTY, type Memory, WIDE } from "@/graph/layout";
import { Layouter } from "@/graph/layouter";
import type { Graph, Scene } from "@/graph/model";

const KEY = "flowlens-layout-2";
const HIGH = 0.7;
const MOST_REMEMBERED = 20_000;

function recall(key: string): Memory {
  try {
    const memory = JSON.parse(localStorage.getItem(`${KEY}:${key}`) ?? "null") as Memory | null;
    return memory ?? EMPTY;
  } catch {
    return EMPTY;
  }
}

function keep(key: string, memory: Memory): void {
  const size = Object.keys(memory.slots).length;
  try {
    localStorage.setItem(`${KEY}:${key}`, JSON.stringify(size > MOST_REMEMBERED ? { ...memory, slots: {} } : memory));
  } catch {
    // Private windows and full disks have no room to remember: the layout is still stable while the page is open.
  }
}

interface Layout {
  scene: Scene | null;
  /** Which view the scene is of: it comes a moment after its graph. */
  of: string;
  /** Forgets every place and lays out afresh. */
  tidy: () => void;
}

/** Two shapes only, so that nearly all browsers draw the same picture: lying screens and standing ones. */
function shape(): number {
  return window.innerWidth < window.innerHeight * 0.9 ? HIGH : WIDE;
}

/** `view` is null while the graph is still the one of the view before. */
export function useLayout(graph: Graph, key: string, view: string | null, live: boolean): Layout {
  const [done, setDone] = useState<{ scene: Scene | null; of: string }>({ scene: null, of: "" });
  const asked = useRef("");
  const memory = useRef<{ key: string; memory: Memory }>({ key, memory: EMPTY });
  const layouter = useRef<Layouter | null>(null);
  const newest = useRef(graph);
  const wasLive = useRef(true);

  useEffect(() => {
    const mine = new Layouter((laidOut, kept) => {
      memory.current.memory = kept;
      keep(memory.current.key, kept);
      setDone({ scene: laidOut, of: asked.current });
    });
    layouter.current = mine;
    return () => mine.destroy();
  }, []);

  useEffect(() => {
    newest.current = graph;
    if (memory.current.key !== key || memory.current.memory === EMPTY) memory.current = { key, memory: recall(key) };
    asked.current = view ?? asked.current;
    // Only a map that grows is laid out afresh. Another time moves nothing.
    layouter.current?.ask(graph, memory.current.memory, { wide: shape(), afresh: live && wasLive.current });
    wasLive.current = live;
  }, [graph, key, view, live]);

  const tidy = useCallback(() => {
    memory.current.memory = EMPTY;
    layouter.current?.ask(newest.current, EMPTY, { wide: shape(), afresh: true });
  }, []);

  return { ...done, tidy };
}
