/** Saved views: open one, keep what is seen as one, or as a new version of the one it began as. */

import { Button, Menu, Modal, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem } from "@/api/client";
import type { View } from "@/api/types";
import { readView, useViewChanges, useViews } from "@/api/views";
import { type Place, searchOf, stateOf } from "@/lib/views";
import css from "./map.module.css";
import type { MapSearch } from "./search";
import type { Change } from "./view";

interface Props {
  search: MapSearch;
  pins: Record<string, Place>;
  /** The view that it began as. */
  view: View | null;
  change: Change;
}

export function ViewsMenu({ search, pins, view, change }: Props) {
  const { data } = useViews("map");
  const { change: patch } = useViewChanges();
  const navigate = useNavigate();
  const [naming, setNaming] = useState(false);
  const apply = async (id: number) => {
    try {
      const found = await readView(id);
      if (found.map) void navigate({ to: "/map", search: searchOf(found.map, id) as MapSearch });
    } catch (error) {
      say("Not opened", error);
    }
  };
  const save = (of: View) =>
    patch.mutate(
      { view: of, patch: { map: stateOf(search, pins) } },
      {
        onSuccess: () => notifications.show({ message: `“${of.name}” is kept as it is now.` }),
        onError: (error) => say("Not saved", error),
      },
    );
  return (
    <>
      <Menu position="bottom-end" width={260} hideDetached={false} transitionProps={{ duration: 0 }}>
        <Menu.Target>
          <Button variant="default">Views</Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setNaming(true)}>Save as a new view …</Menu.Item>
          {view && <Menu.Item onClick={() => save(view)}>Save into “{view.name}”</Menu.Item>}
          <Menu.Item component={Link} to="/views">
            All views, sharing, import
          </Menu.Item>
          <Menu.Divider />
          <Menu.Label>{data?.items.length ? "Open" : "No views are saved yet"}</Menu.Label>
          {(data?.items ?? []).slice(0, 12).map(({ id, name, mine, owner_name }) => (
            <Menu.Item
              key={id}
              onClick={() => void apply(id)}
              rightSection={<span className="dim">{mine ? "" : owner_name}</span>}
            >
              {name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {naming && (
        <Naming state={stateOf(search, pins)} onClose={() => setNaming(false)} onSaved={(id) => change({ view: id })} />
      )}
    </>
  );
}

interface NamingProps {
  state: ReturnType<typeof stateOf>;
  onClose: () => void;
  onSaved: (id: number) => void;
}

function Naming({ state, onClose, onSaved }: NamingProps) {
  const { add } = useViewChanges();
  const [name, setName] = useState("");
  const [note, setNote] = useState("");
  const save = (event: React.FormEvent) => {
    event.preventDefault();
    add.mutate(
      { name, note, audience: [], map: state },
      {
        onSuccess: (made) => {
          if (made) onSaved(made.id);
          onClose();
        },
      },
    );
  };
  return (
    <Modal opened onClose={onClose} title="Save this view" closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={save} className={css["form"]}>
        <TextInput
          label="Name"
          required
          maxLength={100}
          data-autofocus
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
          error={add.error ? asProblem(add.error).detail : undefined}
        />
        <Textarea
          label="Note"
          maxLength={2000}
          value={note}
          onChange={({ currentTarget }) => setNote(currentTarget.value)}
        />
        <p className="dim">
          Kept are grouping, filter, time and where nodes are pinned. Only you see it until you share it.
        </p>
        <Button type="submit" loading={add.isPending}>
          Save
        </Button>
      </form>
    </Modal>
  );
}

function say(title: string, error: unknown): void {
  const problem = asProblem(error);
  notifications.show({ title, message: `${problem.title}. ${problem.detail}`, color: "red" });
}
