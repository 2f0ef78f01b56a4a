/** Labels and badges. Largest first, one to a cell of the screen, at most 400; an export names everything. */

import type { Mark } from "./marks";
import { CARD, FRAME, HOST_CELL, HOST_RADIUS, type PlacedNode, type Scene, type View } from "./model";
import type { Look } from "./painter";

const CELL = { width: 62, height: 16 };
const MOST = 400;
const CHARACTERS = 20;
/** Below this zoom a card has no room for a letter in a ring. */
const FROM_AFAR = 0.9;
/** Pixels on the screen that a name should have. */
const READABLE = 11.5;
/** The largest second line that a card has room for. */
const SECOND_LINE = 16.5;
/** Of its size, how wide a character is. */
const PER_CHARACTER = 0.6;

export interface Words {
  scene: Scene;
  nodes: PlacedNode[];
  view: View;
  look: Look;
  faded: (node: PlacedNode) => boolean;
}

export function wordsOf(words: Words): Mark[] {
  const { nodes, view, look } = words;
  const cards = view.k < 0.3 && !look.everyLabel ? [] : nodes.filter((node) => node.kind !== "host");
  return [
    ...frameLabels(words),
    ...hullLabels(words),
    ...cards.flatMap((node) => cardWords(node, words)),
    ...hostLabels(words),
  ];
}

export function short(text: string, most = CHARACTERS): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function cardWords(node: PlacedNode, { look, faded, view }: Words): Mark[] {
  const { ink } = look;
  const opacity = faded(node) ? 0.4 : 1;
  const label = signed(node);
  const assets = `${node.assets} ${node.assets === 1 ? "asset" : "assets"}`;
  if (view.k < FROM_AFAR && !look.everyLabel) {
    const text = node.internal ? short(label, 17) : `E · ${short(label, 13)}`;
    const centred = { mark: "label", x: node.x, align: "center", halo: null, opacity } as const;
    const name = {
      ...centred,
      text,
      colour: ink.text,
      size: sized(READABLE, view.k, text, CARD.width - 10),
      bold: true,
    };
    const size = READABLE / view.k;
    if (size > SECOND_LINE) return [{ ...name, y: node.y }];
    return [
      { ...name, y: node.y - 8.5 },
      { ...centred, y: node.y + 10, text: assets, colour: ink.dim, size, bold: false },
    ];
  }
  const plain = { mark: "label", x: node.x - 44, align: "left", halo: null, opacity } as const;
  return [
    { ...plain, y: node.y - 7, text: short(label, 17), colour: ink.text, size: 12.5, bold: true },
    { ...plain, y: node.y + 10, text: assets, colour: ink.dim, size: 11.5, bold: false },
    { mark: "badge", x: node.x - 59, y: node.y, text: node.internal ? "I" : "E", size: 9, colour: ink.dim, opacity },
  ];
}

/** What is new or gone says so in a sign, not in colour alone. */
function signed({ label, change }: PlacedNode): string {
  return change === undefined ? label : `${change === "new" ? "+" : "−"} ${label}`;
}

/** As large as it takes to be read at this zoom, but never wider than its place. */
function sized(wanted: number, k: number, text: string, room: number): number {
  return Math.min(wanted / k, room / (text.length * PER_CHARACTER));
}

function frameLabels({ scene, look, view }: Words): Mark[] {
  return scene.frames.map((frame): Mark => {
    const text = `${short(frame.label, 34)} · ${frame.members}`;
    return {
      mark: "label",
      x: frame.left + FRAME.padding,
      y: frame.top + FRAME.padding * 0.4 + 13 / Math.max(0.4, Math.min(1, view.k)),
      text,
      colour: look.ink.text,
      size: sized(13, Math.min(1, view.k), text, frame.right - frame.left - 2 * FRAME.padding),
      bold: true,
      align: "left",
      halo: null,
      opacity: 1,
    };
  });
}

/** The largest first; a name that would cover another is left out, until one comes nearer. */
function hullLabels({ scene, look, view }: Words): Mark[] {
  const size = Math.min(52, READABLE / Math.min(1, view.k));
  const placed: { x: number; y: number; half: number }[] = [];
  const marks: Mark[] = [];
  for (const hull of [...scene.hulls].sort((a, b) => b.members - a.members || (a.block < b.block ? -1 : 1))) {
    const text = `${short(hull.label, 34)} · ${hull.members}`;
    const half = (text.length * size * PER_CHARACTER) / 2;
    const at = { x: hull.name.x + half, y: hull.name.y - size * 0.75, half };
    const covers = placed.some(
      (one) => Math.abs(one.x - at.x) < one.half + at.half && Math.abs(one.y - at.y) < size * 1.2,
    );
    if (covers && !look.everyLabel) continue;
    placed.push(at);
    const style = {
      colour: look.ink.text,
      size,
      bold: true,
      align: "left",
      halo: look.ink.paper,
      opacity: 1,
    } as const;
    marks.push({ mark: "label", x: hull.name.x, y: at.y, text, ...style });
  }
  return marks;
}

function hostLabels({ nodes, view, look, faded }: Words): Mark[] {
  const first = (node: PlacedNode): number =>
    node.id === look.selectedNode || node.id === look.hovered || node.id === look.cursor ? 1 : 0;
  const hosts = nodes
    .filter((node) => node.kind === "host" && !(faded(node) && first(node) === 0))
    .sort((a, b) => first(b) - first(a) || b.assets - a.assets || (a.id < b.id ? -1 : 1));
  const named = look.everyLabel ? hosts : onePerCell(hosts, view);
  const size = 11 / Math.max(0.52, Math.min(1.4, view.k));
  const most = look.everyLabel ? 40 : Math.max(11, Math.floor(HOST_CELL.width / (size * 0.56)));
  return named.flatMap((node): Mark[] => [
    {
      mark: "label",
      x: node.x,
      y: node.y + HOST_RADIUS + size * 0.85,
      text: short(signed(node), most),
      colour: first(node) ? look.ink.text : look.ink.dim,
      size,
      bold: first(node) === 1,
      align: "center",
      halo: look.ink.hull,
      opacity: faded(node) ? 0.4 : 1,
    },
    ...(view.k < 0.5 ? [] : [letterOf(node, look, faded(node))]),
  ]);
}

function letterOf(node: PlacedNode, look: Look, faded: boolean): Mark {
  const colour = node.internal ? look.ink.paper : look.ink.text;
  const plain = { mark: "label", align: "center", halo: null, bold: true, size: 9 } as const;
  return { ...plain, x: node.x, y: node.y + 0.5, text: node.internal ? "I" : "E", colour, opacity: faded ? 0.4 : 1 };
}

function onePerCell(hosts: PlacedNode[], view: View): PlacedNode[] {
  if (view.k < 0.5) return [];
  const taken = new Set<string>();
  const named: PlacedNode[] = [];
  for (const node of hosts) {
    const column = Math.floor((node.x * view.k) / CELL.width);
    const row = Math.floor((node.y * view.k) / CELL.height);
    const cell = `${column} ${row}`;
    if (taken.has(cell)) continue;
    taken.add(cell);
    named.push(node);
    if (named.length === MOST) break;
  }
  return named;
}
