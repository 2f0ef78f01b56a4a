/** A state: a dot, always with its word. */

import type { ReactNode } from "react";
import css from "./mark.module.css";

export type Tone = "good" | "waiting" | "open" | "bad" | "none";

export function Mark({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={css["mark"]} data-tone={tone}>
      <span aria-hidden="true" />
      {children}
    </span>
  );
}
