/** The draw list on a 2D canvas, on the screen or off it. */

import type { EdgesMark, HeadsMark, HullMark, LabelMark, Mark, NodeMark } from "./marks";
import type { View } from "./model";

export type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export const FONT = '"Inter", "Segoe UI", system-ui, -apple-system, "Helvetica Neue", "Noto Sans", sans-serif';
const PER_STROKE = 2000;
/** Below this zoom nobody sees a bend. */
const STRAIGHT = 0.25;

export function drawOnCanvas(
  context: Context,
  marks: Mark[],
  view: View,
  options: { paper: string; ratio: number },
): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalAlpha = 1;
  context.fillStyle = options.paper;
  context.fillRect(0, 0, view.width * options.ratio, view.height * options.ratio);
  context.setTransform(
    view.k * options.ratio,
    0,
    0,
    view.k * options.ratio,
    view.x * options.ratio,
    view.y * options.ratio,
  );
  context.lineJoin = "round";
  context.lineCap = "round";
  for (const mark of marks) drawMark(context, mark, view.k);
}

function drawMark(context: Context, mark: Mark, k: number): void {
  context.globalAlpha = "opacity" in mark ? mark.opacity : 1;
  context.setLineDash([]);
  switch (mark.mark) {
    case "hull":
      return hull(context, mark);
    case "edges":
      return edges(context, mark, k);
    case "heads":
      return heads(context, mark, k);
    case "node":
      return node(context, mark);
    case "label":
      return label(context, mark);
    case "badge":
      context.strokeStyle = mark.colour;
      context.lineWidth = 1;
      context.beginPath();
      context.arc(mark.x, mark.y, mark.size * 0.85, 0, 2 * Math.PI);
      context.stroke();
      return label(context, { ...mark, mark: "label", y: mark.y + 0.5, bold: true, align: "center", halo: null });
  }
}

/** A padded hull is the bare one stroked twice as wide as the padding: the round joins are its corners. */
function hull(context: Context, mark: HullMark): void {
  context.beginPath();
  for (const point of mark.points) context.lineTo(point.x, point.y);
  const [first] = mark.points;
  if (mark.points.length === 1 && first) context.lineTo(first.x + 0.01, first.y);
  context.closePath();
  context.lineWidth = 2 * mark.padding + 2;
  context.strokeStyle = mark.line;
  context.stroke();
  context.lineWidth = 2 * mark.padding;
  context.strokeStyle = mark.fill;
  context.fillStyle = mark.fill;
  context.stroke();
  context.fill();
}

function edges(context: Context, { path, colour, width, dashed }: EdgesMark, k: number): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  if (dashed) context.setLineDash([5 / k, 4 / k]);
  for (let start = 0; start < path.length; start += 6 * PER_STROKE) {
    context.beginPath();
    for (let i = start; i < Math.min(path.length, start + 6 * PER_STROKE); i += 6) {
      context.moveTo(path[i] ?? 0, path[i + 1] ?? 0);
      if (k < STRAIGHT) context.lineTo(path[i + 4] ?? 0, path[i + 5] ?? 0);
      else context.quadraticCurveTo(path[i + 2] ?? 0, path[i + 3] ?? 0, path[i + 4] ?? 0, path[i + 5] ?? 0);
    }
    context.stroke();
  }
}

/** Certain direction: a full head. Otherwise an open one. */
function heads(context: Context, { path, colour, size, filled }: HeadsMark, k: number): void {
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = 1.4 / k;
  context.beginPath();
  for (let i = 0; i < path.length; i += 3) {
    const [x, y, angle] = [path[i] ?? 0, path[i + 1] ?? 0, path[i + 2] ?? 0];
    context.moveTo(x - size * Math.cos(angle - 0.42), y - size * Math.sin(angle - 0.42));
    context.lineTo(x, y);
    context.lineTo(x - size * Math.cos(angle + 0.42), y - size * Math.sin(angle + 0.42));
    if (filled) context.closePath();
  }
  if (filled) context.fill();
  context.stroke();
}

function node(context: Context, mark: NodeMark): void {
  // A pixel or two needs no outline, unless that says something.
  if (mark.shape === "square" && mark.plain) {
    context.fillStyle = mark.fill;
    context.fillRect(mark.x - mark.w, mark.y - mark.h, 2 * mark.w, 2 * mark.h);
    return;
  }
  context.beginPath();
  if (mark.shape === "dot") context.arc(mark.x, mark.y, mark.w, 0, 2 * Math.PI);
  else if (mark.shape === "square") context.rect(mark.x - mark.w, mark.y - mark.h, 2 * mark.w, 2 * mark.h);
  else context.roundRect(mark.x - mark.w, mark.y - mark.h, 2 * mark.w, 2 * mark.h, 7);
  // What is faded must still cover the lines that end behind it.
  const { globalAlpha } = context;
  context.globalAlpha = mark.shape === "card" ? Math.max(globalAlpha, 0.92) : globalAlpha;
  context.fillStyle = mark.fill;
  context.fill();
  context.globalAlpha = globalAlpha;
  context.strokeStyle = mark.line;
  context.lineWidth = mark.lineWidth;
  if (mark.dashed) context.setLineDash([4, 3]);
  context.stroke();
}

function label(context: Context, mark: LabelMark): void {
  context.font = `${mark.bold ? "600 " : ""}${mark.size}px ${FONT}`;
  context.textAlign = mark.align;
  context.textBaseline = "middle";
  if (mark.halo) {
    context.strokeStyle = mark.halo;
    context.lineWidth = mark.size * 0.28;
    context.strokeText(mark.text, mark.x, mark.y);
  }
  context.fillStyle = mark.colour;
  context.fillText(mark.text, mark.x, mark.y);
}
