/** What was refused on the network: tried, and no dependency. */

import { useAttempts } from "@/api/feeds";
import type { Attempt } from "@/api/types";
import { count } from "@/lib/format";
import { portOf } from "@/lib/words";
import { type Column, DataTable } from "@/ui/DataTable";
import { Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { useSpaceNames } from "@/ui/Spaces";
import { useRows } from "@/ui/useRows";
import { When } from "@/ui/When";

function columns(nameOf: ((space: number) => string) | null): Column<Attempt>[] {
  return [
    { name: "Client", width: "minmax(150px, 2fr)", cell: (one) => <Address of={one.client} /> },
    { name: "Server", width: "minmax(150px, 2fr)", cell: (one) => <Address of={one.server} /> },
    {
      name: "Port",
      width: "110px",
      cell: (one) => (one.port === 0 && one.protocol !== 1 && one.protocol !== 58 ? "others (scan)" : portOf(one)),
    },
    ...(nameOf
      ? [{ name: "Address space", width: "minmax(110px, 1fr)", cell: (one: Attempt) => nameOf(one.address_space_id) }]
      : []),
    { name: "Refused flows", width: "110px", cell: (one) => count(one.flows), numeric: true },
    {
      name: "Also let through",
      width: "130px",
      cell: (one) => (one.allowed ? "yes" : <span className="dim">no</span>),
    },
    {
      name: "Reason",
      width: "minmax(90px, 1fr)",
      cell: (one) => one.reasons.join(", ") || <span className="dim">–</span>,
    },
    { name: "First seen", width: "minmax(130px, 1fr)", cell: (one) => <When at={one.first_seen} /> },
    { name: "Last seen", width: "110px", cell: (one) => <When at={one.last_seen} relative /> },
  ];
}

export function AttemptsPage() {
  const asked = useAttempts();
  const { rows, more } = useRows(asked);
  const { several, nameOf } = useSpaceNames();
  return (
    <Page
      title="Attempts"
      note={asked.data && `${count(rows.length)}${asked.hasNextPage ? " and more" : ""}`}
      busy={asked.isFetching}
    >
      <Region of={asked} height="100%">
        {() => (
          <DataTable
            label="Attempts"
            rows={rows}
            columns={columns(several ? nameOf : null)}
            keyOf={(one) => one.id}
            onEnd={more}
            empty={
              <Empty title="Nothing was refused">
                What a security group, a network ACL or a firewall rejected appears here. It is never a dependency.
              </Empty>
            }
          />
        )}
      </Region>
    </Page>
  );
}

function Address({ of }: { of: string | null }) {
  return of === null ? <span className="dim">restricted</span> : <span className="mono">{of}</span>;
}
