/** How client and server were told apart: the line as the map draws it, and the words. */

import type { DependencyDetail, Evidence as Rung } from "@/api/types";
import { many, octets } from "@/lib/format";
import { EVIDENCE, format, RUNGS } from "@/lib/words";
import css from "./evidence.module.css";
import { Facts } from "./Page";
import { When } from "./When";

export function RungLine({ rung }: { rung: Rung }) {
  const certain = rung === "initiator" || rung === "flags";
  return (
    <svg width="34" height="10" viewBox="0 0 34 10" aria-hidden="true" className={css["line"]}>
      <path d="M1 5H32" strokeDasharray={rung === "port_order" ? "4 3" : undefined} />
      <path d={certain ? "M26 1.5 33 5 26 8.5Z" : "M27 1.5 33 5 27 8.5"} fill={certain ? "currentColor" : "none"} />
    </svg>
  );
}

export function EvidenceMark({ rung }: { rung: Rung }) {
  return (
    <span className={css["mark"]} title={EVIDENCE[rung].says}>
      <RungLine rung={rung} />
      {EVIDENCE[rung].name}
    </span>
  );
}

/** Counts per rung, in words, strongest first; rungs without a flow are not listed. */
export function EvidenceCounts({ counts }: { counts: Record<Rung, number> }) {
  const all = RUNGS.reduce((sum, rung) => sum + counts[rung], 0);
  return (
    <ul className={css["counts"]} aria-label="Evidence for the direction">
      {RUNGS.filter((rung) => counts[rung] > 0).map((rung) => (
        <li key={rung}>
          <EvidenceMark rung={rung} />
          <span className="number">{many(counts[rung], "flow")}</span>
          <span className={css["bar"]} aria-hidden="true">
            <span style={{ width: `${Math.max(2, (100 * counts[rung]) / Math.max(1, all))}%` }} />
          </span>
          <span className={`dim ${css["says"]}`}>{EVIDENCE[rung].says}</span>
        </li>
      ))}
    </ul>
  );
}

/** What the first flow names by number, in the words of its exporter where it told them. */
const PASSAGE = [
  ["client_if", "Interface to the client"],
  ["server_if", "Interface to the server"],
  ["client_vrf", "VRF of the client"],
  ["server_vrf", "VRF of the server"],
  ["application", "Application"],
] as const;

export function FirstEvidence({ of }: { of: DependencyDetail }) {
  const first = of.first_evidence;
  const said = (name: string): string => (first[name] === undefined ? "–" : String(first[name]));
  const rung = RUNGS.find((one) => one === first["evidence"]);
  return (
    <Facts
      of={[
        ["First flow", <When key="at" at={of.first_seen} />],
        [
          "Reported by",
          <span key="by" className="mono">
            {of.sources.find((one) => one.exporter === first["exporter"])?.interface || said("exporter")}
          </span>,
        ],
        ["As", `${format(said("format"))}, domain ${said("domain")}`],
        ["Direction by", rung ? EVIDENCE[rung].name : said("evidence")],
        ...PASSAGE.filter(([name]) => first[name] !== undefined).map(([name, label]): [string, string] => [
          label,
          first[`${name}_name`] === undefined ? `no. ${said(name)}` : said(`${name}_name`),
        ]),
      ]}
    />
  );
}

/** How much of what a source saw is in the volumes: of several that see one conversation, one counts. */
function counted(seen: number, part: number) {
  if (part === 0 && seen > 0) return `${octets(seen)}, not counted: another source saw them too`;
  return part === seen ? octets(seen) : `${octets(part)} of ${octets(seen)} counted`;
}

export function SeenBy({ of }: { of: DependencyDetail["sources"] }) {
  if (of.length === 0) return <span className="dim">No source within the kept history.</span>;
  return (
    <ul className={css["sources"]} aria-label="Sources that saw it">
      {of.map((source) => (
        <li key={source.source_id}>
          <span>{source.name || source.interface || source.exporter || `source ${source.source_id} (deleted)`}</span>
          {source.name && !source.interface && source.exporter && <span className="mono dim">{source.exporter}</span>}
          <span className="number dim">{many(source.flows, "flow")}</span>
          {source.sampling_rate > 1 && <span className="number dim">1 in {source.sampling_rate}</span>}
          <span className="dim">{counted(source.octets, source.octets_counted)}</span>
        </li>
      ))}
    </ul>
  );
}
