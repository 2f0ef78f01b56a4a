/** All dependencies, the newest first. */

import { Button } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { useDependencies } from "@/api/queries";
import type { Dependency } from "@/api/types";
import { EndLink } from "@/ui/EndLink";
import { count, octets } from "@/lib/format";
import { portOf } from "@/lib/words";
import { type Column, DataTable } from "@/ui/DataTable";
import { EvidenceMark } from "@/ui/Evidence";
import { NarrowBox } from "@/ui/NarrowBox";
import { Narrowed } from "@/ui/Narrowed";
import { Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { SpacePicker, useSpaceNames } from "@/ui/Spaces";
import { useRows } from "@/ui/useRows";
import { When } from "@/ui/When";

function columns(nameOf: ((space: number) => string) | null): Column<Dependency>[] {
  const end = (which: "client" | "server") => (one: Dependency) => <EndLink of={one[which]} />;
  return [
    { name: "Client", width: "minmax(120px, 2fr)", cell: end("client") },
    { name: "Server", width: "minmax(120px, 2fr)", cell: end("server") },
    { name: "Service", width: "minmax(90px, 1fr)", cell: (one) => one.service ?? <span className="dim">–</span> },
    { name: "Port", width: "100px", cell: portOf },
    ...(nameOf
      ? [
          {
            name: "Address space",
            width: "minmax(112px, 1fr)",
            cell: (one: Dependency) => nameOf(one.address_space_id),
          },
        ]
      : []),
    { name: "Octets", width: "84px", cell: (one) => octets(one.octets_sent + one.octets_received), numeric: true },
    { name: "Flows", width: "84px", cell: (one) => count(one.flows), numeric: true },
    { name: "Direction by", width: "140px", cell: (one) => <EvidenceMark rung={one.evidence} /> },
    { name: "First seen", width: "130px", cell: (one) => <When at={one.first_seen} /> },
    { name: "Last seen", width: "110px", cell: (one) => <When at={one.last_seen} relative /> },
  ];
}

interface Wanted {
  q?: string | undefined;
  space?: number | undefined;
  client?: string | undefined;
  server?: string | undefined;
}

export function DependenciesPage() {
  const search: Wanted = useSearch({ from: "/pages/dependencies" });
  const { q = "", space, client, server } = search;
  const navigate = useNavigate();
  const { several, nameOf } = useSpaceNames();
  const asked = useDependencies({ q, space, client, server });
  const { rows, more } = useRows(asked);
  const narrow = useCallback(
    (patch: Wanted) => {
      const wanted = Object.entries({ q, space, client, server, ...patch }).filter(
        ([, value]) => value !== undefined && value !== "",
      );
      void navigate({ to: "/dependencies", search: Object.fromEntries(wanted), replace: true });
    },
    [navigate, q, space, client, server],
  );
  const settle = useCallback((text: string) => narrow({ q: text }), [narrow]);
  return (
    <Page
      title="Dependencies"
      note={asked.data && `${count(rows.length)}${asked.hasNextPage ? " and more" : ""}`}
      busy={asked.isFetching}
      actions={
        <>
          {client !== undefined && <Narrowed what="client" by={client} onClear={() => narrow({ client: undefined })} />}
          {server !== undefined && <Narrowed what="server" by={server} onClear={() => narrow({ server: undefined })} />}
          <SpacePicker value={space} onChange={(chosen) => narrow({ space: chosen })} />
          <NarrowBox
            label="Filter: port=443, an address, a service"
            value={q}
            onSettle={settle}
            doubted={asked.isError}
          />
        </>
      }
    >
      <Region of={asked} height="100%">
        {() => (
          <DataTable
            label="Dependencies"
            rows={rows}
            columns={columns(several ? nameOf : null)}
            keyOf={(one) => one.id}
            onEnd={more}
            onOpen={(one) => void navigate({ to: "/dependencies/$id", params: { id: String(one.id) } })}
            empty={
              <None
                filtered={Object.values(search).some((value) => value !== undefined)}
                onClear={() => narrow(NO_FILTER)}
              />
            }
          />
        )}
      </Region>
    </Page>
  );
}

const NO_FILTER: Wanted = { q: undefined, space: undefined, client: undefined, server: undefined };

function None({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  return filtered ? (
    <Empty title="No dependency matches">
      <Button variant="default" onClick={onClear}>
        Clear the filters
      </Button>
    </Empty>
  ) : (
    <Empty title="No dependencies yet">
      <span>
        They appear within a minute of the first flow. <Link to="/sources">Flow sources</Link>
      </span>
    </Empty>
  );
}
