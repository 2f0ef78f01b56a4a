/** Files of flows: announced to the API, posted straight to where FlowLens reads them, and what was understood of each. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, orThrow, query } from "./client";
import type { components } from "./schema";

export type Upload = components["schemas"]["Upload"];
type Ticket = components["schemas"]["UploadTicket"];

const LIVE_MS = 1_500;
/** How long a file may take to be read after it was sent, or to be sent after it was announced. */
const PATIENCE_MS = 900_000;

/** It will change by itself. */
export function isComing({ state, created_at }: Upload, now: number): boolean {
  return state === "expected" && now - Date.parse(created_at) < PATIENCE_MS;
}

export function useUploads() {
  return query.useQuery(
    "get",
    "/api/v1/uploads",
    {},
    { refetchInterval: ({ state }) => (state.data?.items.some((one) => isComing(one, Date.now())) ? LIVE_MS : false) },
  );
}

/** Posts the file with the fields that were signed for it; only XMLHttpRequest says how far it is. */
function post({ url, fields }: Ticket, file: File, onProgress: (part: number) => void): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) return resolve();
      const code = /<Code>(\w+)<\/Code>/.exec(request.responseText)?.[1] ?? `status ${request.status}`;
      reject(new Error(`The file was not taken (${code}). Nothing was counted.`));
    });
    request.addEventListener("error", () => reject(new Error("The connection broke. Nothing was counted.")));
    request.open("POST", url);
    request.send(form);
  });
}

/** Sends one file after the other; `part` is how much of the present one is sent, 0 to 1. */
export function useSending() {
  const client = useQueryClient();
  const [part, setPart] = useState(0);
  const [name, setName] = useState("");
  const refresh = () => client.invalidateQueries({ queryKey: ["get", "/api/v1/uploads"] });
  const sending = useMutation({
    mutationFn: async (files: readonly File[]) => {
      for (const file of files) {
        setName(file.name);
        setPart(0);
        const body = { name: file.name.slice(0, 200) || "file", octets: file.size };
        const ticket = orThrow(await api.POST("/api/v1/uploads", { body })) as Ticket;
        await post(ticket, file, setPart);
        await refresh();
      }
    },
    onSettled: refresh,
  });
  return { ...sending, name, part };
}
