/** What a member is given: a role, where it holds and until when. With an address it makes somebody a member. */

import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMemberChanges, useRoles } from "@/api/members";
import type { Member } from "@/api/types";
import css from "./members.module.css";
import { said } from "./words";

const BLANK = { email: "", name: "", role_id: "", networks: "", sites: "", until: "", reason: "" };

const listed = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);

export function GrantForm({ member, onDone }: { member: Member | null; onDone: () => void }) {
  const roles = useRoles().data?.items ?? [];
  const { add, give } = useMemberChanges();
  const form = useForm({
    initialValues: BLANK,
    validate: {
      email: (value) => (member || /^\S+@\S+$/.test(value.trim()) ? null : "An address such as ada@example.com"),
      role_id: (value) => (value ? null : "Choose a role"),
    },
  });
  const submit = (values: typeof BLANK) => {
    const body = {
      role_id: Number(values.role_id),
      limits: { spaces: [], networks: listed(values.networks), sites: listed(values.sites), tags: [] },
      until: values.until ? new Date(values.until).toISOString() : null,
      reason: values.reason,
    };
    const after = {
      onSuccess: () => {
        notifications.show({
          message: member ? "The role is given" : `${values.email.trim()} is invited: make a link for them`,
        });
        form.reset();
        onDone();
      },
      onError: (error: unknown) => form.setErrors({ all: said(error) }),
    };
    if (member) give.mutate({ user_id: member.id, body }, after);
    else add.mutate({ ...body, email: values.email.trim(), name: values.name }, after);
  };
  const role = roles.find((one) => String(one.id) === form.values.role_id);
  return (
    <form className={css["form"]} onSubmit={form.onSubmit(submit)}>
      {!member && (
        <>
          <TextInput label="E-mail address" type="email" required {...form.getInputProps("email")} />
          <TextInput label="Name" {...form.getInputProps("name")} />
        </>
      )}
      <NativeSelect
        label="Role"
        description={role?.note}
        data={[
          { value: "", label: "Choose a role" },
          ...roles.map((one) => ({ value: String(one.id), label: one.name })),
        ]}
        {...form.getInputProps("role_id")}
      />
      <TextInput
        label="Only these networks"
        description="Everywhere when empty. Several with commas."
        placeholder="10.1.0.0/16, 10.2.0.0/16"
        {...form.getInputProps("networks")}
      />
      <TextInput label="Only these sites" {...form.getInputProps("sites")} />
      <TextInput
        label="Until"
        type="datetime-local"
        description="For good when empty."
        {...form.getInputProps("until")}
      />
      <TextInput label="Reason" {...form.getInputProps("reason")} />
      {form.errors["all"] && <p role="alert">{form.errors["all"]}</p>}
      <div className={css["buttons"]}>
        <Button type="submit" loading={add.isPending || give.isPending}>
          {member ? "Give the role" : "Add"}
        </Button>
      </div>
    </form>
  );
}
