/** One dependency, and why we believe it. */

import { Link, useParams } from "@tanstack/react-router";
import { useDependency } from "@/api/queries";
import type { DependencyDetail } from "@/api/types";
import { EndLink } from "@/ui/EndLink";
import { count, many, octets } from "@/lib/format";
import { portOf } from "@/lib/words";
import { EvidenceCounts, FirstEvidence, SeenBy } from "@/ui/Evidence";
import { Card, Facts, Page } from "@/ui/Page";
import { Region } from "@/ui/Region";
import { Sightings } from "@/ui/Sightings";
import { useSpaceNames } from "@/ui/Spaces";
import { When } from "@/ui/When";
import css from "./dependency.module.css";
import { During } from "./During";
import { VolumesCard } from "./VolumesCard";

export function DependencyPage() {
  const { id } = useParams({ from: "/pages/dependencies/$id" });
  const asked = useDependency(Number(id));
  const one = asked.data;
  return (
    <Page
      title={one ? <Title of={one} /> : "Dependency"}
      note={one && (one.service ? `${one.service}, ${portOf(one)}` : portOf(one))}
      busy={asked.isFetching}
      actions={
        one && (
          <Link
            to="/map"
            search={{
              g: "none",
              sel: `${one.client.address ?? "restricted"}@${one.address_space_id}>${one.server.address ?? "restricted"}@${one.address_space_id}`,
            }}
          >
            Show on the map
          </Link>
        )
      }
    >
      <Region of={asked} height={420}>
        {(detail) => (
          <div className={css["grid"]}>
            <VolumesCard dependency={detail.id} />
            <Totals of={detail} />
            <Card title="Evidence for the direction" note="flows decided by each kind">
              <EvidenceCounts counts={detail.evidence_counts} />
            </Card>
            <Card title="First evidence">
              <FirstEvidence of={detail} />
            </Card>
            <Card title="Valid during" note="from a flow's start to an hour after its end">
              <During of={detail.during} />
            </Card>
            <Card title="Seen by">
              <SeenBy of={detail.sources} />
            </Card>
            <Sightings of="dependencies" id={detail.id} />
          </div>
        )}
      </Region>
    </Page>
  );
}

function Title({ of }: { of: DependencyDetail }) {
  return (
    <span className={css["title"]}>
      <EndLink of={of.client} />
      <span className="dim">→</span>
      <EndLink of={of.server} />
    </span>
  );
}

function Totals({ of }: { of: DependencyDetail }) {
  const { several, nameOf } = useSpaceNames();
  const estimated = of.octets_sent + of.octets_received;
  return (
    <Card title="Totals" note="since first seen">
      <Facts
        of={[
          ["Client sent", `${octets(of.octets_sent)}, ${many(of.packets_sent, "packet")}`],
          ["Server sent", `${octets(of.octets_received)}, ${many(of.packets_received, "packet")}`],
          ["On the wire", <OnTheWire key="wire" of={of} estimated={estimated} />],
          ["Flows", count(of.flows)],
          ...(several ? [["Address space", nameOf(of.address_space_id)] as [string, string]] : []),
          ["First seen", <When key="first" at={of.first_seen} />],
          ["Last seen", <When key="last" at={of.last_seen} relative />],
        ]}
      />
    </Card>
  );
}

/** What the exporters reported, beside what sampling makes of it. */
function OnTheWire({ of, estimated }: { of: DependencyDetail; estimated: number }) {
  const sampled = estimated !== of.octets_seen;
  return (
    <>
      {octets(of.octets_seen)}, {many(of.packets_seen, "packet")}{" "}
      <span className="dim">
        {sampled ? "reported; the figures above are scaled by the sampling rate" : "reported, not sampled"}
      </span>
    </>
  );
}
