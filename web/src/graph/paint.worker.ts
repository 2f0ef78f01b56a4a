/** Paints the scene off the main thread and sends back a bitmap. Only the newest request is painted. */

import { type Context, drawOnCanvas } from "./canvas";
import type { Scene, View } from "./model";
import { compose, type Look } from "./painter";

export interface PaintRequest {
  view: View;
  look: Look;
  ratio: number;
}

export type ToPainter = { scene: Scene } | { paint: PaintRequest };

export interface Painted {
  bitmap: ImageBitmap;
  view: View;
}

let scene: Scene = { nodes: [], links: [], hulls: [], frames: [] };
let waiting: PaintRequest | null = null;
const canvas = new OffscreenCanvas(1, 1);

function paint(): void {
  if (!waiting) return;
  const { view, look, ratio } = waiting;
  waiting = null;
  canvas.width = Math.ceil(view.width * ratio);
  canvas.height = Math.ceil(view.height * ratio);
  const context = canvas.getContext("2d", { alpha: false }) as Context | null;
  if (!context) return;
  drawOnCanvas(context, compose(scene, view, look), view, { paper: look.ink.paper, ratio });
  const bitmap = canvas.transferToImageBitmap();
  self.postMessage({ bitmap, view } satisfies Painted, { transfer: [bitmap] });
}

self.addEventListener("message", ({ data }: MessageEvent<ToPainter>) => {
  if ("scene" in data) {
    scene = data.scene;
    return;
  }
  if (!waiting) setTimeout(paint);
  waiting = data.paint;
});
