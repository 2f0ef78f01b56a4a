/** The drawn map. Draws what it is given; says what was clicked, opened or pointed at. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { busiest, isDirection, step } from "@/graph/cursor";
import { HitTest } from "@/graph/hit";
import { type Box, bounds, fitBox, type PlacedNode, within } from "@/graph/model";
import { Stage } from "@/graph/stage";
import { type CanvasProps, NOTHING } from "./canvasProps";
import { actionOf } from "./keys";
import css from "./map.module.css";
import { useDrag } from "./useDrag";
import { useZoom } from "./useZoom";
import { ZoomButtons } from "./ZoomButtons";

const DOUBLE_CLICK_MS = 500;

export function MapCanvas(props: CanvasProps) {
  const { scene, drawn, ink, picked, traced, start, pulses, describe, onPick, onOpen, onTrace, onPin, onLook } = props;
  const { fitKey, focused } = props;
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const stage = useRef<Stage | null>(null);
  const size = useRef({ width: 0, height: 0 });
  const fitted = useRef<string | null>(null);
  /** What was looked at as a whole: at another time less may be there, and nothing moves for that. */
  const whole = useRef<Box | null>(null);
  /** Until a hand moves the map, all of it stays in sight. */
  const byHand = useRef(start !== null);
  /** Nothing moves under the pointer between the two clicks of a double click. */
  const still = useRef(0);
  const [hovered, setHovered] = useState<string | null>(null);
  const [cursor, setCursor] = useState<string | null>(null);
  const hits = useMemo(() => new HitTest(scene), [scene]);
  const sceneNow = useRef(scene);
  sceneNow.current = scene;

  const held = useRef(false);
  const zoom = useZoom(canvas, {
    busy: () => held.current,
    onMove: ({ x, y, k }, gesture) => {
      stage.current?.move(x, y, k);
      if (!gesture) return;
      byHand.current = true;
      onLook({ x, y, k });
    },
  });

  const lookAtAll = useCallback(
    (smooth: boolean) => {
      const { width, height } = size.current;
      if (width === 0 || sceneNow.current.nodes.length === 0) return;
      whole.current = bounds(sceneNow.current);
      const view = fitBox(whole.current, width, height);
      byHand.current = false;
      if (smooth) zoom.glide(view);
      else zoom.set(view);
    },
    [zoom],
  );

  useEffect(() => {
    const box = frame.current;
    const element = canvas.current;
    if (!box || !element) return undefined;
    const mine = new Stage(element);
    stage.current = mine;
    let later: ReturnType<typeof setTimeout>;
    const refit = (): void => {
      if (!whole.current || byHand.current) return;
      zoom.set(fitBox(whole.current, size.current.width, size.current.height));
    };
    const measure = (): void => {
      size.current = { width: box.clientWidth, height: box.clientHeight };
      mine.size(box.clientWidth, box.clientHeight, Math.min(2, window.devicePixelRatio || 1));
      clearTimeout(later);
      const wait = still.current - performance.now();
      if (wait > 0) later = setTimeout(refit, wait);
      else refit();
    };
    const watch = new ResizeObserver(measure);
    watch.observe(box);
    measure();
    return () => {
      watch.disconnect();
      clearTimeout(later);
      mine.destroy();
    };
  }, [zoom]);

  useEffect(() => {
    if (focused) canvas.current?.focus();
  }, [focused]);

  useEffect(() => stage.current?.show(scene), [scene]);

  useEffect(() => {
    const { node: selectedNode, link: selectedLink } = picked;
    stage.current?.look({ ink, drawn, selectedNode, selectedLink, hovered, cursor, traced, everyLabel: false });
  }, [ink, drawn, picked, traced, hovered, cursor]);

  useEffect(() => {
    if (scene.nodes.length === 0) return;
    if (fitted.current === fitKey) {
      const box = bounds(scene);
      if (!byHand.current && box && whole.current && !within(box, whole.current)) lookAtAll(true);
      return;
    }
    const first = fitted.current === null;
    fitted.current = fitKey;
    if (first && start) zoom.set(start);
    else lookAtAll(!first);
  }, [scene, fitKey, start, zoom, lookAtAll]);

  useEffect(() => {
    if (pulses.size > 0 && !matchMedia("(prefers-reduced-motion: reduce)").matches) stage.current?.pulse(pulses);
  }, [pulses]);

  const worldAt = ({ clientX, clientY }: { clientX: number; clientY: number }) => {
    const box = canvas.current?.getBoundingClientRect();
    const { x, y, k } = zoom.current();
    return { x: (clientX - (box?.left ?? 0) - x) / k, y: (clientY - (box?.top ?? 0) - y) / k };
  };

  useDrag(canvas, held, {
    nodeAt: (event) => hits.node(worldAt(event), 6 / zoom.current().k),
    worldAt: (event) => worldAt(event),
    onDrag: (id, to) => {
      byHand.current = true;
      onPin(id, to);
    },
  });

  const under = (event: { clientX: number; clientY: number }) => {
    const { k } = zoom.current();
    const at = worldAt(event);
    const touches = (id: string, i: number): boolean => {
      const [a, b] = id.split(">");
      return (drawn[i] ?? false) || id === picked.link || a === picked.node || b === picked.node;
    };
    return hits.at(at, 6 / k, (link, i) => touches(link.id, i));
  };

  const nodeOf = (id: string | null): PlacedNode | null => scene.nodes.find((node) => node.id === id) ?? null;

  const keys = (event: React.KeyboardEvent) => {
    const act = actionOf(event.key);
    if (!act) return;
    event.preventDefault();
    const node = nodeOf(cursor);
    if (act === "in") zoom.by(1.3);
    else if (act === "out") zoom.by(1 / 1.3);
    else if (act === "fit") lookAtAll(true);
    else if (act === "clear") {
      onPick(NOTHING);
      setCursor(null);
    } else if (act === "enter") {
      if (!node) return;
      // Enter selects; Enter on what is selected opens it.
      if (picked.node === node.id) onOpen(node);
      else onPick({ node: node.id, link: null });
    } else if (act === "up" || act === "down" || act === "focus" || act === "path") {
      event.stopPropagation(); // elsewhere the same letters open pages
      const of = cursor ?? picked.node;
      if (of !== null) onTrace(act, of);
    } else if (isDirection(event.key)) moveCursor(step(scene, cursor ?? picked.node, event.key));
  };

  const moveCursor = (to: string | null) => {
    setCursor(to);
    const node = nodeOf(to);
    if (!node) return;
    const { x, y, k } = zoom.current();
    const [left, top] = [node.x * k + x, node.y * k + y];
    const { width, height } = size.current;
    const out = left < 40 || top < 40 || left > width - 40 || top > height - 40;
    if (!out) return;
    byHand.current = true;
    zoom.glide({ x: width / 2 - node.x * k, y: height / 2 - node.y * k, k });
  };

  const spoken = nodeOf(cursor);
  return (
    <div ref={frame} className={css["stage"]}>
      <canvas
        ref={canvas}
        role="application"
        tabIndex={0}
        aria-label="Dependency map. Arrow keys move between nodes, Enter selects and opens, Escape clears, plus, minus and 0 zoom. T shows the same as a table."
        data-over={hovered !== null || undefined}
        onKeyDown={keys}
        onFocus={() => setCursor((was) => was ?? picked.node ?? busiest(scene))}
        onBlur={() => setCursor(null)}
        onPointerMove={(event) => {
          const hit = event.buttons === 0 ? under(event) : null;
          setHovered(hit && "node" in hit ? hit.node.id : hit ? hit.link.id : null);
        }}
        onPointerLeave={() => setHovered(null)}
        onClick={(event) => {
          still.current = performance.now() + DOUBLE_CLICK_MS;
          const hit = under(event);
          onPick(
            hit ? ("node" in hit ? { node: hit.node.id, link: null } : { node: null, link: hit.link.id }) : NOTHING,
          );
        }}
        onDoubleClick={(event) => {
          const hit = under(event);
          if (hit && "node" in hit) onOpen(hit.node);
        }}
      />
      <div className="visually-hidden" aria-live="polite">
        {spoken ? describe(spoken) : ""}
      </div>
      <ZoomButtons onIn={() => zoom.by(1.3)} onOut={() => zoom.by(1 / 1.3)} onFit={() => lookAtAll(true)} />
    </div>
  );
}
