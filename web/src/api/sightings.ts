/** What logs and captures say besides flows. */

import { useQuery } from "@tanstack/react-query";
import { api, orThrow } from "./client";

const LIVE_MS = 60_000;

export function useSightings(of: "assets" | "dependencies", id: number) {
  return useQuery({
    queryKey: ["sightings", of, id],
    queryFn: async () =>
      of === "assets"
        ? orThrow(await api.GET("/api/v1/assets/{asset_id}/sightings", { params: { path: { asset_id: id } } }))
        : orThrow(
            await api.GET("/api/v1/dependencies/{dependency_id}/sightings", {
              params: { path: { dependency_id: id } },
            }),
          ),
    refetchInterval: LIVE_MS,
  });
}
