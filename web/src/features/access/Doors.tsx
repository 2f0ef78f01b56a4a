/** The identity providers that one can sign in at, as buttons. */

import { Button } from "@mantine/core";
import { useState } from "react";
import { asProblem } from "@/api/client";
import { goTo, useDoors } from "@/api/providers";
import css from "./signin.module.css";

interface Props {
  back: string;
  /** One that the address names, which its tenant need not show. */
  provider?: string | undefined;
  /** A link that works once: whoever comes back is known by the provider from then on. */
  link?: string;
}

export function Doors({ back, provider, link }: Props) {
  const asked = useDoors();
  const [going, setGoing] = useState("");
  const [fault, setFault] = useState("");
  const shown = asked.data?.items ?? [];
  const doors =
    provider !== undefined && !shown.some((one) => one.id === provider)
      ? [{ id: provider, name: "your company's provider" }, ...shown]
      : shown;
  if (doors.length === 0) return null;
  const go = (id: string) => {
    setGoing(id);
    setFault("");
    goTo(id, back, link).catch((error: unknown) => {
      setFault(asProblem(error).detail);
      setGoing("");
    });
  };
  return (
    <div className={css["doors"]}>
      {doors.map((one) => (
        <Button key={one.id} variant="default" size="sm" loading={going === one.id} onClick={() => go(one.id)}>
          Sign in with {one.name}
        </Button>
      ))}
      {fault && (
        <p role="alert" className={css["fault"]}>
          {fault}
        </p>
      )}
    </div>
  );
}
