/** What is dangerous wants a fresh sign-in: asks for it where it is wanted, once. */

import { type ReactNode, useState } from "react";
import { useAccount } from "@/api/access";
import { asProblem } from "@/api/client";
import { useMe } from "@/api/queries";
import { isStale, Proof } from "./Proof";

interface Proving {
  /** Nothing, or the fields that are wanted and what went wrong. */
  fields: ReactNode;
  busy: boolean;
  ready: boolean;
  /** What was done, or undefined when it was not. */
  attempt: <T>(act: () => Promise<T>) => Promise<{ done: T } | undefined>;
}

export function useProof(): Proving {
  const { prove } = useAccount();
  const both = useMe().data?.factor === "shown";
  const [stale, setStale] = useState(false);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const attempt: Proving["attempt"] = async (act) => {
    setBusy(true);
    setFault("");
    try {
      if (stale) await prove.mutateAsync({ password, code: both ? code.trim() : "" });
      const done = await act();
      setStale(false);
      setPassword("");
      setCode("");
      return { done };
    } catch (error) {
      if (isStale(error)) setStale(true);
      else setFault(asProblem(error).detail);
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  const fields = (
    <>
      {stale && <Proof password={password} onPassword={setPassword} code={code} onCode={setCode} />}
      {fault && <p role="alert">{fault}</p>}
    </>
  );
  return { fields, busy, ready: !stale || (password !== "" && (!both || code !== "")), attempt };
}
