/** One's own second factor: set up with an authenticator app, its recovery codes, its end. */

import { Button, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import { useFactor, useFactorChanges } from "@/api/factors";
import type { components } from "@/api/schema";
import { CopyButton } from "@/ui/Copy";
import { Card } from "@/ui/Page";
import { QrCode } from "@/ui/QrCode";
import { Region } from "@/ui/Region";
import { Sure } from "@/ui/Sure";
import css from "./account.module.css";
import { useAttempt } from "@/ui/useAttempt";

type Begun = components["schemas"]["BegunFactor"];

export function FactorCard() {
  const asked = useFactor();
  const { changed } = useFactorChanges();
  const [begun, setBegun] = useState<Begun | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  return (
    <Region of={asked} height={160}>
      {({ factor, codes_left }) => {
        const on = factor === "shown" || codes !== null; // it counts already while its codes are told
        return (
          <Card title="Second factor" note={on ? "on" : "off"}>
            {codes ? (
              <Codes
                codes={codes}
                onDone={() => {
                  setCodes(null);
                  setBegun(null);
                  void changed();
                }}
              />
            ) : on ? (
              <Kept left={codes_left} onCodes={setCodes} />
            ) : begun ? (
              <Confirm begun={begun} onCodes={setCodes} onLeave={() => setBegun(null)} />
            ) : (
              <Begin onBegun={setBegun} />
            )}
          </Card>
        );
      }}
    </Region>
  );
}

function Begin({ onBegun }: { onBegun: (begun: Begun) => void }) {
  const { begin } = useFactorChanges();
  const act = useAttempt();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = await act.attempt(begin);
    if (found?.done) onBegun(found.done);
  };
  return (
    <form className={css["form"]} onSubmit={(event) => void submit(event)}>
      <p className={css["plain"]}>
        With an authenticator app on your telephone, whoever learns your password still cannot sign in as you.
      </p>
      {act.fault}
      <Button type="submit" loading={act.busy}>
        Set up an authenticator
      </Button>
    </form>
  );
}

function Confirm({
  begun,
  onCodes,
  onLeave,
}: {
  begun: Begun;
  onCodes: (codes: string[]) => void;
  onLeave: () => void;
}) {
  const { confirm } = useFactorChanges();
  const act = useAttempt();
  const [code, setCode] = useState("");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = await act.attempt(() => confirm(code.trim()));
    if (found?.done) onCodes(found.done.codes);
    else setCode("");
  };
  return (
    <form className={css["form"]} onSubmit={(event) => void submit(event)}>
      <p className={css["plain"]}>1. Scan this with your authenticator app, or type the key into it.</p>
      <QrCode text={begun.address} label="QR code for an authenticator app; the key below says the same" />
      <p className={css["told"]}>
        <span className="mono">{begun.secret.replace(/(.{4})(?=.)/g, "$1 ")}</span>{" "}
        <CopyButton text={begun.secret} what="key" />
      </p>
      <TextInput
        label="2. Type the six digits that it shows"
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
        autoComplete="one-time-code"
        inputMode="numeric"
        maxLength={10}
        data-autofocus
      />
      {act.fault}
      <Button type="submit" loading={act.busy} disabled={code.trim().length < 6}>
        Turn it on
      </Button>
      <Button variant="subtle" onClick={onLeave}>
        Not now
      </Button>
    </form>
  );
}

function Codes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  return (
    <div className={css["form"]} role="status">
      <p className={css["plain"]}>
        Keep these recovery codes where you keep what you must not lose. Each lets you in once when your telephone is
        gone. They are told this once.
      </p>
      <ul className={css["codes"]}>
        {codes.map((one) => (
          <li key={one} className="mono">
            {one}
          </li>
        ))}
      </ul>
      <CopyButton text={codes.join("\n")} what="recovery codes" />
      <Button onClick={onDone}>I have kept them</Button>
    </div>
  );
}

function Kept({ left, onCodes }: { left: number; onCodes: (codes: string[]) => void }) {
  const { renew, remove, changed } = useFactorChanges();
  const act = useAttempt();
  const more = async () => {
    const found = await act.attempt(renew);
    if (found?.done) onCodes(found.done.codes);
  };
  const end = async () => {
    if (!(await act.attempt(remove))) return;
    notifications.show({ message: "Your second factor is off" });
    await changed();
  };
  return (
    <div className={css["form"]}>
      <p className={css["plain"]}>
        Signing in wants a code of your authenticator. {left} of your recovery codes {left === 1 ? "is" : "are"} left.
      </p>
      {act.fault}
      <div className={css["buttons"]}>
        <Button variant="default" loading={act.busy} onClick={() => void more()}>
          New recovery codes
        </Button>
        <Sure label="Turn it off…" sure="Turn it off, codes too" busy={act.busy} onSure={() => void end()} />
      </div>
    </div>
  );
}
