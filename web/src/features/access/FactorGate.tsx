/** Stands before all pages while a session is only half: a code is wanted, or a second factor must be set up. */

import { Button, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { asProblem } from "@/api/client";
import { useShowFactor } from "@/api/factors";
import { useMe } from "@/api/queries";
import { Page } from "@/ui/Page";
import css from "./account.module.css";
import { FactorCard } from "./FactorCard";

export function FactorGate({ children }: { children: ReactNode }) {
  const { data: me } = useMe();
  const factor = me?.factor;
  if (factor === "wanted") return <AskCode />;
  if (factor !== "missing") return children;
  return (
    <Page title="One more step" note={me?.tenant.name}>
      <div className={css["gate"]}>
        <p>This tenant wants a second factor of everybody. Set one up, and you are in.</p>
        <FactorCard />
      </div>
    </Page>
  );
}

function AskCode() {
  const show = useShowFactor();
  const [code, setCode] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []); // whoever just typed a password types on
  const submit = (event: FormEvent) => {
    event.preventDefault();
    show.mutate(code.trim(), {
      onError: () => {
        setCode("");
        field.current?.focus();
      },
    });
  };
  return (
    <Page title="Your second factor">
      <form className={`${css["form"]} ${css["gate"]}`} onSubmit={submit}>
        <TextInput
          label="Code"
          description="Six digits of your authenticator, or one of your recovery codes."
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          error={show.error ? asProblem(show.error).detail : undefined}
          autoComplete="one-time-code"
          maxLength={40}
          ref={field}
        />
        <Button type="submit" loading={show.isPending} disabled={code.trim().length < 6}>
          Go on
        </Button>
        <p className="dim">
          Telephone and recovery codes are gone? Whoever administers your tenant can take the factor away.
        </p>
      </form>
    </Page>
  );
}
