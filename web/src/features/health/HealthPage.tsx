/** Is it well: the API, its database, how old the newest data is, and what the sources lost. */

import { Link } from "@tanstack/react-router";
import { useHealth, useSources } from "@/api/queries";
import type { Health, Source } from "@/api/types";
import { count } from "@/lib/format";
import { Counters } from "@/ui/Counters";
import { Card, Facts, Page } from "@/ui/Page";
import { Region } from "@/ui/Region";
import { useRows } from "@/ui/useRows";
import { When } from "@/ui/When";
import css from "./health.module.css";

export function HealthPage() {
  const asked = useHealth();
  const sources = useSources();
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
        <Region of={sources} height={170}>
          {() => (
            <Card title="Lost, by name" note="summed over all sources">
              <Losses rows={rows} />
            </Card>
          )}
        </Region>
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

function Losses({ rows }: { rows: Source[] }) {
  const sums = new Map<string, number>();
  for (const source of rows) {
    for (const [name, value] of Object.entries(source.losses)) sums.set(name, (sums.get(name) ?? 0) + value);
  }
  if (sums.size === 0) return <p className="dim">Nothing was lost that any counter knows of.</p>;
  return <Counters of={[...sums]} label="Lost, by name" isLoss />;
}
