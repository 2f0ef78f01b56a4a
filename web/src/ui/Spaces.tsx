/** Address spaces by name. Where there is only one, nobody needs to hear of it; of very many the map shows one at a time. */

import { NativeSelect } from "@mantine/core";
import { useMemo } from "react";
import { useSpaces } from "@/api/queries";

/** So many share the boxes that a person takes in, with four for each of them: the API's own bound. */
const MOST_AT_ONCE = 12;
/** As a number in the map's address: all of them, however many. */
export const ALL_SPACES = 0;

export function useSpaceNames(): {
  several: boolean;
  /** Where there are very many: the one that a map shows until another is chosen. */
  home: number | undefined;
  /** Can it be said how many there are, or will it never be? */
  known: boolean;
  nameOf: (id: number) => string;
  list: { value: string; label: string }[];
} {
  const { data, isPending } = useSpaces();
  return useMemo(() => {
    const items = data?.items ?? [];
    return {
      several: items.length > 1,
      home: items.length > MOST_AT_ONCE ? items.find((space) => space.is_default)?.id : undefined,
      known: !isPending,
      nameOf: (id: number) => items.find((space) => space.id === id)?.name ?? `space ${id}`,
      list: items.map((space) => ({ value: String(space.id), label: space.name })),
    };
  }, [data, isPending]);
}

interface PickerProps {
  value: number | undefined;
  onChange: (space: number | undefined) => void;
  /** On a map, which has room for so many boxes. */
  bounded?: boolean;
}

export function SpacePicker({ value, onChange, bounded = false }: PickerProps) {
  const { several, list, home } = useSpaceNames();
  if (!several) return null;
  const all = bounded && home !== undefined ? ALL_SPACES : undefined;
  const shown = value ?? (bounded ? home : undefined);
  return (
    <NativeSelect
      aria-label="Address space"
      data={[{ value: "", label: "All address spaces" }, ...list]}
      value={shown === undefined || shown === ALL_SPACES ? "" : String(shown)}
      onChange={({ currentTarget }) => onChange(currentTarget.value === "" ? all : Number(currentTarget.value))}
      w={170}
    />
  );
}
