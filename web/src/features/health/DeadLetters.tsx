/** What could not be counted and why; each reason can be tried again or ignored. */

import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { asProblem } from "@/api/client";
import { useDeadLetterChanges, useDeadLetters } from "@/api/deadLetters";
import { useMe } from "@/api/queries";
import type { DeadLetterGroup } from "@/api/types";
import { count } from "@/lib/format";
import { Card } from "@/ui/Page";
import { Region } from "@/ui/Region";
import { When } from "@/ui/When";
import { Files } from "./Files";
import css from "./health.module.css";

const STATES: Record<DeadLetterGroup["state"], string> = {
  open: "waits for you",
  retrying: "is tried again within five minutes",
  ignored: "ignored",
};

export function DeadLetters() {
  const asked = useDeadLetters();
  return (
    <Region of={asked} height={170}>
      {({ items }) => (
        <Card title="Could not be counted" note="their bytes are kept">
          {items.length === 0 ? <p className="dim">Nothing.</p> : <Groups of={items} />}
        </Card>
      )}
    </Region>
  );
}

function Groups({ of }: { of: DeadLetterGroup[] }) {
  const mayWrite = useMe().data?.permissions.includes("sources:write") ?? false;
  return (
    <ul className={css["letters"]} aria-label="Could not be counted">
      {of.map((group) => (
        <li key={`${group.kind} ${group.reason} ${group.state}`}>
          <div>
            <strong>{count(group.letters)}</strong> <span className="mono">{group.reason}</span>{" "}
            <span className="dim">
              {group.kind === "record" ? "records" : "files"}, last <When at={group.last_at} relative />,{" "}
              {STATES[group.state]}
            </span>
          </div>
          {mayWrite && group.state === "open" && <Choices of={group} />}
          {group.kind !== "record" && group.state === "open" && <Files of={group} mayWrite={mayWrite} />}
        </li>
      ))}
    </ul>
  );
}

function Choices({ of }: { of: DeadLetterGroup }) {
  const { retry, ignore } = useDeadLetterChanges();
  const told = (words: string) => ({
    onSuccess: (answer: { changed: number } | undefined) =>
      notifications.show({ message: `${count(answer?.changed ?? 0)} ${words}` }),
    onError: (error: unknown) => notifications.show({ color: "red", message: asProblem(error).detail }),
  });
  const busy = retry.isPending || ignore.isPending;
  return (
    <div className={css["choices"]}>
      {of.kind === "record" && (
        <Button
          size="compact-sm"
          variant="default"
          disabled={busy}
          onClick={() => retry.mutate(of, told("are tried again"))}
        >
          Retry
        </Button>
      )}
      <Button size="compact-sm" variant="subtle" disabled={busy} onClick={() => ignore.mutate(of, told("are ignored"))}>
        Ignore
      </Button>
    </div>
  );
}
