/** A view's name, note and audience; and the way to forget it. */

import { Button, Checkbox, Modal, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { asProblem } from "@/api/client";
import type { ListedView } from "@/api/types";
import { useViewChanges } from "@/api/views";
import css from "./views.module.css";

interface Props {
  view: ListedView;
  audiences: { key: string; name: string }[];
  onClose: () => void;
}

export function ShareDialog({ view, audiences, onClose }: Props) {
  const { change, remove } = useViewChanges();
  const [name, setName] = useState(view.name);
  const [note, setNote] = useState(view.note);
  const [audience, setAudience] = useState(view.audience);
  const [sure, setSure] = useState(false);
  const done = { onSuccess: onClose };
  const error = change.error ?? remove.error;
  const save = (event: React.FormEvent) => {
    event.preventDefault();
    change.mutate({ view, patch: { name, note, audience } }, done);
  };
  return (
    <Modal opened onClose={onClose} title={view.name} closeButtonProps={{ "aria-label": "Close" }}>
      <form className={css["form"]} onSubmit={save}>
        <TextInput
          label="Name"
          required
          maxLength={100}
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Textarea
          label="Note"
          maxLength={2000}
          value={note}
          onChange={({ currentTarget }) => setNote(currentTarget.value)}
        />
        <Checkbox.Group label="Who else sees it" value={audience} onChange={setAudience}>
          <div className={css["audiences"]}>
            {audiences.map(({ key, name: label }) => (
              <Checkbox key={key} value={key} label={label} />
            ))}
          </div>
        </Checkbox.Group>
        {error && (
          <p role="alert" className={css["error"]}>
            {asProblem(error).title}. {asProblem(error).detail}
          </p>
        )}
        <div className={css["row"]}>
          <Button type="submit" loading={change.isPending}>
            Save
          </Button>
          <Button
            variant="default"
            color="red"
            loading={remove.isPending}
            onClick={() => (sure ? remove.mutate(view, done) : setSure(true))}
          >
            {sure ? "Delete it for good" : "Delete"}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
