/** Whether the sampling rate of a source is true, and which rates it told. */

import type { Source } from "@/api/types";
import { count, octets } from "@/lib/format";
import { When } from "@/ui/When";
import css from "./sources.module.css";

const VERDICTS = {
  agrees: "The rate is the one it samples at.",
  disagrees: "The rate was not always the one it samples at: its volumes are wrong by that much.",
  unknown: "",
};

/** The agent's own counts, and those of its interfaces, beside what its samples stand for. */
export function SamplingCheck({ of }: { of: Source["sampling_check"] }) {
  if (of.verdict === "unknown") return null;
  const rows = [
    ["Packets it sampled from", of.pool, count],
    ["Packets through interfaces", of.packets, count],
    ["Octets through interfaces", of.octets, octets],
  ] as const;
  return (
    <>
      <h3 className={css["subtitle"]}>Sampling check</h3>
      <p data-trouble={of.verdict === "disagrees" || undefined}>{VERDICTS[of.verdict]}</p>
      <table className={css["check"]} aria-label="Sampling check">
        <thead>
          <tr>
            <th scope="col">Sampling</th>
            <th scope="col">counted</th>
            <th scope="col">by samples</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(
            ([label, compared, words]) =>
              compared && (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  <td>{words(compared.counted)}</td>
                  <td>{words(compared.sampled)}</td>
                </tr>
              ),
          )}
        </tbody>
      </table>
    </>
  );
}

const OUTCOMES = {
  ambiguous: "Another rate came with it, so flows that had come before without one stay as they were seen.",
  unsampled_before: "Flows had come without a rate for long, so they are taken for unsampled.",
  corrected: "No flow had come before it.",
};

/** Rates that the exporter told beside its flows, and what became of the flows that had come before. */
export function SamplingRates({ of }: { of: Source["sampling_rates"] }) {
  if (of.length === 0) return null;
  return (
    <>
      <h3 className={css["subtitle"]}>Sampling rates it told</h3>
      <ul className={css["rates"]}>
        {of.map(({ rate, learned, outcome, flows }) => (
          <li key={rate}>
            1 in {count(rate)}, first <When at={learned} />
            {outcome && (
              <div className="dim">
                {flows > 0 ? `${count(flows)} flows that had come before were corrected by it.` : OUTCOMES[outcome]}
              </div>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
