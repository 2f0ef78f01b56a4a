/** The box that narrows a table as one types. */

import { TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useSettled } from "@/lib/useSettled";
import { Icon } from "./Icon";

interface Props {
  label: string;
  value: string;
  onSettle: (value: string) => void;
}

export function NarrowBox({ label, value, onSettle }: Props) {
  const [typed, setTyped] = useState(value);
  const settled = useSettled(typed.trim());
  useEffect(() => {
    if (settled !== value) onSettle(settled);
  }, [settled, value, onSettle]);
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      leftSection={<Icon name="search" size={13} />}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      w={260}
    />
  );
}
