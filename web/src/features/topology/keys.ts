/** What the keys mean on the map. */

import { type Direction, isDirection } from "@/graph/cursor";

export type Action = "in" | "out" | "fit" | "clear" | "enter" | "up" | "down" | "focus" | "path" | Direction;

const ACTIONS: Record<string, Action> = {
  "+": "in",
  "=": "in",
  "-": "out",
  "0": "fit",
  Escape: "clear",
  Enter: "enter",
  u: "up",
  d: "down",
  f: "focus",
  p: "path",
};

export function actionOf(key: string): Action | null {
  return isDirection(key) ? key : (ACTIONS[key] ?? null);
}
