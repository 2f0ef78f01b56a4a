/** Where flow logs of clouds come from: what was read of each, what was not, and how late it came. */

import { Button } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useFeedKinds, useFeeds } from "@/api/feeds";
import { useMe } from "@/api/queries";
import type { Feed } from "@/api/types";
import { count } from "@/lib/format";
import { type Column, DataTable } from "@/ui/DataTable";
import { Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { useRows } from "@/ui/useRows";
import { When } from "@/ui/When";
import { AddFeed } from "./AddFeed";
import { FeedDrawer } from "./FeedDrawer";
import { briefOf } from "./kinds";
import { StateMark } from "./StateMark";

const columns = (kindOf: (feed: Feed) => string): Column<Feed>[] => [
  { name: "Name", width: "minmax(140px, 1.4fr)", cell: (feed) => feed.name, by: (feed) => feed.name },
  { name: "Kind", width: "minmax(140px, 1fr)", cell: kindOf, by: kindOf },
  {
    name: "State",
    width: "minmax(120px, 1fr)",
    cell: (feed) => <StateMark feed={feed} />,
    by: (feed) => feed.visit?.problem || feed.state,
  },
  { name: "Last read", width: "110px", cell: (feed) => <When at={feed.last_read} relative /> },
  { name: "Newest data", width: "110px", cell: (feed) => <When at={feed.last_data} relative /> },
  { name: "Delay", width: "80px", cell: (feed) => delay(feed.delay_seconds), numeric: true },
  { name: "Logs", width: "80px", cell: (feed) => count(feed.logs), by: (feed) => feed.logs, numeric: true },
  { name: "Flows", width: "100px", cell: (feed) => count(feed.flows), by: (feed) => feed.flows, numeric: true },
  { name: "Not read", width: "minmax(140px, 1fr)", cell: (feed) => <Unreadable of={feed.unreadable} /> },
];

function delay(seconds: number | null): string {
  if (seconds === null) return "–";
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

function Unreadable({ of }: { of: Record<string, number> }) {
  const all = Object.entries(of);
  if (all.length === 0) return <span className="dim">nothing</span>;
  return <span>{all.map(([reason, lines]) => `${count(lines)} ${reason}`).join(", ")}</span>;
}

export function FeedsPage() {
  const { id } = useSearch({ from: "/pages/feeds" });
  const navigate = useNavigate();
  const asked = useFeeds();
  const kinds = useFeedKinds();
  const { rows, more } = useRows(asked);
  const { data: me } = useMe();
  const mayWrite = me?.permissions.includes("sources:write") ?? false;
  const [adding, setAdding] = useState(false);
  const open = (wanted: number | undefined) =>
    void navigate({ to: "/feeds", search: wanted === undefined ? {} : { id: wanted } });
  return (
    <Page
      title="Cloud logs"
      note={asked.data && `${count(rows.length)}, the last day`}
      busy={asked.isFetching && asked.isPending}
      actions={mayWrite && <Button onClick={() => setAdding(true)}>Add a feed</Button>}
    >
      <Region of={asked} height="100%">
        {() => (
          <DataTable
            label="Feeds"
            rows={rows}
            columns={columns((feed) => briefOf(kinds.data?.items, feed.kind))}
            keyOf={(feed) => feed.id}
            selected={id ?? null}
            onEnd={more}
            onOpen={(feed) => open(feed.id)}
            empty={
              <Empty title="No cloud logs yet">
                A log that is delivered into FlowLens's bucket appears here by itself. For files there is flowlens
                import.
              </Empty>
            }
          />
        )}
      </Region>
      <FeedDrawer
        feed={rows.find((one) => one.id === id) ?? null}
        mayWrite={mayWrite}
        onClose={() => open(undefined)}
      />
      <AddFeed opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}
