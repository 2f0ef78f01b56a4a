/** What each kind of widget shows. Each asks for itself, and fails by itself. */

import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useDependencies, useSources, useTopology } from "@/api/queries";
import { useTimeline } from "@/api/time";
import type { Topology, Widget } from "@/api/types";
import { count, many, octets } from "@/lib/format";
import { useNow } from "@/lib/useNow";
import { portOf } from "@/lib/words";
import { Empty, Region } from "@/ui/Region";
import { When } from "@/ui/When";
import css from "./home.module.css";

const MapWidget = lazy(() => import("./MapWidget").then((found) => ({ default: found.MapWidget })));

const DAY = 86_400_000;

export function Shown({ widget }: { widget: Widget }) {
  const q = widget.q ?? undefined;
  switch (widget.kind) {
    case "map":
      return (
        <Suspense fallback={<div className={css["picture"]} />}>
          <MapWidget view={widget.view ?? undefined} q={q} />
        </Suspense>
      );
    case "counts":
      return <Counts q={q} />;
    case "traffic":
      return <Traffic q={q} />;
    case "talkers":
      return <Talkers q={q} />;
    case "new_dependencies":
      return <NewDependencies q={q} />;
    case "sources":
      return <Sources />;
  }
}

/** A whole five minutes, so that the question stays the same for that long. */
function useDay(): { from: string; to: string } {
  const to = Math.floor(useNow(60_000) / 300_000) * 300_000;
  return { from: iso(to - DAY), to: iso(to) };
}

function iso(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

interface Of {
  q: string | undefined;
}

function Counts({ q }: Of) {
  const day = useDay();
  const asked = useTopology({ group: "network", expand: [], space: undefined, q, when: {} });
  const { data: time } = useTimeline(day.from, day.to, { space: undefined, q });
  const sum = (values: number[] | undefined): number => (values ?? []).reduce((all, one) => all + one, 0);
  return (
    <Region of={asked} height={62}>
      {({ totals }) => (
        <dl className={css["counts"]}>
          <Count name="assets" of={count(totals.assets)} to="/assets" />
          <Count name="dependencies" of={count(totals.dependencies)} to="/dependencies" />
          <Count name="new or back, last day" of={`+${count(sum(time?.added))}`} to="/dependencies" />
          <Count name="fell silent, last day" of={`−${count(sum(time?.gone))}`} to="/map" />
          <Count name="carried, last day" of={octets(sum(time?.octets))} to="/map" />
        </dl>
      )}
    </Region>
  );
}

function Count({ name, of, to }: { name: string; of: string; to: "/assets" | "/dependencies" | "/map" }) {
  return (
    <div>
      <dd className="number">
        <Link to={to}>{of}</Link>
      </dd>
      <dt>{name}</dt>
    </div>
  );
}

function Traffic({ q }: Of) {
  const day = useDay();
  const asked = useTimeline(day.from, day.to, { space: undefined, q });
  return (
    <Region of={asked} height={90}>
      {({ t, octets: carried }) => {
        const most = Math.max(1, ...carried);
        const words = `${octets(carried.reduce((all, one) => all + one, 0))} in the last day, at most ${octets(most)} in an hour`;
        return (
          <figure className={css["traffic"]}>
            <svg viewBox={`0 0 ${t.length} 40`} preserveAspectRatio="none" role="img" aria-label={words}>
              {t.map((at, i) => {
                const high = ((carried[i] ?? 0) / most) * 38;
                return <rect key={at} x={i + 0.08} width={0.84} y={40 - high} height={high} />;
              })}
            </svg>
            <figcaption className="dim">{words}</figcaption>
          </figure>
        );
      }}
    </Region>
  );
}

function Talkers({ q }: Of) {
  const { from } = useDay();
  const asked = useTopology({ group: "none", expand: [], space: undefined, q, when: { from } }, { live: false });
  return (
    <Region of={asked} height={200}>
      {(topology) => {
        const top = strongest(topology);
        if (top.length === 0) return <Empty title="Nothing was carried" />;
        const most = top[0]?.octets ?? 1;
        return (
          <ol className={css["rows"]}>
            {top.map(({ id, client, server, service, octets: carried }) => (
              <li key={id}>
                <span className="mono">
                  {client} → {server}
                </span>
                <span className="dim">{service}</span>
                <span className="number">{octets(carried)}</span>
                <span className={css["share"]} style={{ width: `${(carried / most) * 100}%` }} />
              </li>
            ))}
          </ol>
        );
      }}
    </Region>
  );
}

function strongest({ nodes, edges }: Topology) {
  return edges.source
    .map((source, i) => {
      const target = edges.target[i] ?? source;
      const [client, server] = [nodes.label[source] ?? "", nodes.label[target] ?? ""];
      const several = (edges.dependencies[i] ?? 1) > 1 ? many(edges.dependencies[i] ?? 0, "port") : "";
      const id = `${nodes.id[source]}>${nodes.id[target]}`;
      return { id, client, server, service: edges.service[i] ?? several, octets: edges.octets[i] ?? 0 };
    })
    .sort((a, b) => b.octets - a.octets)
    .slice(0, 8);
}

function NewDependencies({ q }: Of) {
  const asked = useDependencies({ q: q ?? "", space: undefined });
  return (
    <Region of={asked} height={200}>
      {({ pages }) => (
        <ul className={css["rows"]}>
          {pages
            .flatMap(({ items }) => items)
            .slice(0, 8)
            .map((one) => (
              <li key={one.id}>
                <Link to="/dependencies/$id" params={{ id: String(one.id) }} className="mono">
                  {one.client.address ?? "restricted"} → {one.server.address ?? "restricted"}
                </Link>
                <span className="dim">{one.service ?? portOf(one)}</span>
                <When at={one.first_seen} relative />
              </li>
            ))}
        </ul>
      )}
    </Region>
  );
}

function Sources() {
  const asked = useSources();
  return (
    <Region of={asked} height={120}>
      {({ pages }) => {
        const sources = pages.flatMap(({ items }) => items);
        const states = new Map<string, number>();
        for (const { status } of sources) states.set(status, (states.get(status) ?? 0) + 1);
        return (
          <>
            <ul className={css["rows"]}>
              {[...states].map(([status, number]) => (
                <li key={status}>
                  <span>{status}</span>
                  <span className="dim" />
                  <span className="number">{count(number)}</span>
                </li>
              ))}
            </ul>
            <Link to="/sources">All flow sources</Link>
          </>
        );
      }}
    </Region>
  );
}
