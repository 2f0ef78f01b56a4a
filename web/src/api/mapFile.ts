/** The whole map of a view as the server writes it: part after part, however many there are. */

import { settings } from "./config";
import { paced } from "./pace";
import { type TopologyAsked, topologyOf } from "./queries";
import { credentials } from "./session";

export type MapForm = "csv" | "json" | "graphml";

interface Watch {
  /** Rows that are here, of how many. */
  onProgress: (done: number, total: number) => void;
  signal: AbortSignal;
}

/** Throws the problem of the part that failed: half a file is none. */
export async function fetchMap(asked: TopologyAsked, form: MapForm, { onProgress, signal }: Watch): Promise<Blob> {
  const parts: Blob[] = [];
  const search = searchOf(asked, form);
  for (let cursor: string | null = ""; cursor !== null; ) {
    if (cursor !== "") search.set("cursor", cursor);
    const url = new URL(`${settings().api}/exports/map?${search}`, window.location.href);
    const response = await paced(new Request(url, { headers: credentials(), signal }));
    if (!response.ok) throw await response.json();
    parts.push(await response.blob());
    onProgress(Number(response.headers.get("x-rows-done")), Number(response.headers.get("x-rows-total")));
    cursor = response.headers.get("x-next-cursor");
  }
  return new Blob(parts, { type: parts[0]?.type ?? "" });
}

function searchOf(asked: TopologyAsked, form: MapForm): URLSearchParams {
  const { limit: _, expand, ...query } = topologyOf(asked, 0).params.query;
  const search = new URLSearchParams({ form });
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  for (const one of expand) search.append("expand", one);
  return search;
}
