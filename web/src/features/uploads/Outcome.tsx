/** What became of one file, and where its flows are on the map. */

import { Link } from "@tanstack/react-router";
import type { Upload } from "@/api/uploads";
import { count, many, octets } from "@/lib/format";
import { When } from "@/ui/When";
import css from "./uploads.module.css";

const FORMATS: Record<string, string> = {
  pcap: "packet capture",
  aws_vpc: "AWS flow log",
  azure_nsg: "Azure NSG log",
  azure_vnet: "Azure virtual network log",
  gcp_vpc: "Google Cloud VPC log",
};
/** Why a file was refused, as people say it; the API's own words follow. */
const REASONS: Record<string, string> = {
  file_format: "It is none of the formats that are read",
  file_empty: "It is empty",
  file_gzip: "Its compression is damaged",
  file_bomb: "It unpacks to far more than a log would",
  file_line: "A line of it is longer than any log's",
  file_header: "Its first line does not name the fields that a flow needs",
  file_capture: "It is no whole capture",
  object_gone: "It was replaced or removed before it was read",
};
const HOUR_MS = 3_600_000;

interface Props {
  of: Upload;
  coming: boolean;
  now: number;
}

export function Outcome({ of, coming, now }: Props) {
  return (
    <>
      <div className={css["head"]}>
        <span className={css["name"]}>{of.name}</span>
        <span className="dim">
          {octets(of.octets)} by {of.actor}, <When at={of.created_at} relative />
        </span>
        {of.state === "read" && of.last_flow !== null && (
          <OnTheMap first={of.first_flow} last={of.last_flow} now={now} />
        )}
      </div>
      {of.state === "expected" && <p className="dim">{coming ? "Being read…" : "It never came"}</p>}
      {of.state === "refused" && (
        <>
          <p className={css["wrong"]}>
            Not read: {REASONS[of.reason] ?? of.detail} <span className="mono">({of.reason})</span>
          </p>
          <p>
            <Link to="/health">Try again or ignore</Link>
          </p>
        </>
      )}
      {of.state === "read" && <Understood of={of} />}
    </>
  );
}

function Understood({ of }: { of: Upload }) {
  const packets = of.format === "pcap";
  const unread = Object.entries(of.unreadable);
  return (
    <>
      <p>
        {FORMATS[of.format] ?? "no flows"}: {many(of.flows, "flow")} of {many(of.lines, packets ? "packet" : "line")}
        {left(of.counts)}
      </p>
      {unread.map(([reason, lines]) => (
        <p key={reason} className={css["wrong"]}>
          {many(lines, packets ? "packet" : "line")} not read ({reason})
          {(of.examples[reason] ?? []).map((line) => (
            <span key={line} className={`mono ${css["example"]}`}>
              {line}
            </span>
          ))}
        </p>
      ))}
    </>
  );
}

const LEFT: Record<string, string> = {
  rejected: "refused on the network",
  not_ip: "not IP",
  nodata: "without traffic",
  skipdata: "not captured by the cloud",
  begun: "begun only",
};

function left(counts: Record<string, number>): string {
  const found = Object.entries(LEFT).filter(([name]) => (counts[name] ?? 0) > 0);
  return found.map(([name, words]) => `, ${count(counts[name] ?? 0)} ${words}`).join("");
}

/** Old flows are on the map of their own time. */
function OnTheMap({ first, last, now }: { first: string | null; last: string; now: number }) {
  const old = now - Date.parse(last) > HOUR_MS;
  return (
    <Link to="/map" search={old ? { from: hour(first ?? last, 0), to: hour(last, 1) } : {}}>
      Open on the map
    </Link>
  );
}

/** The full hour before, or after. */
function hour(iso: string, more: number): string {
  return new Date((Math.floor(Date.parse(iso) / HOUR_MS) + more) * HOUR_MS).toISOString().replace(".000Z", "Z");
}
