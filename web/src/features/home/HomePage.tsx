/** The start page: widgets in the order that people like, kept as dashboards, for oneself or shared. */

import { Button, NativeSelect } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem } from "@/api/client";
import type { Widget } from "@/api/types";
import { useView, useViewChanges, useViews } from "@/api/views";
import { Page } from "@/ui/Page";
import { Arrange } from "./Arrange";
import css from "./home.module.css";
import { Shown } from "./Shown";
import { DEFAULT, titleOf } from "./widgets";

export function HomePage() {
  const { view } = useSearch({ from: "/pages/" });
  const navigate = useNavigate();
  const dashboards = useViews("dashboard");
  const all = dashboards.data?.items ?? [];
  const chosen = all.find(({ id }) => id === view) ?? all.find(({ mine }) => mine) ?? all[0];
  const { data: saved } = useView(chosen?.id);
  const { add, change } = useViewChanges();
  const [draft, setDraft] = useState<Widget[] | null>(null);
  const widgets = draft ?? saved?.dashboard?.widgets ?? DEFAULT;
  const save = () => {
    const dashboard = { widgets };
    const done = {
      onSuccess: () => setDraft(null),
      onError: (error: unknown) =>
        notifications.show({ title: "Not saved", message: asProblem(error).detail, color: "red" }),
    };
    if (saved && (saved.mine || saved.audience.length > 0)) change.mutate({ view: saved, patch: { dashboard } }, done);
    else add.mutate({ name: "Home", note: "", audience: [], dashboard }, done);
  };
  return (
    <Page
      title={saved?.name ?? "Home"}
      busy={dashboards.isFetching}
      actions={
        <>
          {all.length > 1 && draft === null && (
            <NativeSelect
              aria-label="Dashboard"
              value={String(chosen?.id ?? "")}
              data={all.map(({ id, name }) => ({ value: String(id), label: name }))}
              onChange={({ currentTarget }) =>
                void navigate({ to: "/", search: { view: Number(currentTarget.value) } })
              }
            />
          )}
          {draft === null ? (
            <Button variant="default" onClick={() => setDraft(widgets)}>
              Arrange
            </Button>
          ) : (
            <>
              <Button variant="default" onClick={() => setDraft(null)}>
                Leave as it was
              </Button>
              <Button onClick={save} loading={add.isPending || change.isPending}>
                Save
              </Button>
            </>
          )}
        </>
      }
    >
      <div className={css["scroll"]}>
        <div className={css["grid"]}>
          {widgets.map((widget, at) => (
            <section
              key={keyOf(widgets, at)}
              className={css["widget"]}
              data-wide={widget.wide || undefined}
              aria-label={titleOf(widget)}
            >
              <header className={css["head"]}>
                <h2>{titleOf(widget)}</h2>
                {draft && <Arrange widgets={draft} at={at} onChange={setDraft} />}
              </header>
              <Shown widget={widget} />
            </section>
          ))}
        </div>
        {draft && <Add widgets={draft} onChange={setDraft} />}
      </div>
    </Page>
  );
}

/** The same kind may be there twice. */
function keyOf(widgets: Widget[], at: number): string {
  const { kind, view, q } = widgets[at] ?? { kind: "counts" };
  const same = (one: Widget): boolean => one.kind === kind && one.view === view && one.q === q;
  return `${kind} ${view ?? ""} ${q ?? ""} ${widgets.slice(0, at).filter(same).length}`;
}

function Add({ widgets, onChange }: { widgets: Widget[]; onChange: (widgets: Widget[]) => void }) {
  const maps = useViews("map");
  const saved = (maps.data?.items ?? []).map(({ id, name }) => ({ value: `map ${id}`, label: `Map: ${name}` }));
  return (
    <NativeSelect
      className={css["add"] ?? ""}
      aria-label="Add a widget"
      value=""
      data={[
        { value: "", label: "Add a widget …" },
        ...DEFAULT.map((widget) => ({ value: widget.kind, label: titleOf(widget) })),
        ...saved,
      ]}
      onChange={({ currentTarget: { value } }) => {
        const [kind, view] = value.split(" ");
        const found = DEFAULT.find((widget) => widget.kind === kind);
        if (!found) return;
        const title = saved.find((one) => one.value === value)?.label.slice("Map: ".length);
        onChange([...widgets, { ...found, ...(view ? { view: Number(view), title: title ?? "" } : {}) }]);
      }}
    />
  );
}
