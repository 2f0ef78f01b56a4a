/** Asks for the token, tries it, and goes back to where one came from. */

import { Button, PasswordInput } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api, asProblem } from "@/api/client";
import { signIn } from "@/api/session";
import css from "./signin.module.css";

/** Only a path of this site: an address from outside must not carry anybody away. */
function within(back: string | undefined): string {
  return back?.startsWith("/") && !back.startsWith("//") ? back : "/map";
}

export function SignInPage() {
  const { back } = useSearch({ from: "/sign-in" });
  const navigate = useNavigate();
  const [value, setValue] = useState("");
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    signIn(value.trim());
    try {
      const { error } = await api.GET("/api/v1/me");
      if (error === undefined) return await navigate({ href: within(back), replace: true });
      setFault(asProblem(error).title);
    } catch (error) {
      setFault(asProblem(error).title);
    } finally {
      setBusy(false);
    }
    return undefined;
  };

  return (
    <main className={css["page"]}>
      <form className={css["card"]} onSubmit={(event) => void submit(event)}>
        <img src="/favicon.svg" alt="" width={30} height={30} />
        <h1>Sign in to FlowLens</h1>
        <p className="dim">
          The administrator token was made at the first start. A local stack prints it; in AWS it is kept in Secrets
          Manager.
        </p>
        <PasswordInput
          label="Token"
          placeholder="fl_…"
          size="sm"
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          error={fault}
          autoComplete="off"
          data-autofocus
          visibilityToggleButtonProps={{ "aria-label": "Show the token" }}
        />
        <Button type="submit" size="sm" loading={busy} disabled={value.trim() === ""}>
          Sign in
        </Button>
        <p className="dim">It stays in this tab only, and is gone when the tab is closed.</p>
      </form>
    </main>
  );
}
