/** What a file would change, what is wrong with it and where, and what its columns mean. */

import { NativeSelect } from "@mantine/core";
import type { ImportKind, ImportPreview, Reading } from "@/api/imports";
import { KNOWN, nameOf } from "@/lib/attributes";
import { count, many } from "@/lib/format";
import css from "./imports.module.css";

interface Props {
  of: ImportPreview;
  name: string;
  kind: ImportKind;
  reading: Reading;
  onRead: (how: Reading) => void;
}

export function Preview({ of, name, kind, reading, onRead }: Props) {
  return (
    <section aria-label={`What ${name} would change`} className={css["preview"]}>
      <p>
        <strong>{name}</strong>: {many(of.rows, "row")}. {count(of.new)} new, {count(of.changed)} changed,{" "}
        {count(of.unchanged)} unchanged
        {of.unseen > 0 && `, ${count(of.unseen)} of addresses that no flow has shown yet (left out)`}.
        {of.wrong > 0 && <b className={css["wrong"]}> {many(of.wrong, "fault")}.</b>}
      </p>
      {of.columns.length > 0 && <Columns of={of} kind={kind} reading={reading} onRead={onRead} />}
      {of.faults.length > 0 && (
        <Rows
          label="What is wrong"
          heads={["Row", "Column", "What is wrong"]}
          left={of.wrong - of.faults.length}
          rows={of.faults.map(({ row, column, detail }) => [row === 0 ? "file" : count(row), column, detail])}
        />
      )}
      {of.changes.length > 0 && (
        <Rows
          label="What would change"
          heads={["Row", kind === "assets" ? "Asset" : "Network", "Change"]}
          left={of.new + of.changed - of.changes.length}
          rows={of.changes.map(({ row, subject, fields }) => [count(row), subject, told(fields)])}
        />
      )}
    </section>
  );
}

function told(fields: Record<string, [string, string] | unknown[]>): string {
  return Object.entries(fields)
    .map(([name, [before, after]]) => `${nameOf(name)} ${String(before) || "–"} → ${String(after) || "–"}`)
    .join("; ");
}

/** A column that is nothing else can be a tag by its own name. */
function tagOf(column: string): string[] {
  const name = column
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, "-")
    .replace(/^[^a-z0-9]+|-+$/g, "")
    .slice(0, 63);
  return name === "" ? [] : [`tag:${name}`];
}

type ColumnsProps = Pick<Props, "of" | "kind" | "reading" | "onRead">;

function Columns({ of, kind, reading, onRead }: ColumnsProps) {
  const first = kind === "assets" ? ["address", "address_space", "name", "note"] : ["network", "address_space", "note"];
  const tags = of.columns.flatMap(({ means }) => (means?.startsWith("tag:") ? [means] : []));
  const data = (column: string) => [
    { value: "", label: "left out" },
    ...[...new Set([...first, ...KNOWN, ...tags, ...tagOf(column)])].map((value) => ({ value, label: nameOf(value) })),
  ];
  const mean = (column: string, value: string) =>
    onRead({ ...reading, columns: { ...reading.columns, [column]: value === "" ? null : value } });
  return (
    <details open={of.columns.some(({ means }) => means === null)}>
      <summary>What the columns mean</summary>
      <div className={css["columns"]}>
        {of.columns.map(({ column, means }) => (
          <NativeSelect
            key={column}
            label={column || "(no name)"}
            data={data(column)}
            value={means ?? ""}
            onChange={({ currentTarget }) => mean(column, currentTarget.value)}
          />
        ))}
      </div>
      <label className={css["tick"]}>
        <input
          type="checkbox"
          checked={reading.clear}
          onChange={({ currentTarget }) => onRead({ ...reading, clear: currentTarget.checked })}
        />
        An empty cell takes away what is said
      </label>
    </details>
  );
}

interface RowsProps {
  label: string;
  heads: string[];
  rows: string[][];
  /** How many there are beyond those shown. */
  left: number;
}

function Rows({ label, heads, rows, left }: RowsProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <div className={css["scroll"]} tabIndex={0} role="region" aria-label={label}>
      <table className={css["rows"]}>
        <caption>{label}</caption>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells) => (
            <tr key={cells.join("\n")}>
              {cells.map((cell, at) => (
                <td key={heads[at]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {left > 0 && <p className="dim">and {count(left)} more</p>}
    </div>
  );
}
