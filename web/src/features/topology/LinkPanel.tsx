/** What is known of the selected link: its dependencies, and of one of them the whole evidence. */

import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useDependencies, useDependency } from "@/api/queries";
import type { Dependency } from "@/api/types";
import { count, many, octets } from "@/lib/format";
import { portOf } from "@/lib/words";
import { EvidenceCounts, FirstEvidence, RungLine, SeenBy } from "@/ui/Evidence";
import { Facts } from "@/ui/Page";
import { Region } from "@/ui/Region";
import { When } from "@/ui/When";
import css from "./panel.module.css";
import type { LinkRow } from "./read";

export function LinkPanel({ link }: { link: LinkRow }) {
  return (
    <>
      <Facts
        of={[
          ["Client", <End key="client" of={link.client} />],
          ["Server", <End key="server" of={link.server} />],
          ["Service", link.service ? `${link.service}, ${portOf(link)}` : portOf(link)],
          ["Volume", `${octets(link.octets)}, ${many(link.packets, "packet")}, ${many(link.flows, "flow")}`],
          ["First seen", <When key="first" at={link.firstSeen} />],
          ["Last seen", <When key="last" at={link.lastSeen} relative />],
        ]}
      />
      {link.dependencyId === null ? <Several link={link} /> : <Evidence dependency={link.dependencyId} />}
    </>
  );
}

function End({ of }: { of: LinkRow["client"] }) {
  return (
    <span className={of.kind === "host" ? "mono" : ""}>
      {of.label}
      {of.realm !== undefined && <span className="dim"> · {of.realm}</span>}
    </span>
  );
}

/** A link between boxes stands for many dependencies: list them, and show one at a time. */
function Several({ link }: { link: LinkRow }) {
  const asked = useDependencies({ q: "", space: undefined, client: link.client.id, server: link.server.id });
  const [chosen, setChosen] = useState<number | null>(null);
  return (
    <Region of={asked} height={160}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        const strongest = [...items].sort((a, b) => volume(b) - volume(a));
        const shown = chosen ?? strongest[0]?.id ?? null;
        return (
          <>
            <h3 className={css["subtitle"]}>
              Dependencies <span className="dim number">{count(link.dependencies)}</span>
            </h3>
            <ul className={`${css["links"]} ${css["tall"]}`}>
              {strongest.slice(0, 40).map((one) => (
                <li key={one.id}>
                  <button type="button" aria-pressed={one.id === shown} onClick={() => setChosen(one.id)}>
                    <span className={`${css["end"]} mono`}>
                      {one.client.address ?? "restricted"} → {one.server.address ?? "restricted"}
                    </span>
                    <span className="dim">{link.port === null && (one.service ?? portOf(one))}</span>
                    <RungLine rung={one.evidence} />
                    <span className="number">{octets(volume(one))}</span>
                  </button>
                </li>
              ))}
            </ul>
            <p className={css["more"]}>
              <Link to="/dependencies" search={{ client: link.client.id, server: link.server.id }}>
                All as a table
              </Link>
            </p>
            {shown !== null && <Evidence dependency={shown} />}
          </>
        );
      }}
    </Region>
  );
}

function Evidence({ dependency }: { dependency: number }) {
  const asked = useDependency(dependency);
  return (
    <Region of={asked} height={220}>
      {(detail) => (
        <div className={css["evidence"]}>
          <h3 className={css["subtitle"]}>
            <span className="mono">
              {detail.client.address ?? "restricted"} → {detail.server.address ?? "restricted"}
            </span>{" "}
            <span className="dim">{detail.service ? `${detail.service}, ${portOf(detail)}` : portOf(detail)}</span>
          </h3>
          <EvidenceCounts counts={detail.evidence_counts} />
          <h3 className={css["subtitle"]}>First evidence</h3>
          <FirstEvidence of={detail} />
          <h3 className={css["subtitle"]}>Seen by</h3>
          <SeenBy of={detail.sources} />
          <p className={css["more"]}>
            <Link to="/dependencies/$id" params={{ id: String(detail.id) }}>
              Open this dependency
            </Link>
          </p>
        </div>
      )}
    </Region>
  );
}

function volume(one: Dependency): number {
  return one.octets_sent + one.octets_received;
}
