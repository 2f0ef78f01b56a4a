/** All assets, by address. */

import { Button } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { useAssets, useMe } from "@/api/queries";
import type { Asset } from "@/api/types";
import { count } from "@/lib/format";
import { AttributeChips } from "@/ui/AttributeChips";
import { type Column, DataTable } from "@/ui/DataTable";
import { NarrowBox } from "@/ui/NarrowBox";
import { Narrowed } from "@/ui/Narrowed";
import { Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { SpacePicker, useSpaceNames } from "@/ui/Spaces";
import { useRows } from "@/ui/useRows";
import { When } from "@/ui/When";
import { BulkEdit } from "./BulkEdit";

interface Selection {
  ids: ReadonlySet<number>;
  turn: (id: number) => void;
}

function columns(nameOf: ((space: number) => string) | null, selection: Selection | null): Column<Asset>[] {
  return [
    ...(selection
      ? [
          {
            name: "Select",
            width: "58px",
            cell: (asset: Asset) => (
              <input
                type="checkbox"
                aria-label={`Select ${asset.address}`}
                checked={selection.ids.has(asset.id)}
                onChange={() => selection.turn(asset.id)}
              />
            ),
          },
        ]
      : []),
    {
      name: "Address",
      width: "minmax(190px, 2fr)",
      cell: (asset) => (
        <Link to="/assets/$id" params={{ id: String(asset.id) }} className="mono">
          {asset.address}
        </Link>
      ),
    },
    ...(nameOf
      ? [{ name: "Address space", width: "minmax(120px, 1fr)", cell: (asset: Asset) => nameOf(asset.address_space_id) }]
      : []),
    { name: "Name", width: "minmax(110px, 1fr)", cell: (asset) => asset.name || <span className="dim">–</span> },
    { name: "Attributes", width: "minmax(220px, 3fr)", cell: (asset) => <AttributeChips of={asset.attributes} /> },
    { name: "Where", width: "84px", cell: (asset) => (asset.internal ? "internal" : "external") },
    { name: "First seen", width: "minmax(140px, 1fr)", cell: (asset) => <When at={asset.first_seen} /> },
    { name: "Last seen", width: "minmax(140px, 1fr)", cell: (asset) => <When at={asset.last_seen} relative /> },
  ];
}

type Wanted = { q?: string | undefined; space?: number | undefined; within?: string | undefined };

export function AssetsPage() {
  const { q = "", space, within } = useSearch({ from: "/pages/assets" });
  const navigate = useNavigate();
  const { several, nameOf } = useSpaceNames();
  const asked = useAssets({ q, space, within });
  const { rows, more } = useRows(asked);
  const narrow = useCallback(
    (patch: Wanted) => {
      const wanted = Object.entries({ q, space, within, ...patch }).filter(
        ([, value]) => value !== undefined && value !== "",
      );
      void navigate({ to: "/assets", search: Object.fromEntries(wanted), replace: true });
    },
    [navigate, q, space, within],
  );
  const { data: me } = useMe();
  const mayChange = (["assets:write", "data:import"] as const).every((name) => me?.permissions.includes(name));
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const turn = (id: number) =>
    setSelected((was) => (was.has(id) ? new Set([...was].filter((one) => one !== id)) : new Set([...was, id])));
  const settle = useCallback((text: string) => narrow({ q: text }), [narrow]);
  return (
    <Page
      title="Assets"
      note={asked.data && `${count(rows.length)}${asked.hasNextPage ? " and more" : ""}`}
      busy={asked.isFetching}
      actions={
        <>
          {within !== undefined && <Narrowed what="in" by={within} onClear={() => narrow({ within: undefined })} />}
          <Link to="/import">Import and export</Link>
          <SpacePicker value={space} onChange={(chosen) => narrow({ space: chosen })} />
          <NarrowBox
            label="Filter: env=prod, an address, a network"
            value={q}
            onSettle={settle}
            doubted={asked.isError}
          />
        </>
      }
    >
      {selected.size > 0 && <BulkEdit ids={[...selected]} onDone={() => setSelected(new Set())} />}
      <Region of={asked} height="100%">
        {() => (
          <DataTable
            label="Assets"
            rows={rows}
            columns={columns(several ? nameOf : null, mayChange ? { ids: selected, turn } : null)}
            keyOf={(asset) => asset.id}
            onEnd={more}
            empty={
              <NoAssets
                filtered={q !== "" || space !== undefined || within !== undefined}
                onClear={() => narrow({ q: undefined, space: undefined, within: undefined })}
              />
            }
          />
        )}
      </Region>
    </Page>
  );
}

function NoAssets({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  if (filtered) {
    return (
      <Empty title="No asset matches">
        <Button variant="default" onClick={onClear}>
          Clear the filters
        </Button>
      </Empty>
    );
  }
  return (
    <Empty title="No assets yet">
      <span>
        They appear within a minute of the first flow. <Link to="/sources">Flow sources</Link>
      </span>
    </Empty>
  );
}
