/** Runs in the page: when the map was first painted, and how often the screen changes while something moves. */

declare global {
  interface Window {
    paintedAt?: number;
  }
}

export interface Counted {
  frames: number;
  longest: number;
  sharp: number;
}

/** Milliseconds since the navigation began. */
export function watchPaint(): void {
  new MutationObserver((_changes, watcher) => {
    if (!document.querySelector("canvas[data-view]")) return;
    window.paintedAt = performance.now();
    watcher.disconnect();
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-view"] });
}

/**
 * Moves the map for some seconds by the browser's own events, one a frame, and counts the frames. `how` none moves a plain
 * picture of the same size instead: what this machine can do at this moment.
 */
export async function move({ how, ms }: { how: "pan" | "zoom" | "none"; ms: number }): Promise<Counted> {
  const canvas = document.querySelector("canvas") as HTMLCanvasElement;
  const box = canvas.getBoundingClientRect();
  const middle = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  const send = (on: EventTarget, Kind: typeof MouseEvent | typeof WheelEvent, name: string, more: object): void => {
    on.dispatchEvent(new Kind(name, { bubbles: true, cancelable: true, view: window, button: 0, ...more }));
  };
  const plain = document.createElement("canvas");
  const picture = document.createElement("canvas");
  for (const one of [plain, picture]) [one.width, one.height] = [canvas.width, canvas.height];
  const [context, drawing] = [plain.getContext("2d", { alpha: false }), picture.getContext("2d")];
  if (how === "none") {
    drawing?.fillRect(9, 9, 99, 99);
    plain.style.cssText = `position:fixed;left:${box.left}px;top:${box.top}px;z-index:9`;
    document.body.append(plain);
  }
  let sharp = 0;
  const watcher = new MutationObserver((changes) => {
    sharp += changes.length;
  });
  watcher.observe(canvas, { attributes: true, attributeFilter: ["data-painted"] });

  if (how === "pan") send(canvas, MouseEvent, "mousedown", { clientX: middle.x, clientY: middle.y });
  const times: number[] = [];
  await new Promise<void>((done) => {
    const frame = (now: number): void => {
      times.push(now);
      const t = now - (times[0] ?? now);
      if (t > ms) return done();
      const turn = (t / 1500) * 2 * Math.PI;
      const at = { clientX: middle.x + 220 * Math.sin(turn), clientY: middle.y + 140 * (1 - Math.cos(turn)) };
      if (how === "pan") send(window, MouseEvent, "mousemove", at);
      else if (how === "zoom") {
        const deltaY = t % 2400 < 1200 ? -30 : 30;
        send(canvas, WheelEvent, "wheel", { clientX: middle.x, clientY: middle.y, deltaY });
      } else {
        context?.fillRect(0, 0, plain.width, plain.height);
        context?.drawImage(picture, Math.round(at.clientX) - 700, Math.round(at.clientY) - 500);
      }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  if (how === "pan") send(window, MouseEvent, "mouseup", {});
  plain.remove();
  watcher.disconnect();
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? time));
  const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
  return { frames: gaps.length / seconds, longest: Math.max(...gaps), sharp: sharp / seconds };
}
