/** What a feed is doing: what somebody decided, unless its place could not be visited. */

import type { Feed } from "@/api/types";
import { Mark } from "@/ui/Mark";

export function StateMark({ feed }: { feed: Feed }) {
  if (feed.state === "paused") return <Mark tone="none">paused</Mark>;
  const problem = feed.visit?.problem ?? "";
  if (problem !== "") return <Mark tone="bad">{problem.replaceAll("_", " ")}</Mark>;
  if (feed.last_read === null) return <Mark tone="open">nothing yet</Mark>;
  return <Mark tone="good">active</Mark>;
}
