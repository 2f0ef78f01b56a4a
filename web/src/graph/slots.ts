/** The second level of the layout: numbered places for the hosts of a network, in rows that read from the left. */

import { HOST_CELL, HULL_HEADING, HULL_PADDING, HULL_WIDTH } from "./model";

interface Cell {
  column: number;
  row: number;
}

const cells: Cell[] = [];
let shells = 0;

/** Shell by shell, so that a place does not depend on how many there are: one column of two, then two of four, … */
function grow(): void {
  const [columns, rows] = [shells + 1, 2 * (shells + 1)];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (column === columns - 1 || row >= rows - 2) cells.push({ column, row });
    }
  }
  shells++;
}

function cellOf(slot: number): Cell {
  while (cells.length <= slot) grow();
  return cells[slot] ?? { column: 0, row: 0 };
}

/** Where the host with this number stands, from the left upper corner of its block. */
export function slotOffset(slot: number): { x: number; y: number } {
  const { column, row } = cellOf(slot);
  return {
    x: HULL_PADDING + (column + 0.5) * HOST_CELL.width,
    y: HULL_PADDING + HULL_HEADING + (row + 0.35) * HOST_CELL.height,
  };
}

/** Half the size of a block with so many slots: never narrower than its name. */
export function slotsSize(slots: number): { w: number; h: number } {
  let [columns, rows] = [HULL_WIDTH / HOST_CELL.width, 1];
  for (let slot = 0; slot < slots; slot++) {
    const { column, row } = cellOf(slot);
    columns = Math.max(columns, column + 1);
    rows = Math.max(rows, row + 1);
  }
  return {
    w: HULL_PADDING + (columns * HOST_CELL.width) / 2,
    h: HULL_PADDING + (HULL_HEADING + rows * HOST_CELL.height) / 2,
  };
}
