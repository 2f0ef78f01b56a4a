/** One act at a time, and what went wrong with it. */

import { type ReactNode, useState } from "react";
import { asProblem } from "@/api/client";

interface Attempting {
  /** What went wrong, or nothing. */
  fault: ReactNode;
  busy: boolean;
  /** What was done, or undefined when it was not. */
  attempt: <T>(act: () => Promise<T>) => Promise<{ done: T } | undefined>;
}

export function useAttempt(): Attempting {
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const attempt: Attempting["attempt"] = async (act) => {
    setBusy(true);
    setSaid("");
    try {
      return { done: await act() };
    } catch (error) {
      setSaid(asProblem(error).detail);
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  return { fault: said && <p role="alert">{said}</p>, busy, attempt };
}
