/** The way between two nodes, step by step, as text that can be copied. */

import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import type { TopologyAsked } from "@/api/queries";
import { usePath } from "@/api/time";
import type { Path } from "@/api/types";
import { many, octets } from "@/lib/format";
import { portOf } from "@/lib/words";
import { CopyButton } from "@/ui/Copy";
import { Icon } from "@/ui/Icon";
import { Region } from "@/ui/Region";
import css from "./panel.module.css";
import type { MapData } from "./read";

interface Props {
  from: string;
  to: string | undefined;
  data: MapData;
  asked: TopologyAsked;
  onPath: (path: Path | null) => void;
  onClose: () => void;
}

export function PathPanel({ from, to, data, asked, onPath, onClose }: Props) {
  const label = (id: string): string => data.nodes.get(id)?.label ?? id;
  const there = to !== undefined && !to.includes(">");
  return (
    <aside className={css["panel"]} aria-label="Path">
      <header className={css["head"]}>
        <h2 className={css["title"]}>
          {label(from)} → {there ? label(to) : "…"}
        </h2>
        <button type="button" aria-label="Close the path" onClick={onClose}>
          <Icon name="close" size={14} />
        </button>
      </header>
      {there ? (
        <Found from={from} to={to} asked={asked} onPath={onPath} />
      ) : (
        <p className="dim">Select the node where the path ends.</p>
      )}
    </aside>
  );
}

const WAYS = {
  up: "The first depends on the second",
  down: "The second depends on the first",
  both: "Neither depends on the other, but they are connected",
};

function Found({ from, to, asked, onPath }: Omit<Props, "data" | "onClose" | "to"> & { to: string }) {
  const found = usePath({ from, to }, asked);
  const path = found.data ?? null;
  useEffect(() => {
    onPath(path);
    return () => onPath(null);
  }, [path, onPath]);
  return (
    <Region of={found} height={200}>
      {({ found: there, way, steps, ways }) =>
        there ? (
          <>
            <p>
              {WAYS[way ?? "both"]}: {many(steps.length, "hop")}
              {ways > 1 && `, one of ${ways.toLocaleString("en")} ways as short, by the strongest links`}.
            </p>
            <ol className={css["steps"]}>
              {steps.map((step) => (
                <li key={step.dependency_id}>
                  <Link to="/dependencies/$id" params={{ id: String(step.dependency_id) }} className="mono">
                    {step.client.address} → {step.server.address}
                  </Link>
                  <span className="dim">
                    {step.service ?? portOf(step)} · {octets(step.octets)}
                    {!step.along && " · walked from server to client"}
                  </span>
                </li>
              ))}
            </ol>
            <CopyButton text={asText(steps)} what="path" />
          </>
        ) : (
          <p>There is no way of at most six hops in what is shown.</p>
        )
      }
    </Region>
  );
}

function asText(steps: Path["steps"]): string {
  return steps
    .map(
      ({ client, server, service, ...of }, i) =>
        `${i + 1}. ${client.address} -> ${server.address} ${service ?? portOf(of)}`,
    )
    .join("\n");
}
