/** Octets from both ends by uPlot. The figures are also there as a table, for those who do not see the lines. */

import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { Volumes } from "@/api/types";
import { count, localTime, octets } from "@/lib/format";
import { FONT } from "@/graph/canvas";

const HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const INK = {
  light: { sent: "#b45f06", received: "#1864ab", text: "#566171", grid: "#e9ecf0" },
  dark: { sent: "#e6a857", received: "#74b5f2", text: "#98a4b3", grid: "#252b34" },
};

function options(scheme: "light" | "dark", width: number, height: number): uPlot.Options {
  const ink = INK[scheme];
  const axis = { stroke: ink.text, font: `11px ${FONT}`, grid: { stroke: ink.grid, width: 1 }, ticks: { show: false } };
  const value = (_: uPlot, raw: number | null): string => (raw === null ? "–" : octets(raw));
  const points = { show: false };
  return {
    width,
    height,
    padding: [8, 18, 0, 0],
    cursor: { points: { size: 6 } },
    axes: [
      { ...axis, size: 30, values: (_, ticks) => ticks.map((tick) => HOUR.format(tick * 1000)) },
      { ...axis, size: 62, values: (_, ticks) => ticks.map((tick) => octets(tick)) },
    ],
    series: [
      { value: (_, at: number | null) => (at === null ? "–" : localTime(new Date(at * 1000).toISOString())) },
      { label: "Client sent", stroke: ink.sent, width: 1.5, value, dash: [5, 3], points },
      { label: "Server sent", stroke: ink.received, width: 1.5, value, points },
    ],
  };
}

export function Chart({ volumes, height }: { volumes: Volumes; height: number }) {
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const data: uPlot.AlignedData = [
      volumes.t.map((t) => Date.parse(t) / 1000),
      volumes.octets_sent,
      volumes.octets_received,
    ];
    const drawing = height - 32; // the legend's line below
    const plot = new uPlot(options(scheme, element.clientWidth, drawing), data, element);
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: drawing }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [volumes, height, scheme]);
  return (
    <>
      <div ref={box} style={{ minHeight: height }} aria-hidden="true" />
      <div className="visually-hidden">
        <table>
          <caption>Octets by {volumes.step}</caption>
          <thead>
            <tr>
              <th>Time</th>
              <th>Client sent</th>
              <th>Server sent</th>
              <th>Flows</th>
            </tr>
          </thead>
          <tbody>
            {volumes.t.map((t, i) => (
              <tr key={t}>
                <td>{localTime(t)}</td>
                <td>{octets(volumes.octets_sent[i] ?? 0)}</td>
                <td>{octets(volumes.octets_received[i] ?? 0)}</td>
                <td>{count(volumes.flows[i] ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
