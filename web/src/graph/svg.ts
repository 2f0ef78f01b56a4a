/** The same draw list as SVG text, for exports and for tests that compare what is drawn. */

import { FONT } from "./canvas";
import type { EdgesMark, HeadsMark, HullMark, LabelMark, Mark, NodeMark } from "./marks";
import type { View } from "./model";

export function drawAsSvg(marks: Mark[], view: View, paper: string): string {
  const body = marks.map((mark) => `  ${element(mark, view.k)}`).join("\n");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${view.width}" height="${view.height}" viewBox="0 0 ${view.width} ${view.height}" font-family="${escape(FONT)}">`,
    `<rect width="100%" height="100%" fill="${paper}"/>`,
    `<g transform="translate(${n(view.x)} ${n(view.y)}) scale(${n(view.k)})" stroke-linejoin="round" stroke-linecap="round">`,
    body,
    "</g>",
    "</svg>",
  ].join("\n");
}

function element(mark: Mark, k: number): string {
  switch (mark.mark) {
    case "hull":
      return hull(mark);
    case "edges":
      return edges(mark, k);
    case "heads":
      return heads(mark, k);
    case "node":
      return node(mark);
    case "label":
      return label(mark);
    case "badge":
      return (
        `<circle cx="${n(mark.x)}" cy="${n(mark.y)}" r="${n(mark.size * 0.85)}" fill="none" stroke="${mark.colour}"` +
        ` opacity="${n(mark.opacity)}"/>` +
        label({ ...mark, mark: "label", bold: true, align: "center", halo: null })
      );
  }
}

function hull({ points, padding, fill, line }: HullMark): string {
  const path = `M${points.map(({ x, y }) => `${n(x)} ${n(y)}`).join("L")}Z`;
  const outer = `<path d="${path}" fill="none" stroke="${line}" stroke-width="${2 * padding + 2}"/>`;
  return `${outer}<path d="${path}" fill="${fill}" stroke="${fill}" stroke-width="${2 * padding}"/>`;
}

function edges({ path, colour, width, dashed, opacity }: EdgesMark, k: number): string {
  const parts: string[] = [];
  for (let i = 0; i < path.length; i += 6) {
    const [a, b, c, d, e, f] = path.slice(i, i + 6).map(n);
    parts.push(`M${a} ${b}Q${c} ${d} ${e} ${f}`);
  }
  const dash = dashed ? ` stroke-dasharray="${n(5 / k)} ${n(4 / k)}"` : "";
  return `<path d="${parts.join("")}" fill="none" stroke="${colour}" stroke-width="${n(width)}" opacity="${n(opacity)}"${dash}/>`;
}

function heads({ path, colour, size, filled, opacity }: HeadsMark, k: number): string {
  const parts: string[] = [];
  for (let i = 0; i < path.length; i += 3) {
    const [x, y, angle] = [path[i] ?? 0, path[i + 1] ?? 0, path[i + 2] ?? 0];
    const wing = (turn: number): string =>
      `${n(x - size * Math.cos(angle + turn))} ${n(y - size * Math.sin(angle + turn))}`;
    parts.push(`M${wing(-0.42)}L${n(x)} ${n(y)}L${wing(0.42)}${filled ? "Z" : ""}`);
  }
  const fill = filled ? colour : "none";
  return `<path d="${parts.join("")}" fill="${fill}" stroke="${colour}" stroke-width="${n(1.4 / k)}" opacity="${n(opacity)}"/>`;
}

function node(mark: NodeMark): string {
  const paint =
    `fill="${mark.fill}" stroke="${mark.line}" stroke-width="${n(mark.lineWidth)}" opacity="${n(mark.opacity)}"` +
    (mark.dashed ? ' stroke-dasharray="4 3"' : "");
  const title = `<title>${escape(mark.title)}</title>`;
  if (mark.shape === "dot")
    return `<circle cx="${n(mark.x)}" cy="${n(mark.y)}" r="${n(mark.w)}" ${paint}>${title}</circle>`;
  const corner = mark.shape === "card" ? ' rx="7"' : "";
  const box = `x="${n(mark.x - mark.w)}" y="${n(mark.y - mark.h)}" width="${n(2 * mark.w)}" height="${n(2 * mark.h)}"`;
  return `<rect ${box}${corner} ${paint}>${title}</rect>`;
}

function label(mark: LabelMark): string {
  const halo = mark.halo ? ` stroke="${mark.halo}" stroke-width="${n(mark.size * 0.28)}" paint-order="stroke"` : "";
  const anchor = mark.align === "center" ? ' text-anchor="middle"' : "";
  const weight = mark.bold ? ' font-weight="600"' : "";
  return (
    `<text x="${n(mark.x)}" y="${n(mark.y)}" dy="0.35em" font-size="${n(mark.size)}" fill="${mark.colour}"` +
    ` opacity="${n(mark.opacity)}"${anchor}${weight}${halo}>${escape(mark.text)}</text>`
  );
}

function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escape(text: string): string {
  return text.replace(
    /[&<>"]/g,
    (found) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[found] ?? found,
  );
}
