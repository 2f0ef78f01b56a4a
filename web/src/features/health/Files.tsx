/** The files of one reason, each to be tried again or ignored. */

import { Button } from "@mantine/core";
import { useState } from "react";
import { asProblem } from "@/api/client";
import { useLetterChange, useLetters } from "@/api/deadLetters";
import type { DeadLetterGroup } from "@/api/types";
import { count } from "@/lib/format";
import css from "./health.module.css";

const SHOWN = 20;

interface Props {
  of: DeadLetterGroup;
  mayWrite: boolean;
}

export function Files({ of, mayWrite }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <details className={css["files"]} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Which files</summary>
      {open && <List of={of} mayWrite={mayWrite} />}
    </details>
  );
}

function List({ of, mayWrite }: Props) {
  const { data = [] } = useLetters(of);
  const change = useLetterChange();
  return (
    <ul aria-label={`Files with ${of.reason}`}>
      {change.error && <li role="alert">{asProblem(change.error).detail}</li>}
      {data.slice(0, SHOWN).map((letter) => (
        <li key={letter.id}>
          <div>
            <span className="mono">{letter.name}</span> <span className="dim">{letter.detail}</span>
          </div>
          {mayWrite && (
            <div className={css["choices"]}>
              {letter.kind === "object" && (
                <Button
                  size="compact-sm"
                  variant="default"
                  disabled={change.isPending}
                  aria-label={`Retry ${letter.name}`}
                  onClick={() => change.mutate({ letter, verb: "retry" })}
                >
                  Retry
                </Button>
              )}
              <Button
                size="compact-sm"
                variant="subtle"
                disabled={change.isPending}
                aria-label={`Ignore ${letter.name}`}
                onClick={() => change.mutate({ letter, verb: "ignore" })}
              >
                Ignore
              </Button>
            </div>
          )}
        </li>
      ))}
      {data.length > SHOWN && <li className="dim">and {count(data.length - SHOWN)} more</li>}
    </ul>
  );
}
