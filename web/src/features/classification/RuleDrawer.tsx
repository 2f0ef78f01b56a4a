/** One rule: what it says, what a change of it would move, and what it said before. */

import { Button, Drawer, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { asProblem } from "@/api/client";
import { useRuleChanges } from "@/api/classification";
import { useSpaces } from "@/api/queries";
import type { ListedRule, NewRule } from "@/api/types";
import { AttributeFields, attributesOf, type Line, linesOf, newLine } from "@/ui/AttributeFields";
import { useSpaceNames } from "@/ui/Spaces";
import css from "./classification.module.css";
import { History } from "./History";
import { Moves } from "./Moves";

interface Props {
  rule: ListedRule | null;
  isNew: boolean;
  mayWrite: boolean;
  onClose: () => void;
}

export function RuleDrawer({ rule, isNew, mayWrite, onClose }: Props) {
  return (
    <Drawer
      opened={rule !== null || isNew}
      onClose={onClose}
      position="right"
      size={500}
      title={rule ? <span className="mono">{rule.network}</span> : "A new rule"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {(rule || isNew) && <Edit key={rule?.id ?? "new"} rule={rule} mayWrite={mayWrite} onClose={onClose} />}
      {rule && <History rule={rule} />}
    </Drawer>
  );
}

interface Values {
  network: string;
  address_space_id: number;
  lines: Line[];
  note: string;
}

function Edit({ rule, mayWrite, onClose }: { rule: ListedRule | null; mayWrite: boolean; onClose: () => void }) {
  const { data: spaces } = useSpaces();
  const { list, several } = useSpaceNames();
  const home = spaces?.items.find((space) => space.is_default)?.id ?? 1;
  // The version that was read when the form was filled: an unseen change of it must be refused.
  const [base] = useState(rule);
  const form = useForm<Values>({
    initialValues: {
      network: rule?.network ?? "",
      address_space_id: rule?.address_space_id ?? home,
      lines: rule ? linesOf(rule.attributes) : [newLine("environment")],
      note: rule?.note ?? "",
    },
  });
  const wanted = wish(form.values);
  const { save, drop, busy } = useSaving(base, {
    onDone: onClose,
    onFault: (error) => form.setErrors(faultsOf(error)),
  });
  if (!mayWrite) return <p className="dim">You may read rules, not change them.</p>;
  return (
    <form className={css["form"]} onSubmit={form.onSubmit(() => save(wanted))}>
      <TextInput label="Network" placeholder="10.1.0.0/16" required maxLength={50} {...form.getInputProps("network")} />
      {several && (
        <NativeSelect
          label="Address space"
          data={list}
          error={form.errors["address_space_id"]}
          value={String(form.values.address_space_id)}
          onChange={({ currentTarget }) => form.setFieldValue("address_space_id", Number(currentTarget.value))}
        />
      )}
      <AttributeFields
        lines={form.values.lines}
        onChange={(lines) => form.setFieldValue("lines", lines)}
        error={form.errors["attributes"] as string | undefined}
      />
      <Textarea label="Note" autosize minRows={1} maxRows={6} maxLength={4000} {...form.getInputProps("note")} />
      <Moves rule={base} wanted={wanted} changed={base === null || form.isDirty()} />
      {form.errors["all"] && <p role="alert">{form.errors["all"]}</p>}
      <div className={css["buttons"]}>
        <Button type="submit" loading={busy} disabled={base !== null && !form.isDirty()}>
          {base ? "Save" : "Add"}
        </Button>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        {base && <Delete onSure={drop} busy={busy} rule={base} />}
      </div>
    </form>
  );
}

function Delete({ rule, onSure, busy }: { rule: ListedRule; onSure: () => void; busy: boolean }) {
  const [asked, setAsked] = useState(false);
  if (!asked)
    return (
      <Button variant="default" onClick={() => setAsked(true)}>
        Delete…
      </Button>
    );
  return (
    <>
      <Moves rule={rule} wanted={null} changed />
      <Button color="red" loading={busy} onClick={onSure}>
        Delete it
      </Button>
      <Button variant="default" onClick={() => setAsked(false)}>
        Keep it
      </Button>
    </>
  );
}

function wish({ network, address_space_id, lines, note }: Values): NewRule {
  return { network: network.trim(), address_space_id, attributes: attributesOf(lines), note };
}

function useSaving(base: ListedRule | null, on: { onDone: () => void; onFault: (error: unknown) => void }) {
  const { add, change, remove } = useRuleChanges();
  const told = (message: string) => ({
    onSuccess: () => {
      notifications.show({ message });
      on.onDone();
    },
    onError: on.onFault,
  });
  return {
    busy: add.isPending || change.isPending || remove.isPending,
    save: (body: NewRule) =>
      base
        ? change.mutate({ rule: base, body }, told(`${body.network} is changed`))
        : add.mutate(body, told(`${body.network} has a rule`)),
    drop: () => base && remove.mutate(base, told(`The rule of ${base.network} is deleted`)),
  };
}

/** The API names the field before a colon. */
function faultsOf(error: unknown): Record<string, string> {
  const { title, detail, status } = asProblem(error);
  if (status === 412) return { all: "Somebody changed this rule meanwhile. Close it and open it again." };
  const [, field, says] = /^(network|attributes|address_space_id): (.*)$/.exec(detail) ?? [];
  if (field && says) return { [field]: says };
  return { all: `${title}. ${detail}` };
}
