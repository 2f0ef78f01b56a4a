/** d3's gestures on the canvas, and nothing else of d3: the current transform, and ways to set it. */

import { select } from "d3-selection";
import { type ZoomBehavior, type ZoomTransform, zoom, zoomIdentity } from "d3-zoom";
import { type RefObject, useEffect, useMemo, useRef } from "react";

export interface Transform {
  x: number;
  y: number;
  k: number;
}

export interface Zoom {
  current: () => Transform;
  set: (to: Transform) => void;
  glide: (to: Transform) => void;
  by: (factor: number) => void;
}

const GLIDE_MS = 220;
export const SCALE: [number, number] = [0.04, 6];

interface Options {
  /** `byHand`: a gesture of the user, not of the program. */
  onMove: (transform: Transform, byHand: boolean) => void;
  /** While a node is in the hand the map keeps still. */
  busy: () => boolean;
}

export function useZoom(canvas: RefObject<HTMLCanvasElement | null>, { onMove, busy }: Options): Zoom {
  const state = useRef<Transform>({ x: 0, y: 0, k: 1 });
  const behavior = useRef<ZoomBehavior<HTMLCanvasElement, unknown> | null>(null);
  const moved = useRef(onMove);
  moved.current = onMove;
  const held = useRef(busy);
  held.current = busy;

  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const gestures = zoom<HTMLCanvasElement, unknown>().scaleExtent(SCALE).clickDistance(4);
    const usual = gestures.filter();
    gestures.filter(function (this: HTMLCanvasElement, event: Event, datum: unknown) {
      return !(event.type === "mousedown" && held.current()) && usual.call(this, event, datum);
    });
    gestures.on("zoom", (event: { transform: ZoomTransform; sourceEvent: Event | null }) => {
      const { x, y, k } = event.transform;
      state.current = { x, y, k };
      moved.current(state.current, event.sourceEvent !== null);
    });
    behavior.current = gestures;
    // A double click opens a network here; it does not zoom.
    select(element).call(gestures).on("dblclick.zoom", null);
    return () => {
      select(element).on(".zoom", null);
    };
  }, [canvas]);

  return useMemo(() => {
    const set = ({ x, y, k }: Transform): void => {
      if (canvas.current && behavior.current) {
        select(canvas.current).call(behavior.current.transform, zoomIdentity.translate(x, y).scale(k));
      }
    };
    const glide = (to: Transform): void => {
      const from = state.current;
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) return set(to);
      const began = performance.now();
      const frame = (now: number): void => {
        const t = Math.min(1, (now - began) / GLIDE_MS);
        const eased = 1 - (1 - t) ** 3;
        const mix = (a: number, b: number): number => a + (b - a) * eased;
        set({ x: mix(from.x, to.x), y: mix(from.y, to.y), k: mix(from.k, to.k) });
        if (t < 1) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    };
    const by = (factor: number): void => {
      if (canvas.current && behavior.current) select(canvas.current).call(behavior.current.scaleBy, factor);
    };
    return { current: () => state.current, set, glide, by };
  }, [canvas]);
}
