/** Tenants, for those who run the installation: names alone. To look into one leaves a trace that everybody sees. */

import { Button, Modal, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useAccount } from "@/api/access";
import { useTenantChanges, useTenants } from "@/api/members";
import { useMe } from "@/api/queries";
import type { Tenant } from "@/api/types";
import { count } from "@/lib/format";
import { type Column, DataTable } from "@/ui/DataTable";
import { Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { When } from "@/ui/When";
import { ToldLink } from "./LinkMaker";
import css from "./members.module.css";
import { said } from "./words";

function columns(onEnter: ((tenant: Tenant) => void) | null): Column<Tenant>[] {
  return [
    { name: "Tenant", width: "minmax(110px, 2fr)", cell: (one) => one.name, by: (one) => one.name },
    ...(onEnter
      ? [
          {
            name: "Look inside",
            width: "150px",
            cell: (one: Tenant) => (
              <Button
                variant="default"
                size="compact-xs"
                aria-label={`Break the glass of ${one.name}…`}
                onClick={() => onEnter(one)}
              >
                Break the glass…
              </Button>
            ),
          },
        ]
      : []),
    { name: "Made", width: "minmax(130px, 1fr)", cell: (one) => <When at={one.created_at} /> },
  ];
}

export function TenantsPage() {
  const asked = useTenants();
  const may = useMe().data?.permissions ?? [];
  const [adding, setAdding] = useState(false);
  const [entering, setEntering] = useState<Tenant | null>(null);
  return (
    <Page
      title="Tenants"
      note={asked.data && count(asked.data.items.length)}
      busy={asked.isFetching && asked.isPending}
      actions={may.includes("tenants:write") && <Button onClick={() => setAdding(true)}>Make a tenant</Button>}
    >
      <Region of={asked} height="100%">
        {(data) => (
          <DataTable
            label="Tenants"
            rows={data.items}
            columns={columns(may.includes("tenants:enter") ? setEntering : null)}
            keyOf={(one) => one.id}
            empty={<Empty title="There are no tenants" />}
          />
        )}
      </Region>
      <Modal
        opened={adding}
        onClose={() => setAdding(false)}
        title="Make a tenant"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <NewTenantForm onDone={() => setAdding(false)} />
      </Modal>
      <Modal
        opened={entering !== null}
        onClose={() => setEntering(null)}
        title={`Look into ${entering?.name ?? ""}`}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {entering && <EntryForm tenant={entering} onDone={() => setEntering(null)} />}
      </Modal>
    </Page>
  );
}

function NewTenantForm({ onDone }: { onDone: () => void }) {
  const { add } = useTenantChanges();
  const form = useForm({ initialValues: { name: "", administrator: "" } });
  const after = { onError: (error: unknown) => form.setErrors({ all: said(error) }) };
  if (add.data)
    return (
      <div className={css["form"]}>
        <p className={css["lead"]}>
          Hand this link to {form.values.administrator.trim()}: with it they accept the tenant, which nobody else can
          enter.
        </p>
        <ToldLink of={add.data.link} />
        <div className={css["buttons"]}>
          <Button onClick={onDone}>Done</Button>
        </div>
      </div>
    );
  return (
    <form className={css["form"]} onSubmit={form.onSubmit((body) => add.mutate(body, after))}>
      <TextInput label="Name" required {...form.getInputProps("name")} />
      <TextInput
        label="Its first administrator"
        description="An e-mail address. They alone decide who else gets in."
        type="email"
        required
        {...form.getInputProps("administrator")}
      />
      {form.errors["all"] && <p role="alert">{form.errors["all"]}</p>}
      <div className={css["buttons"]}>
        <Button type="submit" loading={add.isPending}>
          Make it
        </Button>
      </div>
    </form>
  );
}

function EntryForm({ tenant, onDone }: { tenant: Tenant; onDone: () => void }) {
  const { enter } = useTenantChanges();
  const form = useForm({
    initialValues: { reason: "" },
    validate: { reason: (value) => (value.trim().length >= 10 ? null : "At least 10 characters: others will read it") },
  });
  const { turn } = useAccount();
  const navigate = useNavigate();
  const after = { onError: (error: unknown) => form.setErrors({ all: said(error) }) };
  if (enter.isSuccess)
    return (
      <div className={css["form"]} role="status">
        <p className={css["lead"]}>
          You are a viewer of {tenant.name} for an hour. Your session looks at one tenant at a time: turn to it now, or
          later under Your account.
        </p>
        {turn.error && <p role="alert">{said(turn.error)}</p>}
        <div className={css["buttons"]}>
          <Button
            loading={turn.isPending}
            onClick={() => turn.mutate(tenant.id, { onSuccess: () => void navigate({ to: "/map" }) })}
          >
            Turn to {tenant.name}
          </Button>
          <Button variant="default" onClick={onDone}>
            Later
          </Button>
        </div>
      </div>
    );
  return (
    <form
      className={css["form"]}
      onSubmit={form.onSubmit(({ reason }) => enter.mutate({ tenant_id: tenant.id, reason }, after))}
    >
      <p className={css["lead"]}>
        You become a viewer for one hour. It is written into both audit trails, and the tenant's administrators see you
        among their members.
      </p>
      <TextInput label="Why" required {...form.getInputProps("reason")} />
      {form.errors["all"] && <p role="alert">{form.errors["all"]}</p>}
      <div className={css["buttons"]}>
        <Button type="submit" color="red" loading={enter.isPending}>
          Break the glass
        </Button>
      </div>
    </form>
  );
}
