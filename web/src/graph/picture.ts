/** The whole scene as a picture with a footer: not what the screen shows of it. */

import { type Context, drawOnCanvas } from "./canvas";
import type { LabelMark, Mark } from "./marks";
import { bounds, type Scene, type View } from "./model";
import { compose, type Look } from "./painter";
import { drawAsSvg } from "./svg";

const MARGIN = 28;
const LINE = 18;
/** Browsers refuse larger canvases, or draw nothing on them. */
const MOST_PIXELS = 120_000_000;
const LONGEST = 16_000;

export interface Picture {
  marks: Mark[];
  view: View;
  paper: string;
}

export function pictureOf(scene: Scene, look: Look, footer: string[]): Picture {
  const box = bounds(scene) ?? { left: 0, top: 0, right: 0, bottom: 0 };
  const view: View = {
    x: MARGIN - box.left,
    y: MARGIN - box.top,
    k: 1,
    width: Math.ceil(Math.max(640, box.right - box.left + 2 * MARGIN)),
    height: Math.ceil(box.bottom - box.top + 2 * MARGIN + LINE * (footer.length + 1)),
  };
  const quiet = { selectedNode: null, selectedLink: null, hovered: null, cursor: null, everyLabel: true };
  const words = footer.map((text, i): LabelMark => {
    const style = { colour: i === 0 ? look.ink.text : look.ink.dim, size: i === 0 ? 14 : 12, bold: i === 0 };
    const y = box.bottom + MARGIN + LINE * (i + 0.5);
    return { mark: "label", x: box.left, y, text, ...style, align: "left", halo: null, opacity: 1 };
  });
  return { marks: [...compose(scene, view, { ...look, ...quiet }), ...words], view, paper: look.ink.paper };
}

export function svgOf({ marks, view, paper }: Picture): string {
  return drawAsSvg(marks, view, paper);
}

/** How many pixels to a unit a browser can still draw; less than asked for when the map is very large. */
export function ratioFor({ width, height }: { width: number; height: number }, asked: number): number {
  return Math.min(asked, LONGEST / Math.max(width, height), Math.sqrt(MOST_PIXELS / (width * height)));
}

export async function pngOf({ marks, view, paper }: Picture, asked: number): Promise<Blob> {
  const ratio = ratioFor(view, asked);
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(view.width * ratio);
  canvas.height = Math.ceil(view.height * ratio);
  const context = canvas.getContext("2d", { alpha: false }) as Context | null;
  if (!context) throw new Error("This browser draws no picture of this size");
  drawOnCanvas(context, marks, view, { paper, ratio });
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("This browser draws no picture of this size");
  return blob;
}
