/** A node follows the hand: with a mouse or a pen, never under a finger that wants to move the map. */

import { type RefObject, useEffect, useRef } from "react";
import type { PlacedNode, Point } from "@/graph/model";

/** A hand that only clicks moves less than this. */
const CLICK = 4;
const CAPTURE = { capture: true };

interface Options {
  nodeAt: (event: PointerEvent) => PlacedNode | null;
  worldAt: (event: PointerEvent) => Point;
  onDrag: (id: string, to: Point) => void;
}

/** `busy` says while a node is in the hand, so that the map itself keeps still. */
export function useDrag(canvas: RefObject<HTMLCanvasElement | null>, busy: RefObject<boolean>, options: Options): void {
  const latest = useRef(options);
  latest.current = options;
  const held = useRef<{ id: string; off: Point; from: Point; moved: boolean } | null>(null);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const down = (event: PointerEvent): void => {
      held.current = null;
      busy.current = false;
      if (event.button !== 0 || event.pointerType === "touch") return;
      const node = latest.current.nodeAt(event);
      if (!node) return;
      const at = latest.current.worldAt(event);
      const off = { x: node.x - at.x, y: node.y - at.y };
      held.current = { id: node.id, off, from: { x: event.clientX, y: event.clientY }, moved: false };
      busy.current = true;
    };
    const move = (event: PointerEvent): void => {
      const mine = held.current;
      if (!mine || event.buttons === 0) return;
      const { from, off } = mine;
      if (!mine.moved && Math.hypot(event.clientX - from.x, event.clientY - from.y) < CLICK) return;
      if (!mine.moved) element.setPointerCapture(event.pointerId);
      mine.moved = true;
      const at = latest.current.worldAt(event);
      latest.current.onDrag(mine.id, { x: Math.round(at.x + off.x), y: Math.round(at.y + off.y) });
    };
    const click = (event: MouseEvent): void => {
      if (held.current?.moved) event.stopPropagation();
      held.current = null;
      busy.current = false;
    };
    element.addEventListener("pointerdown", down, CAPTURE);
    element.addEventListener("pointermove", move, CAPTURE);
    element.addEventListener("click", click, CAPTURE);
    return () => {
      element.removeEventListener("pointerdown", down, CAPTURE);
      element.removeEventListener("pointermove", move, CAPTURE);
      element.removeEventListener("click", click, CAPTURE);
    };
  }, [canvas, busy]);
}
