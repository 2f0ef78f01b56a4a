/** Is it well: the API, its database, how old the newest data is, and what the sources lost. */

import { Link } from "@tanstack/react-router";
import { useCollectors, useHealth, useSources } from "@/api/queries";
import type { Collector, Health, Source } from "@/api/types";
import { count, octets } from "@/lib/format";
import { Counters } from "@/ui/Counters";
import { Card, Facts, Page } from "@/ui/Page";
import { Region } from "@/ui/Region";
import { useRows } from "@/ui/useRows";
import { When } from "@/ui/When";
import { DeadLetters } from "./DeadLetters";
import { Geography } from "./Geography";
import css from "./health.module.css";

export function HealthPage() {
  const asked = useHealth();
  const sources = useSources();
  const collectors = useCollectors();
  const { rows } = useRows(sources);
  return (
    <Page title="System health" busy={asked.isPending}>
      <div className={css["grid"]}>
        <Region of={asked} height={170}>
          {(health) => (
            <Card title="API and database" note={<Word health={health} />}>
              <Facts
                of={[
                  ["Version", health.version],
                  ["Database schema", schema(health)],
                  ["Newest data", <When key="newest" at={health.newest_data} relative />],
                ]}
              />
            </Card>
          )}
        </Region>
        <Region of={sources} height={170}>
          {() => (
            <Card title="Flow sources" note={<Link to="/sources">All sources</Link>}>
              <Facts of={byStatus(rows)} />
            </Card>
          )}
        </Region>
        <Region of={collectors} height={170}>
          {({ items }) => (
            <Card title="Collectors" note="processes that hear exporters">
              <Collectors all={items} />
            </Card>
          )}
        </Region>
        <Region of={sources} height={170}>
          {() => (
            <Card title="Lost, by name" note="summed over all sources">
              <Losses rows={rows} />
            </Card>
          )}
        </Region>
        <DeadLetters />
        <Geography />
      </div>
    </Page>
  );
}

function Word({ health }: { health: Health }) {
  return (
    <strong data-status={health.status}>{health.status === "ok" ? "well" : "behind: a migration is missing"}</strong>
  );
}

function schema({ schema_version: is, schema_expected: wanted }: Health): string {
  return is === wanted ? `version ${is}` : `version ${is}, version ${wanted} is needed`;
}

const STATUSES: [Source["status"], string][] = [
  ["active", "Active"],
  ["silent", "Silent for 5 minutes or more"],
  ["held", "Held"],
  ["refused", "Refused"],
  ["never", "Not seen yet"],
];

function byStatus(rows: Source[]): [string, string][] {
  return STATUSES.map(([status, words]) => [words, count(rows.filter((source) => source.status === status).length)]);
}

function Collectors({ all }: { all: Collector[] }) {
  if (all.length === 0) return <p className="dim">None has reported yet.</p>;
  return (
    <ul className={css["collectors"]}>
      {all.map((one) => (
        <li key={one.id}>
          <div>
            <strong data-status={one.status}>{one.status}</strong> <When at={one.reported_at} relative />{" "}
            <span className="dim mono" title={one.id}>
              {one.id.slice(-8)}
            </span>
          </div>
          <div>
            {count(one.received)} datagrams, {count(one.flows)} flows
            {one.runs > 1 && <span className="dim"> in {count(one.runs)} lives</span>}
          </div>
          <Troubles of={one} />
        </li>
      ))}
    </ul>
  );
}

function Troubles({ of }: { of: Collector }) {
  const short =
    of.receive_buffer !== null && of.receive_buffer_wanted !== null && of.receive_buffer < of.receive_buffer_wanted;
  return (
    <>
      {of.kernel_dropped > 0 && <div data-trouble>{count(of.kernel_dropped)} datagrams dropped by its kernel</div>}
      {(of.allowance_exceeded ?? 0) > 0 && (
        <div data-trouble title="Bandwidth, packets a second or tracked connections: take a larger instance">
          {count(of.allowance_exceeded ?? 0)} packets beyond what EC2 allows its instance
        </div>
      )}
      {of.flows_spool_full > 0 && <div data-trouble>{count(of.flows_spool_full)} flows dropped, its disk was full</div>}
      {short && (
        <div data-trouble title="Raise net.core.rmem_max on its host">
          Its kernel grants {octets(of.receive_buffer ?? 0)} of buffer, not {octets(of.receive_buffer_wanted ?? 0)}
        </div>
      )}
    </>
  );
}

function Losses({ rows }: { rows: Source[] }) {
  const sums = new Map<string, number>();
  for (const source of rows) {
    for (const [name, value] of Object.entries(source.losses)) sums.set(name, (sums.get(name) ?? 0) + value);
  }
  if (sums.size === 0) return <p className="dim">Nothing was lost that any counter knows of.</p>;
  return <Counters of={[...sums]} label="Lost, by name" isLoss />;
}
