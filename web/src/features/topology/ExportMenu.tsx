/** The map as a file: a picture of the whole scene, or all links of the view, written by the server for other programs. */

import { Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { api, asProblem } from "@/api/client";
import { fetchMap, type MapForm } from "@/api/mapFile";
import { useMe } from "@/api/queries";
import type { Topology } from "@/api/types";
import type { Ink } from "@/graph/marks";
import type { Scene } from "@/graph/model";
import { pictureOf, pngOf, ratioFor, svgOf } from "@/graph/picture";
import { download, fileName } from "@/lib/download";
import { count, many } from "@/lib/format";
import type { MapData } from "./read";
import type { AskedView } from "./view";

interface Props {
  view: AskedView;
  topology: Topology;
  data: MapData;
  scene: Scene | null;
  drawn: boolean[];
  ink: Ink;
}

type Picture = "png1" | "png2" | "png4" | "svg";

const PICTURES: [Picture, string][] = [
  ["png1", "PNG"],
  ["png2", "PNG, twice as fine"],
  ["png4", "PNG, for print"],
  ["svg", "SVG, with text"],
];
const TABLES: [MapForm, string][] = [
  ["csv", "CSV"],
  ["json", "JSON"],
  ["graphml", "GraphML"],
];

export function ExportMenu(props: Props) {
  const [busy, setBusy] = useState(false);
  const { data: me } = useMe();
  const mayExport = (["data:export", "dependencies:read"] as const).every((name) => me?.permissions.includes(name));
  const run = async (write: () => Promise<string>) => {
    setBusy(true);
    try {
      const said = await write();
      if (said !== "") notifications.show({ title: "Exported, but not all of it", message: said, color: "yellow" });
    } catch (error) {
      const { title, detail } = asProblem(error);
      notifications.show({ title: "Not exported", message: `${title}. ${detail}`, color: "red" });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Menu position="bottom-end" width={220} hideDetached={false} transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <Button variant="default" loading={busy}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Picture of the whole map</Menu.Label>
        {PICTURES.map(([kind, name]) => (
          <Menu.Item key={kind} onClick={() => void run(() => picture(kind, props))}>
            {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>All links of this view</Menu.Label>
        {TABLES.map(([form, name]) => (
          <Menu.Item key={form} disabled={!mayExport} onClick={() => void run(() => table(form, props.view))}>
            {name}
          </Menu.Item>
        ))}
        {!mayExport && <Menu.Label>It takes the permission to export data.</Menu.Label>}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Says what is missing, or nothing. */
async function picture(kind: Picture, { view, topology, data, scene, drawn, ink }: Props): Promise<string> {
  if (!scene) return "The map is not drawn yet.";
  const health = await api.GET("/api/v1/health");
  const now = new Date();
  const shown = drawn.filter(Boolean).length;
  const whole = pictureOf(scene, { ...QUIET, ink, drawn }, [
    `FlowLens map, ${view.filter}`,
    `${many(data.nodes.size, "node")}, ${count(shown)} of ${many(topology.totals.edges, "link")} · as of ${topology.as_of}`,
    `Exported ${now.toISOString()} · FlowLens ${health.data?.version ?? ""}`,
  ]);
  if (kind === "svg") {
    download(fileName("map", now, "svg"), new Blob([svgOf(whole)], { type: "image/svg+xml" }));
    return "";
  }
  const asked = Number(kind.slice(3));
  download(fileName("map", now, "png"), await pngOf(whole, asked));
  const got = ratioFor(whole.view, asked);
  return got < asked
    ? `The map is too large for ${asked} times: it was drawn at ${got.toFixed(1)} times. SVG has no limit.`
    : "";
}

const QUIET = { selectedNode: null, selectedLink: null, hovered: null, cursor: null, everyLabel: true };

/** Says how far it is; whoever closes that ends it. */
async function table(form: MapForm, view: AskedView): Promise<string> {
  const stop = new AbortController();
  const title = "Exporting the whole map";
  const id = notifications.show({
    title,
    message: "Asking for the first part. Close this to stop.",
    loading: true,
    autoClose: false,
    onClose: () => stop.abort(),
  });
  try {
    const file = await fetchMap(view.asked, form, {
      signal: stop.signal,
      onProgress: (done, total) => {
        const message = `${count(done)} of ${many(total, "row")}, ${Math.floor((100 * done) / Math.max(total, 1))} %`;
        notifications.update({
          id,
          title,
          message: `${message}. Close this to stop.`,
          loading: true,
          autoClose: false,
        });
      },
    });
    download(fileName("map", new Date(), form), file);
    return "";
  } catch (error) {
    if (stop.signal.aborted) return "It was stopped: no file was written.";
    throw error;
  } finally {
    notifications.hide(id);
  }
}
