/** Exporters: what each does, what of it was lost, and which wait for a decision. */

import { Button, SegmentedControl } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useMe, useSourceChanges, useSources } from "@/api/queries";
import { asProblem } from "@/api/client";
import type { Source } from "@/api/types";
import { count } from "@/lib/format";
import { counter, format } from "@/lib/words";
import { type Column, DataTable } from "@/ui/DataTable";
import { Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { useSpaceNames } from "@/ui/Spaces";
import { useRows } from "@/ui/useRows";
import { When } from "@/ui/When";
import { AddSource } from "./AddSource";
import { SourceDrawer } from "./SourceDrawer";
import { StatusMark } from "./StatusMark";

interface Options {
  inLogs: boolean;
  nameOf: ((space: number) => string) | null;
  onAccept: ((source: Source) => void) | null;
}

function columns({ inLogs, nameOf, onAccept }: Options): Column<Source>[] {
  return [
    {
      name: "Status",
      width: "130px",
      cell: (source) => <StatusMark status={source.status} />,
      by: (source) => source.status,
    },
    {
      name: inLogs ? "Interface" : "Exporter",
      width: inLogs ? "minmax(300px, 2fr)" : "minmax(150px, 1fr)",
      cell: (source) => <span className="mono">{source.interface || source.exporter}</span>,
      by: (source) => source.interface || source.exporter,
    },
    {
      name: "Name",
      width: "minmax(130px, 1fr)",
      cell: (source) => source.name || <span className="dim">–</span>,
      by: (source) => source.name,
    },
    {
      name: "Formats",
      width: "minmax(110px, 1fr)",
      cell: (source) => source.formats.map(format).join(", ") || <span className="dim">–</span>,
    },
    ...(nameOf
      ? [
          {
            name: "Address space",
            width: "minmax(100px, 1fr)",
            cell: (source: Source) => nameOf(source.address_space_id),
          },
        ]
      : []),
    ...(inLogs ? [] : COUNTED),
    {
      name: "Last seen",
      width: "110px",
      cell: (source) => <When at={source.last_seen} relative />,
      by: (source) => source.last_seen ?? "",
    },
    ...(onAccept
      ? [
          {
            name: "Decision",
            width: "92px",
            cell: (source: Source) =>
              source.state === "held" ? (
                <Button size="compact-xs" onClick={() => onAccept(source)}>
                  Accept
                </Button>
              ) : null,
          },
        ]
      : []),
  ];
}

/** What collectors count; of logs, the feed counts. */
const COUNTED: Column<Source>[] = [
  {
    name: "Datagrams",
    width: "96px",
    cell: (source) => count(source.counters["received"] ?? 0),
    by: (source) => source.counters["received"] ?? 0,
    numeric: true,
  },
  {
    name: "Flows",
    width: "110px",
    cell: (source) => count(source.counters["flows"] ?? 0),
    by: (source) => source.counters["flows"] ?? 0,
    numeric: true,
  },
  { name: "Lost", width: "minmax(150px, 1.4fr)", cell: (source) => <Losses of={source} /> },
];

function Losses({ of }: { of: Source }) {
  const losses = Object.entries(of.losses).filter(([name]) => !name.includes(".") && !name.endsWith("_octets"));
  const [first] = losses;
  if (!first) return <span className="dim">none</span>;
  const all = losses.map(([name, value]) => `${counter(name)}: ${count(value)}`).join("\n");
  return (
    <span title={all}>
      {first[0].replaceAll("_", " ")} {count(first[1])}
      {losses.length > 1 && ` and ${losses.length - 1} more`}
    </span>
  );
}

export function SourcesPage() {
  const { id, of } = useSearch({ from: "/pages/sources" });
  const navigate = useNavigate();
  const inLogs = of === "logs";
  const asked = useSources(of ?? "devices");
  const { rows, more } = useRows(asked);
  const { several, nameOf } = useSpaceNames();
  const { data: me } = useMe();
  const mayWrite = me?.permissions.includes("sources:write") ?? false;
  const [adding, setAdding] = useState(false);
  const { change } = useSourceChanges();
  const open = (wanted: number | undefined) =>
    void navigate({ to: "/sources", search: { ...(of && { of }), ...(wanted !== undefined && { id: wanted }) } });
  const accept = (source: Source) =>
    change.mutate(
      { source, patch: { state: "accepted" } },
      {
        onSuccess: () => notifications.show({ message: `${source.exporter} is accepted: its flows count from now on` }),
        onError: (error) =>
          notifications.show({ color: "red", title: asProblem(error).title, message: asProblem(error).detail }),
      },
    );
  const held = rows.filter((source) => source.state === "held").length;
  return (
    <Page
      title="Flow sources"
      note={asked.data && `${count(rows.length)}${held > 0 ? `, ${count(held)} held` : ""}`}
      busy={asked.isFetching && asked.isPending}
      actions={
        <>
          <SegmentedControl
            aria-label="Which sources"
            value={of ?? "devices"}
            data={[
              { value: "devices", label: "Exporters" },
              { value: "logs", label: "In flow logs" },
            ]}
            onChange={(value) => void navigate({ to: "/sources", search: value === "logs" ? { of: "logs" } : {} })}
          />
          {mayWrite && !inLogs && <Button onClick={() => setAdding(true)}>Add a source</Button>}
        </>
      }
    >
      <Region of={asked} height="100%">
        {() => (
          <DataTable
            label="Flow sources"
            rows={rows}
            columns={columns({
              inLogs,
              nameOf: several ? nameOf : null,
              onAccept: mayWrite && held > 0 ? accept : null,
            })}
            keyOf={(source) => source.id}
            selected={id ?? null}
            onEnd={more}
            onOpen={(source) => open(source.id)}
            empty={
              inLogs ? (
                <Empty title="No interface was seen in a flow log yet">
                  Each interface whose flows a log tells is a source of its own. <Link to="/feeds">Cloud logs</Link>
                </Empty>
              ) : (
                <Empty title="No flow sources yet">The map says where to point an exporter.</Empty>
              )
            }
          />
        )}
      </Region>
      <SourceDrawer
        source={rows.find((one) => one.id === id) ?? null}
        mayWrite={mayWrite}
        onClose={() => open(undefined)}
      />
      <AddSource opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}
