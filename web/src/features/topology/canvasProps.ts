/** What the drawn map is given, and what it says. */

import type { Ink } from "@/graph/marks";
import type { PlacedNode, Point, Scene } from "@/graph/model";
import type { Traced } from "@/graph/trace";
import type { Transform } from "./useZoom";

export interface Pick {
  node: string | null;
  link: string | null;
}

export const NOTHING: Pick = { node: null, link: null };

export interface CanvasProps {
  scene: Scene;
  drawn: boolean[];
  ink: Ink;
  picked: Pick;
  traced: Traced | null;
  /** Where to look at first; the whole scene when null. */
  start: Transform | null;
  pulses: ReadonlySet<string>;
  describe: (node: PlacedNode) => string;
  onPick: (pick: Pick) => void;
  onOpen: (node: PlacedNode) => void;
  onTrace: (how: "up" | "down" | "focus" | "path", node: string) => void;
  onPin: (id: string, to: Point) => void;
  onLook: (transform: Transform) => void;
  /** Changes when the whole should be looked at again: another grouping, something opened. */
  fitKey: string;
  /** Does the keyboard begin on it? */
  focused: boolean;
}
