/** The visible canvas: shows the newest bitmap under the current transform at once, and asks a worker for a crisp one. */

import { type Context, drawOnCanvas } from "./canvas";
import { along, linesOf, type Segment } from "./geometry";
import type { Scene, View } from "./model";
import type { Painted, PaintRequest, ToPainter } from "./paint.worker";
import { compose, type Look } from "./painter";

const MARGIN = 0.125;
const PULSE_MS = 1600;
const MOST_PULSES = 200;
/** What takes longer to paint than a few frames is painted anew when the hand rests, or when what is shown no longer does. */
const SLOW_MS = 50;
const REST_MS = 110;
const STRETCHED = 1.7;

interface Shown {
  image: CanvasImageSource;
  view: View;
  close: () => void;
}

interface Pulse {
  line: Segment;
  until: number;
}

export class Stage {
  /** Its data-painted and data-view say what is on the screen, to whoever cannot see it: browser tests, bug reports. */
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #worker: Worker | null;
  #scene: Scene = { nodes: [], links: [], hulls: [], frames: [] };
  #look: Look | null = null;
  #view: View = { x: 0, y: 0, k: 1, width: 0, height: 0 };
  #ratio = 1;
  #last: Shown | null = null;
  #busy = false;
  #stale = false;
  #pulses: Pulse[] = [];
  #frame = 0;
  #began = 0;
  #effort = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#worker = this.#context && offscreen() ? painter() : null;
    this.#worker?.addEventListener("message", ({ data }: MessageEvent<Painted>) => {
      this.#took({ image: data.bitmap, view: data.view, close: () => data.bitmap.close() });
    });
  }

  size(width: number, height: number, ratio: number): void {
    this.#ratio = ratio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#view = { ...this.#view, width, height };
    this.#refresh();
  }

  show(scene: Scene): void {
    this.#scene = scene;
    this.#worker?.postMessage({ scene } satisfies ToPainter);
    this.#refresh();
  }

  look(look: Look): void {
    this.#look = look;
    this.#refresh();
  }

  move(x: number, y: number, k: number): void {
    this.#view = { ...this.#view, x, y, k };
    clearTimeout(this.#rest);
    if (this.#effort < SLOW_MS || !this.#serves()) return this.#refresh();
    this.#rest = setTimeout(() => this.#refresh(), REST_MS);
    this.#blitSoon();
  }

  /** Does the newest bitmap still cover the screen, and is it not too coarse? */
  #serves(): boolean {
    if (!this.#last) return false;
    const { left, top, scale } = this.#placed(this.#last);
    const { width, height } = this.#last.view;
    const covers =
      left <= 0 && top <= 0 && left + width * scale >= this.#view.width && top + height * scale >= this.#view.height;
    return covers && scale < STRETCHED;
  }

  /** Where a bitmap lies on the screen of now. */
  #placed({ view }: Shown): { left: number; top: number; scale: number } {
    const scale = this.#view.k / view.k;
    const [left, top] = [this.#view.x - view.x * scale, this.#view.y - view.y * scale];
    if (scale !== 1) return { left, top, scale };
    // Whole pixels are copied; parts of them would be mixed anew in each frame.
    const whole = (at: number): number => Math.round(at * this.#ratio) / this.#ratio;
    return { left: whole(left), top: whole(top), scale };
  }

  /** Lets links light up for a moment, because traffic was just seen on them. */
  pulse(links: ReadonlySet<string>): void {
    const { segments } = linesOf(this.#scene);
    const until = performance.now() + PULSE_MS;
    this.#scene.links.forEach((link, i) => {
      if (!links.has(link.id) || this.#pulses.length >= MOST_PULSES || !this.#look?.drawn[i]) return;
      const line = segments[i];
      if (line) this.#pulses.push({ line, until });
    });
    this.#blitSoon();
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
    this.#worker?.terminate();
    this.#last?.close();
    this.#last = null;
  }

  #refresh(): void {
    this.#blitSoon();
    if (this.#busy) this.#stale = true;
    else this.#paint();
  }

  #paint(): void {
    if (!this.#look || !this.#context || this.#view.width === 0) return;
    const { x, y, k, width, height } = this.#view;
    const [mx, my] = [Math.round(width * MARGIN), Math.round(height * MARGIN)];
    const view = { x: x + mx, y: y + my, k, width: width + 2 * mx, height: height + 2 * my };
    const request: PaintRequest = { view, look: this.#look, ratio: this.#ratio };
    this.#busy = true;
    this.#stale = false;
    this.#began = performance.now();
    if (this.#worker) this.#worker.postMessage({ paint: request } satisfies ToPainter);
    else requestAnimationFrame(() => this.#took(paintHere(this.#scene, request)));
  }

  #took(painted: Shown): void {
    this.#last?.close();
    this.#last = painted;
    this.#busy = false;
    this.#effort = performance.now() - this.#began;
    this.#canvas.dataset["painted"] = String(this.#scene.nodes.length);
    this.#blitSoon();
    if (this.#stale) this.#paint();
  }

  #blitSoon(): void {
    if (this.#frame !== 0 || !this.#context) return;
    this.#frame = requestAnimationFrame((now) => {
      this.#frame = 0;
      this.#blit(now);
      if (this.#pulses.length > 0) this.#blitSoon();
    });
  }

  #blit(now: number): void {
    const context = this.#context;
    const last = this.#last;
    if (!context || !this.#look) return;
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.globalAlpha = 1;
    context.fillStyle = this.#look.ink.paper;
    context.fillRect(0, 0, this.#view.width, this.#view.height);
    if (!last) return;
    this.#canvas.dataset["view"] = `${this.#view.x} ${this.#view.y} ${this.#view.k}`;
    const { left, top, scale } = this.#placed(last);
    context.drawImage(last.image, left, top, last.view.width * scale, last.view.height * scale);
    this.#drawPulses(context, now);
  }

  /** A bright point that runs from client to server. */
  #drawPulses(context: CanvasRenderingContext2D, now: number): void {
    this.#pulses = this.#pulses.filter((pulse) => pulse.until > now);
    const { x, y, k } = this.#view;
    context.fillStyle = this.#look?.ink.live ?? "";
    for (const { line, until } of this.#pulses) {
      const t = 1 - (until - now) / PULSE_MS;
      for (let tail = 0; tail < 5; tail++) {
        const at = along(line, Math.max(0, t - tail * 0.025));
        context.globalAlpha = Math.min(1, 4 * (1 - t)) * (1 - tail * 0.19);
        context.beginPath();
        context.arc(at.x * k + x, at.y * k + y, 2.1 - tail * 0.3, 0, 2 * Math.PI);
        context.fill();
      }
    }
  }
}

function offscreen(): boolean {
  return typeof Worker !== "undefined" && typeof OffscreenCanvas !== "undefined";
}

function painter(): Worker {
  return new Worker(new URL("./paint.worker.ts", import.meta.url), { type: "module" });
}

/** Without OffscreenCanvas the same painter paints on the main thread. */
function paintHere(scene: Scene, { view, look, ratio }: PaintRequest): Shown {
  const image = document.createElement("canvas");
  image.width = Math.ceil(view.width * ratio);
  image.height = Math.ceil(view.height * ratio);
  const context = image.getContext("2d", { alpha: false }) as Context | null;
  if (context) drawOnCanvas(context, compose(scene, view, look), view, { paper: look.ink.paper, ratio });
  return { image, view, close: () => undefined };
}
