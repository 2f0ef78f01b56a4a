/** Asks the layout worker, and takes only its newest answer. Without workers the layout runs here. */

import { arrange, type How, type Memory, remember } from "./layout";
import type { LaidOut, ToLayout } from "./layout.worker";
import type { Graph, Scene } from "./model";

export class Layouter {
  readonly #worker: Worker | null;
  readonly #done: (scene: Scene, memory: Memory) => void;
  #turn = 0;

  constructor(done: (scene: Scene, memory: Memory) => void) {
    this.#done = done;
    this.#worker =
      typeof Worker === "undefined"
        ? null
        : new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    this.#worker?.addEventListener("message", ({ data }: MessageEvent<LaidOut>) => {
      if (data.turn === this.#turn) this.#done(data.scene, data.memory);
    });
  }

  ask(graph: Graph, memory: Memory, how: How): void {
    this.#turn++;
    if (this.#worker) {
      this.#worker.postMessage({ turn: this.#turn, graph, memory, how } satisfies ToLayout);
      return;
    }
    const kept = remember(graph, memory, how);
    this.#done(arrange(graph, kept), kept);
  }

  destroy(): void {
    this.#turn++;
    this.#worker?.terminate();
  }
}
