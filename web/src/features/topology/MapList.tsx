/** The map's twin: the same links as a table. */

import { many, octets } from "@/lib/format";
import { portOf } from "@/lib/words";
import { type Column, DataTable } from "@/ui/DataTable";
import { EvidenceMark } from "@/ui/Evidence";
import { Empty } from "@/ui/Region";
import { When } from "@/ui/When";
import type { LinkRow, MapData } from "./read";

const COLUMNS: Column<LinkRow>[] = [
  {
    name: "Client",
    width: "minmax(150px, 2fr)",
    cell: (row) => <EndCell row={row} end="client" />,
    by: (row) => row.client.label,
  },
  {
    name: "Server",
    width: "minmax(150px, 2fr)",
    cell: (row) => <EndCell row={row} end="server" />,
    by: (row) => row.server.label,
  },
  {
    name: "Service",
    width: "minmax(90px, 1fr)",
    cell: (row) => row.service ?? <span className="dim">–</span>,
    by: (row) => row.service ?? "",
  },
  { name: "Port", width: "minmax(120px, 1fr)", cell: portOf, by: (row) => row.port ?? -1 },
  {
    name: "Dependencies",
    width: "110px",
    cell: (row) => row.dependencies,
    by: (row) => row.dependencies,
    numeric: true,
  },
  { name: "Octets", width: "90px", cell: (row) => octets(row.octets), by: (row) => row.octets, numeric: true },
  {
    name: "Direction by",
    width: "140px",
    cell: (row) => <EvidenceMark rung={row.evidence} />,
    by: (row) => row.evidence,
  },
  { name: "Last seen", width: "120px", cell: (row) => <When at={row.lastSeen} relative />, by: (row) => row.lastSeen },
];

function EndCell({ row, end }: { row: LinkRow; end: "client" | "server" }) {
  const { label, realm } = row[end];
  return (
    <>
      {label}
      {realm !== undefined && <span className="dim"> · {realm}</span>}
    </>
  );
}

interface Props {
  data: MapData;
  selected: string | null;
  onPick: (link: string) => void;
  /** Does the keyboard begin in it? */
  focused: boolean;
}

export function MapList({ data, selected, onPick, focused }: Props) {
  const rows = [...data.links.values(), ...data.inside.values()];
  return (
    <DataTable
      label={`${many(rows.length, "link")} of the map`}
      rows={rows}
      columns={COLUMNS}
      keyOf={(row) => row.id}
      selected={selected}
      focused={focused}
      onOpen={(row) => onPick(row.client.id === row.server.id ? row.client.id : row.id)}
      empty={<Empty title="No links in this view" />}
    />
  );
}
