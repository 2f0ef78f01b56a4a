/** The map's colours in both schemes. Colour never says anything alone: letters and line patterns do. */

import type { Ink } from "@/graph/marks";

export const LIGHT: Ink = {
  paper: "#f6f7f9",
  frame: "#fbfcfd",
  frameLine: "#d5dbe4",
  hull: "#eceff4",
  hullLine: "#c9d1dc",
  card: "#ffffff",
  cardLine: "#b9c3d0",
  outside: "#fdf6e9",
  host: "#41648c",
  text: "#1b222c",
  dim: "#566171",
  edge: "#a3afbf",
  edgeStrong: "#72839a",
  accent: "#1864ab",
  live: "#0b8068",
  gone: "#b42318",
};

export const DARK: Ink = {
  paper: "#101317",
  frame: "#14181d",
  frameLine: "#2a323c",
  hull: "#191e25",
  hullLine: "#333c48",
  card: "#1d232b",
  cardLine: "#414c5a",
  outside: "#2a2418",
  host: "#8fb1d6",
  text: "#dfe4eb",
  dim: "#98a4b3",
  edge: "#566475",
  edgeStrong: "#8294ab",
  accent: "#74b5f2",
  live: "#3fd0ae",
  gone: "#ff8a7d",
};
