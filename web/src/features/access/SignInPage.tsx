/** Asks who one is: a person by address and password, or a program's token; then goes back to where one came from. */

import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { begin } from "@/api/access";
import { api, asProblem } from "@/api/client";
import { enter, signIn } from "@/api/session";
import { Doors } from "./Doors";
import css from "./signin.module.css";

/** Only a path of this site: an address from outside must not carry anybody away. */
function within(back: string | undefined): string {
  return back?.startsWith("/") && !back.startsWith("//") ? back : "/map";
}

async function asPerson(email: string, password: string): Promise<void> {
  await begin(email.trim(), password);
  enter();
}

async function asToken(value: string): Promise<void> {
  signIn(value.trim());
  const { error } = await api.GET("/api/v1/me");
  if (error !== undefined) throw error;
}

export function SignInPage() {
  const { back, provider } = useSearch({ from: "/sign-in" });
  const navigate = useNavigate();
  const [person, setPerson] = useState(true);
  const [email, setEmail] = useState("");
  const [secret, setSecret] = useState("");
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault("");
    try {
      await (person ? asPerson(email, secret) : asToken(secret));
      return await navigate({ href: within(back), replace: true });
    } catch (error) {
      const problem = asProblem(error);
      setFault(person ? problem.detail : problem.title);
    } finally {
      setBusy(false);
    }
    return undefined;
  };
  const turn = () => {
    setPerson((was) => !was);
    setSecret("");
    setFault("");
  };

  return (
    <main className={css["page"]}>
      <form className={css["card"]} onSubmit={(event) => void submit(event)}>
        <img src="/favicon.svg" alt="" width={30} height={30} />
        <h1>Sign in to FlowLens</h1>
        {person && (
          <TextInput
            label="E-mail"
            type="email"
            size="sm"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            autoComplete="username"
            data-autofocus
          />
        )}
        <PasswordInput
          key={person ? "password" : "token"}
          label={person ? "Password" : "Token"}
          placeholder={person ? "" : "fl_…"}
          size="sm"
          value={secret}
          onChange={(event) => setSecret(event.currentTarget.value)}
          error={fault}
          autoComplete={person ? "current-password" : "off"}
          visibilityToggleButtonProps={{ "aria-label": person ? "Show the password" : "Show the token" }}
        />
        <Button type="submit" size="sm" loading={busy} disabled={secret === "" || (person && email.trim() === "")}>
          Sign in
        </Button>
        {person && <Doors back={within(back)} provider={provider} />}
        <p className="dim">
          {person
            ? "Whoever administers your tenant adds you and hands you a link, with which you choose a password."
            : "The administrator token was made at the first start. A local stack prints it; in AWS it is kept in Secrets Manager. It stays in this tab only."}
        </p>
        <Button variant="subtle" size="compact-xs" onClick={turn}>
          {person ? "Use an API token instead" : "Use an address and a password instead"}
        </Button>
      </form>
    </main>
  );
}
