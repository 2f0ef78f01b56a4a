/** One feed: what became of its lines, three of those that could not be read, coverage, and its switch. */

import { Button, Drawer } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { asProblem } from "@/api/client";
import { useFeedChanges, useFeedCoverage, useFeedKinds } from "@/api/feeds";
import type { Feed } from "@/api/types";
import { count, many } from "@/lib/format";
import { Mark } from "@/ui/Mark";
import { Facts } from "@/ui/Page";
import { Region } from "@/ui/Region";
import { When } from "@/ui/When";
import css from "./feeds.module.css";
import { EditFeed } from "./AddFeed";
import { EventGrid } from "./EventGrid";
import { type Kind, labelOf, settingsOf } from "./kinds";
import { NotRead } from "./NotRead";
import { Pubsub } from "./Pubsub";
import { Role } from "./Role";
import { StateMark } from "./StateMark";
import { TrialOf } from "./TrialOf";

/** Kinds of which one log can be read on demand, besides those that are visited. */
const TRIED = new Set(["aws_s3", "aws_logs"]);

const BY_ROLE = new Set(["aws_role", "aws_role_logs"]);

interface Props {
  feed: Feed | null;
  mayWrite: boolean;
  onClose: () => void;
}

export function FeedDrawer({ feed, mayWrite, onClose }: Props) {
  const kinds = useFeedKinds();
  const kind = kinds.data?.items.find(({ name }) => name === feed?.kind);
  return (
    <Drawer
      opened={feed !== null}
      onClose={onClose}
      position="right"
      size={520}
      title={feed?.name ?? ""}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {feed && (
        <>
          <Facts
            of={[
              ["Kind", labelOf(kinds.data?.items, feed.kind)],
              ["State", <StateMark key="state" feed={feed} />],
              ...settingsOf(kind, feed),
              ["Last read", <When key="read" at={feed.last_read} relative />],
              ["Newest data", <When key="data" at={feed.last_data} relative />],
            ]}
          />
          {feed.visit && <Visited visit={feed.visit} secret={secretOf(kind, feed)} />}
          {mayWrite && BY_ROLE.has(feed.kind) && <Role key={`role-${feed.id}`} feed={feed} />}
          {mayWrite && feed.kind === "azure_blob" && <EventGrid key={`events-${feed.id}`} feed={feed} />}
          {mayWrite && feed.kind === "gcp_pubsub" && <Pubsub key={`push-${feed.id}`} feed={feed} />}
          <h3 className={css["subtitle"]}>What became of its lines in the last day</h3>
          <Facts of={Object.entries(feed.counts).map(([name, lines]) => [name, count(lines)])} />
          {feed.lines === 0 && <p className={css["hint"]}>No line was read.</p>}
          <NotRead unreadable={feed.unreadable} examples={feed.examples} />
          <Coverage feed={feed} />
          {mayWrite && (TRIED.has(feed.kind) || feed.visit !== null) && <TrialOf key={feed.id} feed={feed} />}
          {mayWrite && <Switch feed={feed} onClose={onClose} />}
        </>
      )}
    </Drawer>
  );
}

function secretOf(kind: Kind | undefined, feed: Feed): React.ReactNode {
  if (feed.has_secret) return "entered";
  if (kind === undefined) return "…"; // nobody knows yet whether there should be one
  if (kind.secret === "") return "none: a role is taken on";
  return <Mark tone="bad">missing: enter it under Edit</Mark>;
}

/** What came of the last visit of the place that its logs are fetched from. */
function Visited({ visit, secret }: { visit: NonNullable<Feed["visit"]>; secret: React.ReactNode }) {
  return (
    <section aria-label="Visits">
      <Facts
        of={[
          ["Secret", secret],
          ["Last visit", <When key="visit" at={visit.at} relative />],
          ["Left for the next visit", many(visit.waiting, "log")],
        ]}
      />
      {visit.problem !== "" && (
        <p role="alert" className={css["fault"]}>
          The last visit failed ({visit.problem}): {visit.detail}.
        </p>
      )}
    </section>
  );
}

function Coverage({ feed }: { feed: Feed }) {
  const asked = useFeedCoverage(feed.id);
  if (feed.interfaces === 0) return null;
  return (
    <section aria-label="Coverage">
      <h3 className={css["subtitle"]}>Without data or skipped: {many(feed.interfaces, "interface")}</h3>
      <Region of={asked} height={60}>
        {({ items }) => (
          <ul className={css["lines"]}>
            {items.slice(0, 20).map((one) => (
              <li key={one.exporter}>
                <span className="mono">{one.interface || one.exporter}</span>: no traffic for{" "}
                {Math.round(one.nodata_seconds / 60)} min
                {one.skipped > 0 && `, ${many(one.skipped, "interval")} not captured`}
              </li>
            ))}
            {items.length > 20 && <li className="dim">and {items.length - 20} more</li>}
          </ul>
        )}
      </Region>
    </section>
  );
}

function Switch({ feed, onClose }: { feed: Feed; onClose: () => void }) {
  const { change, remove } = useFeedChanges();
  const [sure, setSure] = useState(false);
  const [editing, setEditing] = useState(false);
  const told = (message: string) => ({
    onSuccess: () => notifications.show({ message }),
    onError: (error: unknown) =>
      notifications.show({ color: "red", title: asProblem(error).title, message: asProblem(error).detail }),
  });
  const next = feed.state === "paused" ? ("active" as const) : ("paused" as const);
  return (
    <div className={css["decisions"]}>
      <EditFeed feed={feed} opened={editing} onClose={() => setEditing(false)} />
      <Button variant="default" onClick={() => setEditing(true)}>
        Edit
      </Button>
      <Button
        variant="default"
        loading={change.isPending}
        onClick={() =>
          change.mutate(
            { feed, patch: { state: next } },
            told(next === "paused" ? `${feed.name} is paused: its logs are put aside` : `${feed.name} is read again`),
          )
        }
      >
        {next === "paused" ? "Pause" : "Resume"}
      </Button>
      {sure ? (
        <Button
          color="red"
          loading={remove.isPending}
          onClick={() => {
            remove.mutate(feed, told(`${feed.name} is deleted`));
            onClose();
          }}
        >
          Delete it
        </Button>
      ) : (
        <Button variant="default" onClick={() => setSure(true)}>
          Delete…
        </Button>
      )}
      {sure && <p className="dim">What is known of its readings goes with it; the flows that were counted stay.</p>}
    </div>
  );
}
