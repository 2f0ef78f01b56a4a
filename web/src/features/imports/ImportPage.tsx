/** A file of assets or CIDR rules: choose it, look at what it would change, apply it, undo it. */

import { Button, FileButton, NativeSelect } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem } from "@/api/client";
import { type Import, type ImportKind, type Reading, useImporting, useImports } from "@/api/imports";
import { useMe } from "@/api/queries";
import { count, many } from "@/lib/format";
import { Card, Page } from "@/ui/Page";
import { Region } from "@/ui/Region";
import { When } from "@/ui/When";
import { Exports } from "./Exports";
import css from "./imports.module.css";
import { Preview } from "./Preview";

const KINDS = [
  { value: "assets", label: "Assets, by address" },
  { value: "classification_rules", label: "CIDR rules, by network" },
];
const AS_NAMED: Reading = { columns: {}, clear: false };

export function ImportPage() {
  const { data: me } = useMe();
  const may = (["assets:write", "data:import"] as const).every((name) => me?.permissions.includes(name));
  return (
    <Page title="Import and export">
      <div className={css["page"]}>
        {may && <Upload />}
        <Exports />
        <Earlier may={may} />
      </div>
    </Page>
  );
}

function Upload() {
  const { kind = "assets" } = useSearch({ from: "/pages/import" });
  const navigate = useNavigate();
  const [reading, setReading] = useState(AS_NAMED);
  const [skipWrong, setSkipWrong] = useState(false);
  const { send, preview, apply } = useImporting();
  const held = send.data;
  const look = (id: number, how: Reading) => {
    setReading(how);
    preview.mutate({ id, reading: how });
  };
  const start = (file: File | null) => {
    if (file === null) return;
    for (const one of [preview, apply]) one.reset();
    setSkipWrong(false);
    send.mutate({ kind: kind as ImportKind, file }, { onSuccess: (made) => look(made.id, AS_NAMED) });
  };
  const seen = preview.data;
  const error = send.error ?? preview.error ?? apply.error;
  const changes = seen ? seen.new + seen.changed : 0;
  return (
    <Card title="Import a file" note="CSV with a header, a JSON list, or a JSON object a line; up to 64 MB">
      <div className={css["row"]}>
        <NativeSelect
          label="What it is about"
          data={KINDS}
          value={kind}
          onChange={({ currentTarget }) =>
            void navigate({ to: "/import", search: { kind: currentTarget.value as ImportKind }, replace: true })
          }
        />
        <FileButton onChange={start} accept=".csv,.json,.jsonl,.ndjson,.txt,text/csv,application/json">
          {(props) => (
            <Button {...props} loading={send.isPending || preview.isPending}>
              Choose a file
            </Button>
          )}
        </FileButton>
      </div>
      {error !== null && (
        <p role="alert" className={css["wrong"]}>
          {asProblem(error).detail}
        </p>
      )}
      {held && seen && !apply.data && (
        <>
          <Preview of={seen} name={held.name} kind={held.kind} reading={reading} onRead={(how) => look(held.id, how)} />
          <div className={css["row"]}>
            {seen.wrong > 0 && seen.rows > 0 && (
              <label className={css["tick"]}>
                <input
                  type="checkbox"
                  checked={skipWrong}
                  onChange={({ currentTarget }) => setSkipWrong(currentTarget.checked)}
                />
                Leave out rows that are wrong
              </label>
            )}
            <Button
              disabled={changes === 0 || (seen.wrong > 0 && !skipWrong)}
              loading={apply.isPending}
              onClick={() => apply.mutate({ id: held.id, reading, digest: seen.digest, skipWrong })}
            >
              Apply {many(changes, "change")}
            </Button>
          </div>
        </>
      )}
      {apply.data && (
        <p role="status">
          {many(apply.data.changed, "change")} applied from {apply.data.name}. It can be undone below.
        </p>
      )}
    </Card>
  );
}

function Earlier({ may }: { may: boolean }) {
  const asked = useImports();
  const { undo } = useImporting();
  const refused = undo.error ? asProblem(undo.error) : null;
  return (
    <Card title="Earlier imports">
      {refused && (
        <div role="alert" className={css["row"]}>
          <span className={css["wrong"]}>{refused.detail}</span>
          {refused.status === 409 && undo.variables && (
            <Button variant="default" onClick={() => undo.mutate({ id: undo.variables.id, keepChanged: true })}>
              Undo the others
            </Button>
          )}
        </div>
      )}
      <Region of={asked} height={80}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="dim">Nothing was imported yet.</p>
          ) : (
            <ul className={css["earlier"]}>
              {items
                .filter(({ state }) => state !== "uploading")
                .map((one) => (
                  <li key={one.id}>
                    <span>{one.name}</span>
                    <span className="dim">
                      {many(one.changed, one.kind === "assets" ? "asset" : "rule")} by {one.actor},{" "}
                      <When at={one.applied_at ?? one.created_at} relative />
                    </span>
                    <End of={one} may={may} busy={undo.isPending} onUndo={undo.mutate} />
                  </li>
                ))}
            </ul>
          )
        }
      </Region>
    </Card>
  );
}

interface EndProps {
  of: Import;
  may: boolean;
  busy: boolean;
  onUndo: (what: { id: number; keepChanged: boolean }) => void;
}

function End({ of, may, busy, onUndo }: EndProps) {
  if (of.state === "undone") {
    return <span className="dim">undone{of.kept > 0 && `, ${count(of.kept)} kept`}</span>;
  }
  if (!may) return null;
  return (
    <Button
      size="compact-sm"
      variant="default"
      disabled={busy}
      aria-label={`Undo ${of.name}`}
      onClick={() => onUndo({ id: of.id, keepChanged: false })}
    >
      Undo
    </Button>
  );
}
