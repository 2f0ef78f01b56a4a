/** The traffic under the map's time, with marks where dependencies came and went; a click goes there. */

import { NativeSelect } from "@mantine/core";
import { useMemo, useRef, useState } from "react";
import { useTimeline } from "@/api/time";
import type { Timeline } from "@/api/types";
import { localTime, many, octets } from "@/lib/format";
import { useNow } from "@/lib/useNow";
import css from "./histogram.module.css";
import type { Time } from "./time";

const HOUR = 3_600_000;
const RANGES = { "24h": 24 * HOUR, "7d": 168 * HOUR, "31d": 744 * HOUR } as const;
type Range = keyof typeof RANGES;

interface Props {
  time: Time;
  of: { space: number | undefined; q: string | undefined };
  onGo: (time: Time) => void;
}

export function Histogram({ time, of, onGo }: Props) {
  const [range, setRange] = useState<Range>("24h");
  const now = Math.floor(useNow(60_000) / 300_000) * 300_000;
  const { from, to } = spanOf(time, now, RANGES[range]);
  const { data } = useTimeline(iso(from), iso(to), of);
  return (
    <div className={css["histogram"]}>
      {data ? <Bars data={data} time={time} onGo={onGo} now={now} /> : <div className={css["bars"]} aria-busy="true" />}
      <NativeSelect
        aria-label="How much time is under the map"
        value={range}
        data={Object.keys(RANGES).map((value) => ({ value, label: value }))}
        onChange={({ currentTarget }) => setRange(currentTarget.value as Range)}
        w={64}
      />
    </div>
  );
}

/** The range ends now, or lies around what is looked at when that is longer ago. */
function spanOf(time: Time, now: number, length: number): { from: number; to: number } {
  const start = time.kind === "at" ? time.at : time.kind === "window" ? time.from : now;
  const to = start < now - length ? Math.min(now, start + length / 2) : now;
  return { from: to - length, to };
}

function Bars({ data, time, onGo, now }: { data: Timeline; time: Time; onGo: Props["onGo"]; now: number }) {
  const track = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState<{ from: number; to: number } | null>(null);
  const step = data.step_seconds * 1000;
  const starts = useMemo(() => data.t.map((t) => Date.parse(t)), [data.t]);
  const first = starts[0] ?? now;
  const length = Math.max(step, starts.length * step);
  const most = Math.max(1, ...data.octets);
  const at = (x: number): number => {
    const box = track.current?.getBoundingClientRect();
    const share = box && box.width > 0 ? Math.min(1, Math.max(0, (x - box.left) / box.width)) : 1;
    return first + share * length;
  };
  const chosen = dragged ?? shown(time, now);
  const place = (t: number): string => `${Math.min(100, Math.max(0, ((t - first) / length) * 100))}%`;
  const go = (t: number) => onGo(t >= now ? { kind: "live" } : { kind: "at", at: Math.floor(t / 60_000) * 60_000 });
  const index = Math.min(starts.length - 1, Math.max(0, Math.floor((chosen.to - first) / step)));
  return (
    <div
      ref={track}
      role="slider"
      tabIndex={0}
      aria-label="Time: arrow keys go back and forth, End is now"
      aria-valuemin={first}
      aria-valuemax={first + length}
      aria-valuenow={Math.round(chosen.to)}
      aria-valuetext={said(data, index)}
      title={said(data, index)}
      className={css["bars"]}
      onKeyDown={({ key }) => {
        if (key === "ArrowLeft") go(Math.min(now, chosen.to) - step);
        else if (key === "ArrowRight") go(chosen.to + step);
        else if (key === "End") onGo({ kind: "live" });
        else if (key === "Home") go(first);
      }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture?.(event.pointerId);
        setDragged({ from: at(event.clientX), to: at(event.clientX) });
      }}
      onPointerMove={(event) => dragged && setDragged({ ...dragged, to: at(event.clientX) })}
      onPointerUp={() => {
        if (!dragged) return;
        const [from, to] = [Math.min(dragged.from, dragged.to), Math.max(dragged.from, dragged.to)];
        setDragged(null);
        if (to - from < step) go(to);
        else onGo({ kind: "window", from: minute(from), to: Math.min(now, minute(to)) });
      }}
      onPointerCancel={() => setDragged(null)}
    >
      <svg viewBox={`0 0 ${starts.length} 40`} preserveAspectRatio="none" aria-hidden="true">
        {data.octets.map((value, i) => {
          const high = value === 0 ? 0 : Math.max(1.5, (value / most) * 28);
          return <rect key={starts[i]} x={i + 0.08} width={0.84} y={40 - high} height={high} className={css["bar"]} />;
        })}
        {starts.map((t, i) => (
          <g key={t}>
            {(data.added[i] ?? 0) > 0 && <rect x={i + 0.15} width={0.7} y={1} height={4} className={css["added"]} />}
            {(data.gone[i] ?? 0) > 0 && <rect x={i + 0.15} width={0.7} y={6.5} height={4} className={css["gone"]} />}
          </g>
        ))}
      </svg>
      <span
        className={css["chosen"]}
        style={{ left: place(chosen.from), right: `calc(100% - ${place(chosen.to)})` }}
        data-window={chosen.to > chosen.from || undefined}
      />
    </div>
  );
}

function minute(t: number): number {
  return Math.round(t / 60_000) * 60_000;
}

function shown(time: Time, now: number): { from: number; to: number } {
  if (time.kind === "at") return { from: time.at, to: time.at };
  if (time.kind === "window") return { from: time.from, to: time.to };
  return { from: now, to: now };
}

function said(data: Timeline, i: number): string {
  const t = data.t[i];
  if (t === undefined) return "";
  const came = data.added[i] ?? 0;
  const went = data.gone[i] ?? 0;
  const changes = [came > 0 ? `${came} new or back` : "", went > 0 ? `${went} fell silent` : ""].filter(Boolean);
  return `${localTime(t)}: ${octets(data.octets[i] ?? 0)}, ${many(data.flows[i] ?? 0, "flow")}${changes.length > 0 ? `, ${changes.join(", ")}` : ""}`;
}

function iso(t: number): string {
  return new Date(t).toISOString().replace(".000Z", "Z");
}
