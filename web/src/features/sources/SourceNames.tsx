/** What a source calls its interfaces, routing instances, applications and hosts, once it told. */

import { useSourceNames } from "@/api/queries";
import type { SourceName } from "@/api/types";
import css from "./sources.module.css";

const KINDS = [
  ["hosts", "Host"],
  ["interfaces", "Interface"],
  ["vrfs", "VRF"],
  ["applications", "Application"],
] as const;

export function SourceNames({ id }: { id: number }) {
  const { data } = useSourceNames(id);
  if (!data || data.items.length === 0) return null;
  const described = new Map(
    data.items.filter(({ kind }) => kind === "descriptions").map(({ number, name }) => [number, name]),
  );
  return (
    <>
      <h3 className={css["subtitle"]}>Names it told</h3>
      <table className={css["names"]} aria-label="Names">
        <tbody>
          {KINDS.flatMap(([kind, label]) =>
            data.items
              .filter((one) => one.kind === kind)
              .map((one) => (
                <Name key={`${kind} ${one.number}`} label={label} of={one} more={described.get(one.number)} />
              )),
          )}
        </tbody>
      </table>
    </>
  );
}

function Name({ label, of, more }: { label: string; of: SourceName; more: string | undefined }) {
  return (
    <tr>
      <th scope="row">
        {label} {of.kind !== "applications" && of.number}
      </th>
      <td>
        {of.name}
        {of.kind === "interfaces" && more && <span className="dim"> {more}</span>}
      </td>
    </tr>
  );
}
