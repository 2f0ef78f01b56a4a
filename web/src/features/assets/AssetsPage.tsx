/** All assets, by address. */

import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { useAssets } from "@/api/queries";
import type { Asset } from "@/api/types";
import { count } from "@/lib/format";
import { type Column, DataTable } from "@/ui/DataTable";
import { NarrowBox } from "@/ui/NarrowBox";
import { Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { SpacePicker, useSpaceNames } from "@/ui/Spaces";
import { useRows } from "@/ui/useRows";
import { When } from "@/ui/When";

function columns(nameOf: ((space: number) => string) | null): Column<Asset>[] {
  return [
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
    { name: "Where", width: "minmax(100px, 1fr)", cell: (asset) => (asset.internal ? "internal" : "external") },
    { name: "First seen", width: "minmax(140px, 1fr)", cell: (asset) => <When at={asset.first_seen} /> },
    { name: "Last seen", width: "minmax(140px, 1fr)", cell: (asset) => <When at={asset.last_seen} relative /> },
  ];
}

export function AssetsPage() {
  const { q = "", space } = useSearch({ from: "/pages/assets" });
  const navigate = useNavigate();
  const { several, nameOf } = useSpaceNames();
  const asked = useAssets({ q, space });
  const { rows, more } = useRows(asked);
  const narrow = useCallback(
    (patch: { q?: string | undefined; space?: number | undefined }) => {
      const wanted = { q, space, ...patch };
      void navigate({
        to: "/assets",
        search: {
          ...(wanted.q ? { q: wanted.q } : {}),
          ...(wanted.space === undefined ? {} : { space: wanted.space }),
        },
        replace: true,
      });
    },
    [navigate, q, space],
  );
  const settle = useCallback((text: string) => narrow({ q: text }), [narrow]);
  return (
    <Page
      title="Assets"
      note={asked.data && `${count(rows.length)}${asked.hasNextPage ? " and more" : ""}`}
      busy={asked.isFetching}
      actions={
        <>
          <SpacePicker value={space} onChange={(chosen) => narrow({ space: chosen })} />
          <NarrowBox label="Address or network" value={q} onSettle={settle} />
        </>
      }
    >
      <Region of={asked} height="100%">
        {() => (
          <DataTable
            label="Assets"
            rows={rows}
            columns={columns(several ? nameOf : null)}
            keyOf={(asset) => asset.id}
            onEnd={more}
            empty={
              <NoAssets
                filtered={q !== "" || space !== undefined}
                onClear={() => narrow({ q: undefined, space: undefined })}
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
        <button type="button" onClick={onClear}>
          Clear the filters
        </button>
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
