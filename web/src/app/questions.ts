/** How questions to the API behave: what fails for good is not asked again; api/pace.ts asks again what came too fast. */

import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "@/api/client";

function again(failures: number, error: unknown): boolean {
  const { status } = asProblem(error);
  return failures < 1 && (status === 0 || status >= 500);
}

export function questions(): QueryClient {
  return new QueryClient({
    defaultOptions: { queries: { staleTime: 10_000, retry: again, retryDelay: 600, refetchOnWindowFocus: true } },
  });
}
