/** A button for what cannot be taken back: the first press asks, the second does it. The keyboard stays where it is. */

import { Button } from "@mantine/core";
import { useState } from "react";

interface Props {
  /** What it says at first, and what it would do. */
  label: string;
  sure: string;
  busy?: boolean;
  onSure: () => void;
}

export function Sure({ label, sure, busy = false, onSure }: Props) {
  const [asked, setAsked] = useState(false);
  return (
    <Button
      variant={asked ? "filled" : "default"}
      {...(asked && { color: "red" })}
      loading={busy}
      onClick={() => (asked ? onSure() : setAsked(true))}
      onBlur={() => setAsked(false)}
    >
      {asked ? sure : label}
    </Button>
  );
}
