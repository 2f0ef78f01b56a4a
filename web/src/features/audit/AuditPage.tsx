/** Who did what, and who tried what they may not: searched, checked and taken away as a file. */

import { Button, Drawer, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { asProblem } from "@/api/client";
import { useAudit, useAuditCheck, wholeTrail } from "@/api/members";
import type { AuditEvent } from "@/api/types";
import { download } from "@/lib/download";
import { count } from "@/lib/format";
import { type Column, DataTable } from "@/ui/DataTable";
import { Facts, Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { useRows } from "@/ui/useRows";
import { When } from "@/ui/When";
import css from "./audit.module.css";
import { KINDS } from "./kinds";
import { Signing } from "./Signing";

const COLUMNS: Column<AuditEvent>[] = [
  { name: "Number", width: "84px", cell: (one) => count(one.number), numeric: true },
  { name: "When", width: "minmax(140px, 1fr)", cell: (one) => <When at={one.at} /> },
  { name: "Who", width: "minmax(140px, 1.5fr)", cell: (one) => one.actor },
  {
    name: "What",
    width: "minmax(130px, 1.2fr)",
    cell: (one) => (one.action.startsWith("denied") ? <strong>{one.action}</strong> : one.action),
  },
  { name: "On what", width: "minmax(160px, 2fr)", cell: (one) => <Target of={one} /> },
];

/** By its name of now, else of then; what has neither by kind and id. */
function Target({ of: { target, name, named } }: { of: AuditEvent }) {
  const called = name ?? named;
  if (called === null) return target;
  return (
    <>
      {called} <span className="dim">{kindOf(target)}</span>
    </>
  );
}

const kindOf = (target: string) => target.replace(/[ :][0-9a-f-]+$/, "");

function calledThen({ name, named }: AuditEvent): [string, string][] {
  if (name === null) return named === null ? [] : [["Called then", `${named} (it is gone)`]];
  return named === null || named === name
    ? [["Called", name]]
    : [
        ["Called now", name],
        ["Called then", named],
      ];
}

export function AuditPage() {
  const [typed, setTyped] = useState("");
  const [q] = useDebouncedValue(typed.trim(), 250);
  const [kind, setKind] = useState("");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [open, setOpen] = useState<AuditEvent | null>(null);
  const asked = useAudit({ q, action: kind, from: instant(from), to: instant(to) });
  const narrowed = q !== "" || kind !== "" || from !== "" || to !== "";
  const widen = () => {
    setTyped("");
    setKind("");
    setFrom("");
    setTo("");
  };
  const { rows, more } = useRows(asked);
  return (
    <Page title="Audit" busy={asked.isFetching} actions={<Actions />}>
      <div className={css["filters"]}>
        <TextInput
          aria-label="Search the trail"
          placeholder="Anything in an event"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <NativeSelect
          aria-label="Kind of event"
          data={KINDS}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value)}
        />
        <TextInput
          aria-label="From"
          leftSection="from"
          leftSectionWidth={48}
          type="datetime-local"
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          aria-label="To"
          leftSection="to"
          leftSectionWidth={32}
          type="datetime-local"
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
        {narrowed && (
          <Button variant="subtle" onClick={widen}>
            Show all
          </Button>
        )}
      </div>
      <Signing />
      <Region of={asked} height="100%">
        {() => (
          <DataTable
            label="Audit trail"
            rows={rows}
            columns={COLUMNS}
            keyOf={(one) => one.number}
            selected={open?.number ?? null}
            onEnd={more}
            onOpen={setOpen}
            empty={
              narrowed ? (
                <Empty title="No such event">Nothing in the trail is like that: widen the search.</Empty>
              ) : (
                <Empty title="Nothing happened yet">Every change, export and denied attempt appears here.</Empty>
              )
            }
          />
        )}
      </Region>
      <Drawer
        opened={open !== null}
        onClose={() => setOpen(null)}
        position="right"
        size={460}
        title={open ? `Event ${count(open.number)}` : ""}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {open && (
          <>
            <Facts
              of={[
                ["When", <When key="at" at={open.at} />],
                ["Who", open.actor],
                ["What", open.action],
                ["On what", open.target],
                ...calledThen(open),
              ]}
            />
            <pre className={css["detail"]}>{JSON.stringify(open.detail, null, 2)}</pre>
            <p className={`${css["hash"]} dim`}>
              Hash over this event and the one before: <span className="mono">{open.hash}</span>
            </p>
          </>
        )}
      </Drawer>
    </Page>
  );
}

/** As the API takes it: what a field says is local time; half a date is none. */
function instant(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}

function Actions() {
  const check = useAuditCheck();
  const [busy, setBusy] = useState(false);
  const fail = (error: unknown) =>
    notifications.show({ color: "red", title: asProblem(error).title, message: asProblem(error).detail });
  const verify = () =>
    check.mutate(undefined, {
      onSuccess: (found) =>
        notifications.show(
          found?.fault
            ? { color: "red", title: "The trail was changed", message: found.fault, autoClose: false }
            : { message: `All ${count(found?.events ?? 0)} events are whole and unchanged` },
        ),
      onError: fail,
    });
  const take = async () => {
    setBusy(true);
    try {
      download("audit-trail.jsonl", new Blob([await wholeTrail()], { type: "application/x-ndjson" }));
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button variant="default" loading={check.isPending} onClick={verify}>
        Check the chain
      </Button>
      <Button loading={busy} onClick={() => void take()}>
        Export
      </Button>
    </>
  );
}
