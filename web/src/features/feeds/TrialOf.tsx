/** Reads one log of a feed on demand, and shows what was understood. Nothing is counted. */

import { Button } from "@mantine/core";
import { asProblem } from "@/api/client";
import { useTrial } from "@/api/feeds";
import type { Feed, Trial } from "@/api/types";
import { count, many } from "@/lib/format";
import { Facts } from "@/ui/Page";
import { When } from "@/ui/When";
import css from "./feeds.module.css";
import { NotRead } from "./NotRead";

const EVENTS = new Set(["aws_logs", "aws_role_logs"]);

export function TrialOf({ feed }: { feed: Feed }) {
  const trial = useTrial();
  const fault = trial.error ? asProblem(trial.error) : null;
  return (
    <section aria-label="Test">
      <h3 className={css["subtitle"]}>Test</h3>
      <p className={css["hint"]}>
        Reads {EVENTS.has(feed.kind) ? "the latest events" : "the newest object"} and shows what is understood. Nothing
        is counted.
      </p>
      <Button variant="default" loading={trial.isPending} onClick={() => trial.mutate(feed)}>
        Test
      </Button>
      {fault && (
        <p role="alert" className={css["fault"]}>
          {fault.title}. {fault.detail}
        </p>
      )}
      {trial.data && <Understood trial={trial.data} />}
    </section>
  );
}

function Understood({ trial }: { trial: Trial }) {
  return (
    <div role="status" className={css["understood"]}>
      {trial.problem && (
        <p className={css["fault"]}>
          Not understood: {trial.detail || trial.problem} <span className="mono">({trial.problem})</span>
        </p>
      )}
      <Facts
        of={[
          [
            "Looked at",
            <span key="name" className="mono">
              {trial.name || "nothing"}
            </span>,
          ],
          ...(trial.lines > 0 ? rows(trial) : []),
          ...(trial.fields.length > 0 ? ([["Fields", trial.fields.join(", ")]] as [string, string][]) : []),
          ...(trial.lacking.length > 0 ? ([["Would tell more", trial.lacking.join(", ")]] as [string, string][]) : []),
        ]}
      />
      <NotRead unreadable={trial.unreadable} examples={trial.examples} />
    </div>
  );
}

function rows(trial: Trial): [string, React.ReactNode][] {
  const others = Object.entries(trial.counts).filter(([name]) => name !== "lines" && name !== "flows");
  return [
    ["Lines", `${count(trial.lines)}${trial.whole ? "" : " (its beginning)"}`],
    ["Flows", `${count(trial.flows)} of ${many(trial.exporters, "interface")}`],
    ...others.map(([name, lines]): [string, string] => [name, count(lines)]),
    ["First flow", <When key="first" at={trial.first} />],
    ["Last flow", <When key="last" at={trial.last} />],
  ];
}
