/** Sets up a feed, or changes what was said of one: the form is what its kind asks for. */

import { Button, Modal, NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { asProblem } from "@/api/client";
import { useFeedChanges, useFeedKinds } from "@/api/feeds";
import type { Feed } from "@/api/types";
import { Region } from "@/ui/Region";
import css from "./feeds.module.css";
import { type Kind, type Property, propertiesOf } from "./kinds";

export function AddFeed({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const asked = useFeedKinds();
  return (
    <Modal opened={opened} onClose={onClose} title="Add a feed" closeButtonProps={{ "aria-label": "Close" }}>
      <Region of={asked} height={160}>
        {({ items }) => <Form kinds={items} onDone={onClose} />}
      </Region>
    </Modal>
  );
}

export function EditFeed({ feed, opened, onClose }: { feed: Feed; opened: boolean; onClose: () => void }) {
  const asked = useFeedKinds();
  return (
    <Modal opened={opened} onClose={onClose} title={`Edit ${feed.name}`} closeButtonProps={{ "aria-label": "Close" }}>
      <Region of={asked} height={160}>
        {({ items }) => (
          <Form
            key={feed.version}
            kinds={items.filter(({ name }) => name === feed.kind)}
            feed={feed}
            onDone={onClose}
          />
        )}
      </Region>
    </Modal>
  );
}

function Form({ kinds, feed, onDone }: { kinds: Kind[]; feed?: Feed; onDone: () => void }) {
  const { add, change } = useFeedChanges();
  const [kind, setKind] = useState(kinds[0]?.name ?? "");
  const [name, setName] = useState(feed?.name ?? "");
  const [settings, setSettings] = useState<Record<string, string>>(() => said(feed));
  const [secret, setSecret] = useState("");
  const chosen = kinds.find((one) => one.name === kind);
  const properties = Object.entries(propertiesOf(chosen));
  const required = (chosen?.form["required"] ?? []) as string[];
  const failed = add.error ?? change.error;
  const fault = failed ? asProblem(failed) : null;
  const done = (message: string) => ({
    onSuccess: () => {
      notifications.show({ message });
      onDone();
    },
  });
  return (
    <form
      className={css["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        const given = secret === "" ? {} : { secret };
        const typed = filled(settings, properties);
        if (feed) change.mutate({ feed, patch: { name, settings: typed, ...given } }, done(`${name} is changed`));
        else
          add.mutate({ kind, name, note: "", state: "active", settings: typed, ...given }, done(`${name} is set up`));
      }}
    >
      <NativeSelect
        label="Kind"
        description={chosen?.label}
        disabled={feed !== undefined}
        value={kind}
        data={kinds.map((one) => ({ value: one.name, label: one.brief }))}
        onChange={({ currentTarget }) => {
          setKind(currentTarget.value);
          setSettings({});
        }}
      />
      <TextInput
        label="Name"
        required
        maxLength={200}
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      {properties.map(([field, { title, description, default: otherwise }]) => (
        <TextInput
          key={field}
          label={title ?? field}
          description={description}
          placeholder={typeof otherwise === "string" || typeof otherwise === "number" ? String(otherwise) : ""}
          required={required.includes(field)}
          value={settings[field] ?? ""}
          onChange={({ currentTarget: { value } }) =>
            setSettings(({ [field]: _, ...rest }) => (value === "" ? rest : { ...rest, [field]: value }))
          }
        />
      ))}
      {chosen && chosen.secret !== "" && (
        <PasswordInput
          label="Secret"
          description={`${chosen.secret}. It is kept sealed and never shown again.`}
          placeholder={feed?.has_secret ? "as it was entered" : ""}
          autoComplete="off"
          value={secret}
          onChange={({ currentTarget }) => setSecret(currentTarget.value)}
        />
      )}
      {fault && (
        <p role="alert">
          {fault.title}. {fault.detail}
        </p>
      )}
      <div className={css["buttons"]}>
        <Button type="submit" loading={add.isPending || change.isPending}>
          {feed ? "Save" : "Add"}
        </Button>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

/** Numbers as numbers. */
function filled(settings: Record<string, string>, properties: [string, Property][]): Record<string, string | number> {
  const numbers = new Set(properties.filter(([, { type }]) => type === "integer").map(([field]) => field));
  return Object.fromEntries(
    Object.entries(settings).map(([field, value]) => [field, numbers.has(field) ? Number(value) : value]),
  );
}

/** What is said of a feed already; what is not is not sent again. */
function said(feed: Feed | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(feed?.settings ?? {}).flatMap(([field, value]) =>
      (typeof value === "string" || typeof value === "number") && value !== "" ? [[field, String(value)]] : [],
    ),
  );
}
