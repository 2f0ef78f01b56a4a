/** Asks once more who one is, over whatever was being done: that goes on by itself afterwards. */

import { Button, Modal, PasswordInput, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import { useAccount } from "@/api/access";
import { asProblem } from "@/api/client";
import { onProofWanted } from "@/api/proof";
import { goAgain, useIdentities } from "@/api/providers";
import { useMe } from "@/api/queries";
import css from "./proof.module.css";

export function Proof() {
  const [answer, setAnswer] = useState<((proven: boolean) => void) | null>(null);
  useEffect(() => onProofWanted(() => new Promise((resolve) => setAnswer(() => resolve))), []);
  const close = (proven: boolean) => {
    answer?.(proven);
    setAnswer(null);
  };
  return (
    <Modal
      opened={answer !== null}
      onClose={() => close(false)}
      title="Show once more who you are"
      zIndex={400}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {answer !== null && <Inside onProven={() => close(true)} />}
    </Modal>
  );
}

function Inside({ onProven }: { onProven: () => void }) {
  const { prove } = useAccount();
  const both = useMe().data?.factor === "shown";
  const known = useIdentities();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [fault, setFault] = useState("");
  const onError = (error: unknown) => setFault(asProblem(error).detail);
  const here = window.location.pathname + window.location.search;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation(); // of the form below, whose change waits
    setFault("");
    prove.mutate({ password, code: both ? code.trim() : "" }, { onSuccess: onProven, onError });
  };
  return (
    <form className={css["proof"]} onSubmit={submit}>
      <p className="dim">What you are about to do is dangerous, and you signed in more than five minutes ago.</p>
      <PasswordInput
        label="Your password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ "aria-label": "Show your password" }}
        data-autofocus
      />
      {both && (
        <TextInput
          label="Code"
          description="Six digits of your authenticator, or a recovery code."
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
      <Button type="submit" loading={prove.isPending} disabled={password === "" || (both && code.trim() === "")}>
        Go on
      </Button>
      {known.data?.items.map((one) => (
        <Button key={one.id} variant="default" onClick={() => void goAgain(one.provider, false, here).catch(onError)}>
          Or sign in again with {one.name}, then repeat it
        </Button>
      ))}
    </form>
  );
}
