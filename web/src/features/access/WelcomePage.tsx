/** What a link that works once leads to: a first password, or the first administrator of an installation. */

import { Button, PasswordInput, TextInput } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { spend, useLink } from "@/api/access";
import { asProblem } from "@/api/client";
import { enter } from "@/api/session";
import { When } from "@/ui/When";
import { Accept } from "./Accept";
import { Doors } from "./Doors";
import css from "./signin.module.css";

const SHORTEST = 15;

/** The link stays in this page's memory: not in the address, not in the history. */
function useSecret(): string {
  const [secret] = useState(() => new URLSearchParams(window.location.hash.slice(1)).get("link") ?? "");
  useEffect(() => window.history.replaceState(window.history.state, "", window.location.pathname), []);
  return secret;
}

export function WelcomePage() {
  const secret = useSecret();
  const asked = useLink(secret);
  return (
    <main className={css["page"]}>
      <div className={css["card"]}>
        <img src="/favicon.svg" alt="" width={30} height={30} />
        <h1>Welcome to FlowLens</h1>
        {secret === "" || asked.error ? (
          <>
            <p role="alert">
              {asked.error ? asProblem(asked.error).detail : "The address lacks the link: open it whole."}
            </p>
            <Link to="/sign-in">Sign in</Link>
          </>
        ) : (
          asked.data &&
          (asked.data.accept ? (
            <Accept secret={secret} tenant={asked.data.tenant} email={asked.data.email ?? ""} />
          ) : (
            <Choose secret={secret} purpose={asked.data} />
          ))
        )}
      </div>
    </main>
  );
}

interface Purpose {
  tenant: string;
  email: string | null;
  expires_at: string;
}

function Choose({ secret, purpose }: { secret: string; purpose: Purpose }) {
  const navigate = useNavigate();
  const [email, setEmail] = useState(purpose.email ?? "");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const first = purpose.email === null;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault("");
    try {
      await spend({ link: secret, password, email: first ? email.trim() : "", name });
      enter();
      return await navigate({ to: "/map", replace: true });
    } catch (error) {
      setFault(asProblem(error).detail);
    } finally {
      setBusy(false);
    }
    return undefined;
  };
  return (
    <form className={css["form"]} onSubmit={(event) => void submit(event)}>
      <p className="dim">
        {first
          ? `You become the first administrator of the tenant ${purpose.tenant}. You add everybody else.`
          : `Choose a password for the tenant ${purpose.tenant}.`}{" "}
        The link works once, until <When at={purpose.expires_at} />.
      </p>
      <TextInput
        label="E-mail"
        type="email"
        size="sm"
        value={email}
        readOnly={!first}
        onChange={(event) => setEmail(event.currentTarget.value)}
        autoComplete="username"
      />
      {first && (
        <TextInput
          label="Name"
          size="sm"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          autoComplete="name"
        />
      )}
      <PasswordInput
        label="Password"
        description={`${SHORTEST} characters or more. A sentence of your own is long and easy to keep in mind.`}
        size="sm"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={fault}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ "aria-label": "Show the password" }}
      />
      <Button type="submit" size="sm" loading={busy} disabled={[...password].length < SHORTEST || email.trim() === ""}>
        {first ? "Begin" : "Set the password"}
      </Button>
      {!first && <Doors back="/map" link={secret} />}
    </form>
  );
}
