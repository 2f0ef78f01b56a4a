/** A virtual table: ten thousand rows cost what fits on the screen. Sortable only where all rows are at hand. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import css from "./table.module.css";

export interface Column<Row> {
  name: string;
  /** A CSS grid track, such as `120px` or `minmax(120px, 2fr)`. */
  width: string;
  cell: (row: Row) => ReactNode;
  /** Makes the column sortable. Give it only when `rows` is everything there is. */
  by?: (row: Row) => string | number;
  numeric?: boolean;
}

interface Props<Row> {
  label: string;
  rows: Row[];
  columns: Column<Row>[];
  keyOf: (row: Row) => string | number;
  /** Called when the end comes into sight. */
  onEnd?: (() => void) | undefined;
  onOpen?: ((row: Row) => void) | undefined;
  selected?: string | number | null;
  /** The keyboard begins in the first row. */
  focused?: boolean;
  empty: ReactNode;
}

const ROW = 32;

/** `120px` and `minmax(120px, 2fr)` are both at least 120 wide. */
function leastWidth(track: string): number {
  return Number(/\d+/.exec(track)?.[0] ?? 0);
}

interface Order {
  column: string;
  down: boolean;
}

function sorted<Row>(rows: Row[], columns: Column<Row>[], order: Order | null): Row[] {
  const by = columns.find((column) => column.name === order?.column)?.by;
  if (!by || !order) return rows;
  const sign = order.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    return x === y ? 0 : (x < y ? -1 : 1) * sign;
  });
}

export function DataTable<Row>(props: Props<Row>) {
  const { label, rows, columns, keyOf, onEnd, onOpen, selected, focused = false, empty } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const [order, setOrder] = useState<Order | null>(null);
  const shown = useMemo(() => sorted(rows, columns, order), [rows, columns, order]);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 12,
    // Without a measured size (a test, a hidden tab) a first screenful is still drawn.
    initialRect: { width: 1000, height: 600 },
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (last >= shown.length - 20 && shown.length > 0) onEnd?.();
  }, [last, shown.length, onEnd]);
  useEffect(() => {
    if (focused) scroll.current?.querySelector<HTMLElement>("[role=row][tabindex]")?.focus();
  }, [focused]);
  const grid = {
    gridTemplateColumns: columns.map((column) => column.width).join(" "),
    // Every row as wide as the narrowest the columns can be, or they would not line up when scrolled.
    width: `max(100%, ${columns.reduce((sum, column) => sum + leastWidth(column.width), 12)}px)`,
  };
  const turn = (name: string) =>
    setOrder((was) =>
      was?.column === name ? (was.down ? { column: name, down: false } : null) : { column: name, down: true },
    );
  const keys = (event: KeyboardEvent, row: Row) => {
    if (event.target !== event.currentTarget) return;
    if (event.key === "Enter") onOpen?.(row);
    const beside =
      event.key === "ArrowDown" ? "nextElementSibling" : event.key === "ArrowUp" ? "previousElementSibling" : null;
    if (beside === null) return;
    event.preventDefault();
    (event.currentTarget[beside] as HTMLElement | null)?.focus();
  };
  return (
    <div className={css["frame"]}>
      <div
        className={css["scroll"]}
        ref={scroll}
        role="table"
        aria-label={label}
        aria-rowcount={shown.length + 1}
        // Without a row that the keyboard can be on, it scrolls the table itself.
        tabIndex={onOpen && shown.length > 0 ? undefined : 0}
      >
        <div role="rowgroup" className={css["head"]}>
          <div role="row" className={css["row"]} style={grid} aria-rowindex={1}>
            {columns.map((column) => (
              <Head key={column.name} column={column} order={order} onTurn={turn} />
            ))}
          </div>
        </div>
        {shown.length === 0 && empty}
        <div role="rowgroup" className={css["body"]} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = shown[item.index] as Row;
            return (
              <div
                key={keyOf(row)}
                role="row"
                tabIndex={onOpen ? 0 : undefined}
                className={css["row"]}
                aria-rowindex={item.index + 2}
                data-open={onOpen ? true : undefined}
                data-selected={keyOf(row) === selected || undefined}
                style={{ ...grid, transform: `translateY(${item.start}px)` }}
                onClick={(event) => {
                  // A link or a button within the row speaks for itself.
                  if (!(event.target as HTMLElement).closest("a, button, input")) onOpen?.(row);
                }}
                onKeyDown={(event) => keys(event, row)}
              >
                {columns.map((column) => (
                  <div key={column.name} role="cell" data-numeric={column.numeric}>
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface HeadProps<Row> {
  column: Column<Row>;
  order: Order | null;
  onTurn: (name: string) => void;
}

function Head<Row>({ column, order, onTurn }: HeadProps<Row>) {
  const mine = order?.column === column.name ? order : null;
  const state = mine ? (mine.down ? "descending" : "ascending") : undefined;
  return (
    <div role="columnheader" aria-sort={column.by ? (state ?? "none") : undefined} data-numeric={column.numeric}>
      {column.by ? (
        <button type="button" onClick={() => onTurn(column.name)}>
          {column.name}
          <span aria-hidden="true">{mine ? (mine.down ? " ↓" : " ↑") : ""}</span>
        </button>
      ) : (
        column.name
      )}
    </div>
  );
}
