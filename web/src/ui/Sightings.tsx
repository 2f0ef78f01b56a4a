/** What logs and captures say of an asset or a dependency besides its flows; nothing where they say nothing. */

import { useSightings } from "@/api/sightings";
import { SIGHTINGS } from "@/lib/words";
import { Card, Facts } from "./Page";
import css from "./sightings.module.css";
import { When } from "./When";

const SHOWN = 6;

export function Sightings({ of, id }: { of: "assets" | "dependencies"; id: number }) {
  const items = useSightings(of, id).data?.items ?? [];
  if (items.length === 0) return null;
  const kinds = [...new Set(items.map((one) => one.kind))].sort(byPlace);
  return (
    <Card title="Logs and captures say" note="the newest first">
      <Facts
        of={kinds.map((kind) => [
          SIGHTINGS[kind] ?? kind,
          <Values key={kind} of={items.filter((one) => one.kind === kind)} />,
        ])}
      />
    </Card>
  );
}

function Values({ of }: { of: { value: string; last_seen: string }[] }) {
  return (
    <ul className={css["values"]}>
      {of.slice(0, SHOWN).map((one) => (
        <li key={one.value}>
          <span>{one.value}</span>{" "}
          <span className="dim">
            <When at={one.last_seen} relative />
          </span>
        </li>
      ))}
      {of.length > SHOWN && <li className="dim">and {of.length - SHOWN} more</li>}
    </ul>
  );
}

/** In the order in which the words list them. */
function byPlace(a: string, b: string): number {
  const order = Object.keys(SIGHTINGS);
  return order.indexOf(a) - order.indexOf(b);
}
