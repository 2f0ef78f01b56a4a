/** Address spaces by name. Where there is only one, nobody needs to hear of it. */

import { NativeSelect } from "@mantine/core";
import { useMemo } from "react";
import { useSpaces } from "@/api/queries";

export function useSpaceNames(): {
  several: boolean;
  nameOf: (id: number) => string;
  list: { value: string; label: string }[];
} {
  const { data } = useSpaces();
  return useMemo(() => {
    const items = data?.items ?? [];
    return {
      several: items.length > 1,
      nameOf: (id: number) => items.find((space) => space.id === id)?.name ?? `space ${id}`,
      list: items.map((space) => ({ value: String(space.id), label: space.name })),
    };
  }, [data]);
}

export function SpacePicker({
  value,
  onChange,
}: {
  value: number | undefined;
  onChange: (space: number | undefined) => void;
}) {
  const { several, list } = useSpaceNames();
  if (!several) return null;
  return (
    <NativeSelect
      aria-label="Address space"
      data={[{ value: "", label: "All address spaces" }, ...list]}
      value={value === undefined ? "" : String(value)}
      onChange={({ currentTarget }) => onChange(currentTarget.value === "" ? undefined : Number(currentTarget.value))}
      w={170}
    />
  );
}
