/** What each role permits: those of the house, and this tenant's own. */

import { Button, Checkbox, Drawer, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useRoleChanges, useRoles } from "@/api/members";
import { useMe } from "@/api/queries";
import type { Permission, Role } from "@/api/types";
import { count } from "@/lib/format";
import { type Column, DataTable } from "@/ui/DataTable";
import { Facts, Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { Sure } from "@/ui/Sure";
import css from "./members.module.css";
import { byResource, said } from "./words";

const COLUMNS: Column<Role>[] = [
  { name: "Role", width: "minmax(150px, 1fr)", cell: (one) => one.name, by: (one) => one.name },
  { name: "What for", width: "minmax(220px, 3fr)", cell: (one) => one.note || <span className="dim">–</span> },
  { name: "Permissions", width: "110px", cell: (one) => count(one.permissions.length), numeric: true },
  { name: "Members", width: "96px", cell: (one) => count(one.members), by: (one) => one.members, numeric: true },
  { name: "Kind", width: "120px", cell: (one) => (one.builtin ? <span className="dim">of the house</span> : "own") },
];

export function RolesPage() {
  const asked = useRoles();
  const mayWrite = useMe().data?.permissions.includes("roles:write") ?? false;
  const [open, setOpen] = useState<number | "new" | null>(null);
  const role = asked.data?.items.find((one) => one.id === open) ?? null;
  return (
    <Page
      title="Roles"
      note={asked.data && count(asked.data.items.length)}
      busy={asked.isFetching && asked.isPending}
      actions={mayWrite && <Button onClick={() => setOpen("new")}>Make a role</Button>}
    >
      <Region of={asked} height="100%">
        {(data) => (
          <DataTable
            label="Roles"
            rows={data.items}
            columns={COLUMNS}
            keyOf={(one) => one.id}
            selected={role?.id ?? null}
            onOpen={(one) => setOpen(one.id)}
            empty={<Empty title="There are no roles" />}
          />
        )}
      </Region>
      <Drawer
        opened={role !== null || open === "new"}
        onClose={() => setOpen(null)}
        position="right"
        size={460}
        title={role ? role.name : "A role of your own"}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {role !== null && (role.builtin || !mayWrite) && <Told role={role} />}
        {((role !== null && !role.builtin) || open === "new") && mayWrite && (
          <RoleForm
            key={role ? `${role.id} ${role.version}` : "new"}
            role={role}
            possible={asked.data?.possible ?? []}
            onDone={() => setOpen(null)}
          />
        )}
      </Drawer>
    </Page>
  );
}

interface FormProps {
  role: Role | null;
  possible: Permission[];
  onDone: () => void;
}

/** A role that stays as it is, or that whoever looks may not change. */
function Told({ role }: { role: Role }) {
  return (
    <>
      <p className={css["lead"]}>
        {role.note} {role.builtin && "A role of the house stays as it is."}
      </p>
      <Facts
        of={byResource(role.permissions).map(([resource, permissions]) => [
          resource,
          permissions.map((one) => one.split(":")[1]).join(", "),
        ])}
      />
      {role.permissions.length === 0 && <p>It permits nothing.</p>}
    </>
  );
}

function RoleForm({ role, possible, onDone }: FormProps) {
  const { add, change, remove } = useRoleChanges();
  const form = useForm({
    initialValues: { name: role?.name ?? "", note: role?.note ?? "", permissions: role?.permissions ?? [] },
    validate: { name: (value) => (value.trim() ? null : "A role has a name") },
  });
  const after = { onSuccess: onDone, onError: (error: unknown) => form.setErrors({ all: said(error) }) };
  return (
    <form
      className={css["form"]}
      onSubmit={form.onSubmit((body) => (role ? change.mutate({ role, body }, after) : add.mutate(body, after)))}
    >
      <TextInput label="Name" required {...form.getInputProps("name")} />
      <Textarea label="What for" autosize {...form.getInputProps("note")} />
      <Checkbox.Group label="Permits" description="Only what you have yourself." {...form.getInputProps("permissions")}>
        {byResource(possible).map(([resource, permissions]) => (
          <fieldset key={resource} style={{ border: 0, padding: 0, margin: "10px 0 0" }}>
            <legend className="dim">{resource}</legend>
            <div className={css["permissions"]}>
              {permissions.map((one) => (
                <Checkbox key={one} value={one} label={one.split(":")[1]} aria-label={one} />
              ))}
            </div>
          </fieldset>
        ))}
      </Checkbox.Group>
      {form.errors["all"] && <p role="alert">{form.errors["all"]}</p>}
      <div className={css["buttons"]}>
        <Button type="submit" loading={add.isPending || change.isPending}>
          Save
        </Button>
        {role && (
          <Sure
            label="Delete…"
            sure="Delete the role"
            busy={remove.isPending}
            onSure={() => remove.mutate(role, after)}
          />
        )}
      </div>
    </form>
  );
}
