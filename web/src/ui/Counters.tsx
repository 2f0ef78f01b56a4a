/** Counters by name: what they mean, and how much. */

import { count } from "@/lib/format";
import { counter } from "@/lib/words";
import css from "./counters.module.css";

interface Props {
  of: [string, number][];
  label: string;
  isLoss?: boolean;
}

export function Counters({ of, label, isLoss = false }: Props) {
  return (
    <table className={css["counters"]} aria-label={label} data-loss={isLoss || undefined}>
      <tbody>
        {of.map(([name, value]) => (
          <tr key={name}>
            <th scope="row" title={name}>
              {counter(name)}
            </th>
            <td>{count(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
