/** What a source is doing. */

import type { Source } from "@/api/types";
import { Mark, type Tone } from "@/ui/Mark";

const SAID: Record<Source["status"], [Tone, string]> = {
  active: ["good", "active"],
  silent: ["open", "silent"],
  held: ["waiting", "held"],
  refused: ["bad", "refused"],
  never: ["none", "not seen yet"],
};

export function StatusMark({ status }: { status: Source["status"] }) {
  const [tone, word] = SAID[status];
  return <Mark tone={tone}>{word}</Mark>;
}
