/** The draw list: what the painter says once and each surface carries out in its own way. World units, but for the text. */

import type { Point } from "./model";

export interface Ink {
  paper: string;
  frame: string;
  frameLine: string;
  hull: string;
  hullLine: string;
  card: string;
  cardLine: string;
  outside: string;
  host: string;
  text: string;
  dim: string;
  edge: string;
  edgeStrong: string;
  accent: string;
  /** Also what is new. */
  live: string;
  gone: string;
}

export interface HullMark {
  mark: "hull";
  points: Point[];
  padding: number;
  fill: string;
  line: string;
}

/** Segments of one style, six numbers each: from, bend, to. */
export interface EdgesMark {
  mark: "edges";
  path: number[];
  colour: string;
  width: number;
  dashed: boolean;
  opacity: number;
}

/** Arrow heads of one style, three numbers each: tip and angle. */
export interface HeadsMark {
  mark: "heads";
  path: number[];
  colour: string;
  size: number;
  filled: boolean;
  opacity: number;
}

export interface NodeMark {
  mark: "node";
  shape: "card" | "dot" | "square";
  x: number;
  y: number;
  w: number;
  h: number;
  fill: string;
  line: string;
  lineWidth: number;
  dashed: boolean;
  /** Does its outline say nothing? */
  plain: boolean;
  opacity: number;
  title: string;
}

export interface LabelMark {
  mark: "label";
  x: number;
  y: number;
  text: string;
  colour: string;
  /** In world units, so that a label grows with its card. */
  size: number;
  bold: boolean;
  align: "center" | "left";
  halo: string | null;
  opacity: number;
}

/** A letter in a small ring: I for internal, E for external. */
export interface BadgeMark {
  mark: "badge";
  x: number;
  y: number;
  text: string;
  size: number;
  colour: string;
  opacity: number;
}

export type Mark = HullMark | EdgesMark | HeadsMark | NodeMark | LabelMark | BadgeMark;
