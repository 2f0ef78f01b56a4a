/** An invitation to one more tenant: whoever has an account here signs in with it and accepts; no password changes. */

import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { accept, begin, end } from "@/api/access";
import { asProblem } from "@/api/client";
import { enter, signedIn } from "@/api/session";
import { useShowFactor } from "@/api/factors";
import { useMe } from "@/api/queries";
import css from "./signin.module.css";

interface Props {
  secret: string;
  tenant: string;
  email: string;
}

export function Accept({ secret, tenant, email }: Props) {
  const [present, setPresent] = useState(signedIn);
  return (
    <div className={css["form"]}>
      <p className="dim">
        The tenant {tenant} invites {email}, who has an account here. Nothing of it changes: sign in as before and
        accept.
      </p>
      {present ? (
        <Present secret={secret} tenant={tenant} email={email} onLeave={() => setPresent(false)} />
      ) : (
        <SignIn email={email} onDone={() => setPresent(true)} />
      )}
    </div>
  );
}

function SignIn({ email, onDone }: { email: string; onDone: () => void }) {
  const client = useQueryClient();
  const [password, setPassword] = useState("");
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault("");
    begin(email, password)
      .then(async () => {
        enter();
        await client.resetQueries({ queryKey: ["get", "/api/v1/me"] });
        onDone();
      })
      .catch((error: unknown) => {
        setFault(asProblem(error).detail);
        setBusy(false);
      });
  };
  return (
    <form className={css["form"]} onSubmit={submit}>
      <TextInput label="E-mail" type="email" size="sm" value={email} readOnly autoComplete="username" />
      <PasswordInput
        label="Your password"
        size="sm"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={fault}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ "aria-label": "Show the password" }}
      />
      <Button type="submit" size="sm" loading={busy} disabled={password === ""}>
        Sign in
      </Button>
      <p className="dim">
        You never had an account here? Then somebody else set one up for your address: tell whoever sent you the link.
      </p>
    </form>
  );
}

function Present({ secret, tenant, email, onLeave }: Props & { onLeave: () => void }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const me = useMe();
  const show = useShowFactor();
  const [code, setCode] = useState("");
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  if (!me.data) return <p role="status">…</p>;
  const wanted = me.data.factor === "wanted";
  const leave = () => void end().then(onLeave);
  if (me.data.name !== email || !me.data.signed_in)
    return (
      <>
        <p role="alert">
          You are signed in as {me.data.name}, and the link is for {email}.
        </p>
        <Button size="sm" variant="default" onClick={leave}>
          Sign in as {email}
        </Button>
      </>
    );
  const go = async () => {
    if (wanted) await show.mutateAsync(code.trim());
    await accept(secret);
    await client.resetQueries();
    await navigate({ to: "/map", replace: true });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault("");
    go().catch((error: unknown) => {
      setFault(asProblem(error).detail);
      setBusy(false);
    });
  };
  return (
    <form className={css["form"]} onSubmit={submit}>
      {wanted && (
        <TextInput
          label="Code of your second factor"
          size="sm"
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          autoComplete="one-time-code"
          maxLength={40}
        />
      )}
      {fault && (
        <p role="alert" className={css["fault"]}>
          {fault}
        </p>
      )}
      <Button type="submit" size="sm" loading={busy} disabled={wanted && code.trim().length < 6}>
        Accept, and open {tenant}
      </Button>
    </form>
  );
}
