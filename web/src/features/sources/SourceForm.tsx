/** What a person decides about a source. Used to add one and to change one. */

import { NativeSelect, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { Source } from "@/api/types";
import { useSpaceNames } from "@/ui/Spaces";

export interface Values {
  exporter: string;
  name: string;
  note: string;
  address_space_id: number;
  state: Source["state"];
}

const STATES = [
  { value: "accepted", label: "Accepted: its flows count" },
  { value: "held", label: "Held: its datagrams wait for a decision, dropped and counted" },
  { value: "refused", label: "Refused: its datagrams are dropped and counted" },
];

export function SourceForm({ form, isNew }: { form: UseFormReturnType<Values>; isNew: boolean }) {
  const { list } = useSpaceNames();
  return (
    <>
      {isNew && (
        <TextInput
          label="Exporter's address"
          description="Where its datagrams come from"
          placeholder="192.0.2.1"
          required
          {...form.getInputProps("exporter")}
        />
      )}
      <TextInput label="Name" placeholder="core-1" maxLength={200} {...form.getInputProps("name")} />
      <Textarea label="Note" autosize minRows={2} maxRows={6} maxLength={4000} {...form.getInputProps("note")} />
      <NativeSelect
        label="Address space"
        description="Concerns flows that arrive from now on; what was counted stays where it was counted"
        data={list}
        error={form.errors["address_space_id"]}
        value={String(form.values.address_space_id)}
        onChange={({ currentTarget }) => form.setFieldValue("address_space_id", Number(currentTarget.value))}
      />
      <NativeSelect label="State" data={STATES} {...form.getInputProps("state")} />
    </>
  );
}
