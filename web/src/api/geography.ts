/** What tells where the Internet's addresses are. */

import { query } from "./client";

export function useGeography() {
  return query.useQuery("get", "/api/v1/geography", {}, { staleTime: 60_000 });
}
