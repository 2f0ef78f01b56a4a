/** Blocks in columns: those that stand near one another by the forces, in as many columns as asked. */

import type { Moving } from "./settle";

export interface Packed {
  places: Moving[];
  width: number;
  height: number;
}

/** Columns of boxes of one size are shifted by half a box in turn, so that a line along a row passes between boxes. */
export function inColumns(settled: Moving[], count: number): Packed {
  const [first] = settled;
  const alike = settled.every((spot) => spot.h === first?.h && spot.w === first.w);
  const places: Moving[] = [];
  let [left, height] = [0, 0];
  cut(settled, count).forEach((column, i) => {
    const half = Math.max(...column.map((spot) => spot.w));
    let top = alike && i % 2 === 1 ? (first?.h ?? 0) : 0;
    for (const spot of [...column].sort((a, b) => a.y - b.y || (a.key < b.key ? -1 : 1))) {
      places.push({ ...spot, x: left + (alike ? half : spot.w), y: top + spot.h });
      top += 2 * spot.h;
    }
    left += 2 * half;
    height = Math.max(height, top);
  });
  return { places, width: left, height };
}

/** From left to right, columns of nearly the same height. */
function cut(settled: Moving[], count: number): Moving[][] {
  const order = [...settled].sort((a, b) => a.x - b.x || (a.key < b.key ? -1 : 1));
  const columns: Moving[][] = [];
  let rest = order.reduce((sum, spot) => sum + spot.h, 0);
  let column: Moving[] = [];
  let high = 0;
  for (const spot of order) {
    const target = rest / Math.max(1, count - columns.length);
    if (column.length > 0 && high + spot.h / 2 > target + 0.01 && columns.length < count - 1) {
      columns.push(column);
      rest -= high;
      column = [];
      high = 0;
    }
    column.push(spot);
    high += spot.h;
  }
  return column.length > 0 ? [...columns, column] : columns;
}
