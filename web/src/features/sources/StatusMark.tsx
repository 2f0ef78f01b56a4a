/** What a source is doing: a dot, always with its word. */

import type { Source } from "@/api/types";
import css from "./sources.module.css";

const WORDS: Record<Source["status"], string> = {
  active: "active",
  silent: "silent",
  held: "held",
  refused: "refused",
  never: "not seen yet",
};

export function StatusMark({ status }: { status: Source["status"] }) {
  return (
    <span className={css["status"]} data-status={status}>
      <span aria-hidden="true" />
      {WORDS[status]}
    </span>
  );
}
