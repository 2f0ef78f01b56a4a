/** What the marks mean, with how many of each there are. */

import { RUNGS } from "@/graph/model";
import { count } from "@/lib/format";
import { EVIDENCE } from "@/lib/words";
import { RungLine } from "@/ui/Evidence";
import css from "./map.module.css";
import type { MapData } from "./read";

export function Legend({ data }: { data: MapData }) {
  const { nodes, links } = data.graph;
  const internal = nodes.filter((node) => node.internal).length;
  return (
    <section className={css["legend"]} aria-label="Legend">
      <span>
        <b className={css["letter"]}>I</b> internal <Count of={internal} />
      </span>
      <span>
        <b className={`${css["letter"]} ${css["outside"]}`}>E</b> external <Count of={nodes.length - internal} />
      </span>
      <span className={css["divide"]} />
      <span className="dim">client → server, known from</span>
      {RUNGS.map((rung) => (
        <span key={rung} title={EVIDENCE[rung].says}>
          <RungLine rung={rung} /> {EVIDENCE[rung].name.toLowerCase().replace("tcp", "TCP")}{" "}
          <Count of={links.filter((link) => link.rung === rung).length} />
        </span>
      ))}
      <span className={css["divide"]} />
      <span className="dim">wider: more octets · running point: live</span>
    </section>
  );
}

function Count({ of }: { of: number }) {
  return <span className="number dim">{count(of)}</span>;
}
