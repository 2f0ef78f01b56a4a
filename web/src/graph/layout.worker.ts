/** Lays out away from the main thread. */

import { arrange, type How, type Memory, remember } from "./layout";
import type { Graph, Scene } from "./model";

export interface ToLayout {
  turn: number;
  graph: Graph;
  memory: Memory;
  how: How;
}

export interface LaidOut {
  turn: number;
  scene: Scene;
  memory: Memory;
}

self.addEventListener("message", ({ data }: MessageEvent<ToLayout>) => {
  const memory = remember(data.graph, data.memory, data.how);
  self.postMessage({ turn: data.turn, memory, scene: arrange(data.graph, memory) } satisfies LaidOut);
});
