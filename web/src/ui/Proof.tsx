/** Asks once more who one is: for what is dangerous, when one signed in a while ago. */

import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { asProblem } from "@/api/client";
import { goAgain, useIdentities } from "@/api/providers";
import { useMe } from "@/api/queries";
import css from "./proof.module.css";

/** Every 403 that a newer sign-in may mend says so itself. */
export function isStale(error: unknown): boolean {
  return error !== null && error !== undefined && /fresh sign-in/.test(asProblem(error).detail);
}

interface Props {
  password: string;
  onPassword: (password: string) => void;
  /** Of the second factor; asked for where there is one. */
  code: string;
  onCode: (code: string) => void;
}

export function Proof({ password, onPassword, code, onCode }: Props) {
  const both = useMe().data?.factor === "shown";
  const known = useIdentities();
  const [fault, setFault] = useState("");
  const here = window.location.pathname + window.location.search;
  return (
    <div className={css["proof"]}>
      <PasswordInput
        label="Your password, once more"
        description="You signed in more than five minutes ago."
        value={password}
        onChange={(event) => onPassword(event.currentTarget.value)}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ "aria-label": "Show your password" }}
      />
      {both && (
        <TextInput
          label="Code"
          description="Six digits of your authenticator, or a recovery code."
          value={code}
          onChange={(event) => onCode(event.currentTarget.value)}
          autoComplete="one-time-code"
          maxLength={40}
        />
      )}
      {known.data?.items.map((one) => (
        <Button
          key={one.id}
          variant="default"
          onClick={() => goAgain(one.provider, false, here).catch((error) => setFault(asProblem(error).detail))}
        >
          Or sign in again with {one.name}
        </Button>
      ))}
      {fault && <p role="alert">{fault}</p>}
    </div>
  );
}
