/** Files of assets and CIDR rules: sent in parts, previewed, applied and undone; and fetched in parts. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, orThrow, query } from "./client";
import { settings } from "./config";
import type { components } from "./schema";
import { credentials } from "./session";

export type Import = components["schemas"]["Import"];
export type ImportKind = components["schemas"]["ImportKind"];
export type ImportPreview = components["schemas"]["ImportPreview"];

const PART = 2 << 20;
const IMPORT = "/api/v1/imports/{import_id}";

export interface Reading {
  columns: Record<string, string | null>;
  clear: boolean;
}

export function useImports() {
  return query.useQuery("get", "/api/v1/imports", {});
}

/** The import that the file's parts were sent to. */
async function send({ kind, file }: { kind: ImportKind; file: File }): Promise<Import> {
  const made = orThrow(await api.POST("/api/v1/imports", { body: { kind, name: file.name.slice(0, 200) } })) as Import;
  for (let at = 0, part = 1; at < Math.max(file.size, 1); at += PART, part += 1) {
    const piece = file.slice(at, at + PART);
    orThrow(
      await api.PUT("/api/v1/imports/{import_id}/parts/{part}", {
        params: { path: { import_id: made.id, part } },
        body: "",
        bodySerializer: () => piece,
        headers: { "content-type": "application/octet-stream" },
      }),
    );
  }
  return made;
}

async function preview({ id, reading }: { id: number; reading: Reading }): Promise<ImportPreview> {
  const params = { path: { import_id: id } };
  return orThrow(await api.POST(`${IMPORT}/preview`, { params, body: reading })) as ImportPreview;
}

interface Wish {
  id: number;
  reading: Reading;
  digest: string;
  skipWrong: boolean;
}

async function apply({ id, reading, digest, skipWrong }: Wish): Promise<Import> {
  const params = { path: { import_id: id } };
  return orThrow(
    await api.POST(`${IMPORT}/apply`, { params, body: { ...reading, digest, skip_wrong: skipWrong } }),
  ) as Import;
}

async function undo({ id, keepChanged }: { id: number; keepChanged: boolean }): Promise<Import> {
  const params = { path: { import_id: id } };
  return orThrow(await api.POST(`${IMPORT}/undo`, { params, body: { keep_changed: keepChanged } })) as Import;
}

interface Selection {
  ids: number[];
  attributes: Record<string, string | null>;
}

async function changeSelected(body: Selection): Promise<Import> {
  return orThrow(await api.POST("/api/v1/imports/selection", { body })) as Import;
}

/** Whatever shows what was imported is asked again. */
export function useImporting() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries();
  return {
    send: useMutation({ mutationFn: send }),
    preview: useMutation({ mutationFn: preview }),
    apply: useMutation({ mutationFn: apply, onSuccess }),
    undo: useMutation({ mutationFn: undo, onSuccess }),
    changeSelected: useMutation({ mutationFn: changeSelected, onSuccess }),
  };
}

export type Exported = "assets" | "classification-rules" | "dependencies";

/** A whole file, part after part. */
export async function fetchExport(what: Exported, form: "csv" | "jsonl", more: Record<string, string>): Promise<Blob> {
  const parts: Blob[] = [];
  let cursor: string | null = null;
  do {
    const search: URLSearchParams = new URLSearchParams({ form, ...more, ...(cursor ? { cursor } : {}) });
    const response: Response = await fetch(`${settings().api}/exports/${what}?${search}`, {
      headers: credentials(),
    });
    if (!response.ok) throw await response.json();
    parts.push(await response.blob());
    cursor = response.headers.get("x-next-cursor");
  } while (cursor !== null);
  return new Blob(parts, { type: form === "csv" ? "text/csv" : "application/x-ndjson" });
}
