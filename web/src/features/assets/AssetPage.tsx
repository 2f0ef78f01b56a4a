/** One asset: what it depends on, and what depends on it. */

import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useAsset, useAssetDependencies } from "@/api/queries";
import type { AssetDetail, Dependency } from "@/api/types";
import { EndLink } from "@/ui/EndLink";
import { many, octets } from "@/lib/format";
import { portOf } from "@/lib/words";
import { type Column, DataTable } from "@/ui/DataTable";
import { EvidenceMark } from "@/ui/Evidence";
import { Card, Facts, Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { Sightings } from "@/ui/Sightings";
import { useSpaceNames } from "@/ui/Spaces";
import { useRows } from "@/ui/useRows";
import { When } from "@/ui/When";
import css from "./asset.module.css";
import { What } from "./What";

export function AssetPage() {
  const { id } = useParams({ from: "/pages/assets/$id" });
  const asked = useAsset(Number(id));
  return (
    <Page
      title={asked.data ? asked.data.name || <span className="mono">{asked.data.address}</span> : "Asset"}
      note={asked.data?.name ? <span className="mono">{asked.data.address}</span> : "Asset"}
      busy={asked.isFetching}
      actions={asked.data && <OnTheMap asset={asked.data} />}
    >
      <Region of={asked} height={120}>
        {(asset) => (
          <>
            <AssetFacts asset={asset} />
            <div className={css["tables"]}>
              <Side asset={asset} direction="upstream" />
              <Side asset={asset} direction="downstream" />
            </div>
          </>
        )}
      </Region>
    </Page>
  );
}

function OnTheMap({ asset }: { asset: AssetDetail }) {
  return (
    <Link to="/map" search={{ g: "none", sel: `${asset.address}@${asset.address_space_id}` }}>
      Show on the map
    </Link>
  );
}

function AssetFacts({ asset }: { asset: AssetDetail }) {
  const { several, nameOf } = useSpaceNames();
  const { upstream, downstream } = asset;
  return (
    <div className={css["facts"]}>
      <Card title="Seen">
        <Facts
          of={[
            ["Where", asset.internal ? "internal" : "external"],
            ...(several ? [["Address space", nameOf(asset.address_space_id)] as [string, string]] : []),
            ["First seen", <When key="first" at={asset.first_seen} />],
            ["Last seen", <When key="last" at={asset.last_seen} relative />],
          ]}
        />
      </Card>
      <Card title="Dependencies">
        <Facts
          of={[
            [
              "Depends on",
              `${many(upstream.assets, "asset")}, ${many(upstream.dependencies, "dependency", "dependencies")}`,
            ],
            [
              "Used by",
              `${many(downstream.assets, "asset")}, ${many(downstream.dependencies, "dependency", "dependencies")}`,
            ],
          ]}
        />
      </Card>
      <What asset={asset} />
      <Sightings of="assets" id={asset.id} />
    </div>
  );
}

const TITLES = { upstream: "Depends on", downstream: "Used by" };

function columns(end: "client" | "server"): Column<Dependency>[] {
  return [
    {
      name: end === "server" ? "Server" : "Client",
      width: "minmax(112px, 2fr)",
      cell: (one) => <EndLink of={one[end]} />,
    },
    { name: "Service", width: "minmax(94px, 1fr)", cell: (one) => one.service ?? <span className="dim">–</span> },
    { name: "Port", width: "84px", cell: portOf },
    { name: "Octets", width: "76px", cell: (one) => octets(one.octets_sent + one.octets_received), numeric: true },
    { name: "Direction by", width: "146px", cell: (one) => <EvidenceMark rung={one.evidence} /> },
    { name: "Last seen", width: "86px", cell: (one) => <When at={one.last_seen} relative /> },
  ];
}

function Side({ asset, direction }: { asset: AssetDetail; direction: "upstream" | "downstream" }) {
  const asked = useAssetDependencies(asset.id, direction);
  const { rows, more } = useRows(asked);
  const navigate = useNavigate();
  return (
    <section className={css["side"]} aria-label={TITLES[direction]}>
      <h2>
        {TITLES[direction]} <span className="dim number">{asset[direction].dependencies}</span>
      </h2>
      <Region of={asked} height={240}>
        {() => (
          <DataTable
            label={TITLES[direction]}
            rows={rows}
            columns={columns(direction === "upstream" ? "server" : "client")}
            keyOf={(one) => one.id}
            onEnd={more}
            onOpen={(one) => void navigate({ to: "/dependencies/$id", params: { id: String(one.id) } })}
            empty={
              <Empty
                title={direction === "upstream" ? "It depends on nothing that was seen" : "Nothing was seen to use it"}
              />
            }
          />
        )}
      </Region>
    </section>
  );
}
