/** Links as marks: batches of one style each; in a crowd fewer styles. */

import { linesOf, type Segment } from "./geometry";
import type { EdgesMark, HeadsMark, Ink, Mark } from "./marks";
import type { Change, MapLink, Scene, View } from "./model";
import type { Look } from "./painter";

export type Focus = { nodes: ReadonlySet<string>; links: ReadonlySet<string> } | null;

export const FADED = 0.2;
const WIDTHS = [1, 1.6, 2.4, 3.6] as const;
/** More drawn links than this are a crowd, for as long as they are not looked at from near. */
const CROWD = 4000;
const NEAR = 0.5;
/** In a crowd, the weak ones step back. */
const TEXTURE = [0.3, 0.45, 0.7, 1] as const;

/** Traffic is told by width in four classes, because overlapping translucent lines in one path do not add up. */
export function widthClass(link: MapLink, strongest: number): number {
  const share = link.octets / Math.max(1, strongest);
  return share > 0.4 ? 3 : share > 0.1 ? 2 : share > 0.02 ? 1 : 0;
}

export function edges(scene: Scene, view: View, look: Look, focus: Focus): Mark[] {
  const batches = new Map<string, { lines: EdgesMark; heads: HeadsMark }>();
  const { segments, strongest } = linesOf(scene);
  const crosses = crossing(view);
  const rough = isCrowd(view, look);
  scene.links.forEach((link, i) => {
    const focused = focus?.links.has(link.id) ?? false;
    if (!look.drawn[i] && !focused) return;
    const line = segments[i];
    if (!line || !crosses(line)) return;
    const batch = batchFor(batches, link, {
      focused,
      faded: focus !== null && !focused,
      strongest,
      look,
      k: view.k,
      rough: rough && !focused,
    });
    batch.lines.path.push(line.from.x, line.from.y, line.bend.x, line.bend.y, line.to.x, line.to.y);
    batch.heads.path.push(line.to.x, line.to.y, Math.atan2(line.to.y - line.bend.y, line.to.x - line.bend.x));
  });
  const order = [...batches.values()].sort(
    (a, b) => a.lines.opacity - b.lines.opacity || a.lines.width - b.lines.width,
  );
  return order.flatMap(({ lines, heads }) => (view.k < 0.25 || heads.path.length === 0 ? [lines] : [lines, heads]));
}

/** Seen from afar so many lines are a texture: fine and whole. Dashes and heads would be dust, and take seconds to draw. */
function isCrowd(view: View, look: Look): boolean {
  return view.k < NEAR && !look.everyLabel && look.drawn.reduce((sum, one) => sum + (one ? 1 : 0), 0) > CROWD;
}

/** Does any of it lie in what is seen? Of the curve's hull, so that none is missed. */
function crossing(view: View): (line: Segment) => boolean {
  const left = -view.x / view.k;
  const top = -view.y / view.k;
  const right = left + view.width / view.k;
  const bottom = top + view.height / view.k;
  return ({ from, bend, to }) =>
    Math.max(from.x, bend.x, to.x) >= left &&
    Math.min(from.x, bend.x, to.x) <= right &&
    Math.max(from.y, bend.y, to.y) >= top &&
    Math.min(from.y, bend.y, to.y) <= bottom;
}

interface Drawing {
  focused: boolean;
  faded: boolean;
  strongest: number;
  look: Look;
  k: number;
  rough: boolean;
}

function batchFor(
  batches: Map<string, { lines: EdgesMark; heads: HeadsMark }>,
  link: MapLink,
  { focused, faded, strongest, look, k, rough }: Drawing,
): { lines: EdgesMark; heads: HeadsMark } {
  const weight = widthClass(link, strongest);
  const certain = link.rung === "initiator" || link.rung === "flags";
  const dashed = !rough && (link.rung === "port_order" || link.change === "gone");
  const key = `${weight}${certain}${dashed}${focused}${link.id === look.selectedLink}${link.change ?? ""}`;
  const found = batches.get(key);
  if (found) return found;
  const plain = weight >= 3 ? look.ink.edgeStrong : look.ink.edge;
  const colour = changed(link.change, look.ink) ?? (focused ? look.ink.accent : plain);
  const opacity = (faded ? FADED : 1) * (rough ? (TEXTURE[weight] ?? 1) : 1);
  // Widths are on the screen, not in the world, but for a little thinning where everything is seen from afar.
  const thin = Math.max(0.45, Math.min(1, k * 1.3));
  const wide = (WIDTHS[weight] ?? 1) * thin;
  const width = ((rough ? Math.min(1, wide) : wide) + (link.id === look.selectedLink ? 1.5 : 0)) / k;
  const batch = {
    lines: { mark: "edges", path: [], colour, width, dashed, opacity } as EdgesMark,
    heads: { mark: "heads", path: [], colour, size: 7 / Math.sqrt(k) + width, filled: certain, opacity } as HeadsMark,
  };
  batches.set(key, batch);
  return batch;
}

export function changed(change: Change | undefined, ink: Ink): string | null {
  return change === undefined ? null : change === "new" ? ink.live : ink.gone;
}
