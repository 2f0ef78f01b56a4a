/** All saved views and dashboards: open, share, rename, take along as a file, bring one in, delete. */

import { Button, FileButton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem } from "@/api/client";
import type { ListedView, View } from "@/api/types";
import { readView, useAudiences, useViewChanges, useViews } from "@/api/views";
import { download, fileName } from "@/lib/download";
import { count } from "@/lib/format";
import { type Column, DataTable } from "@/ui/DataTable";
import { Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { When } from "@/ui/When";
import { ShareDialog } from "./ShareDialog";

export function ViewsPage() {
  const maps = useViews("map");
  const dashboards = useViews("dashboard");
  const audiences = useAudiences();
  const { add } = useViewChanges();
  const [edited, setEdited] = useState<ListedView | null>(null);
  const rows = [...(maps.data?.items ?? []), ...(dashboards.data?.items ?? [])];
  const bring = async (file: File | null) => {
    if (!file) return;
    try {
      const made = await add.mutateAsync(readFile(await file.text()));
      notifications.show({ message: `“${made?.name ?? "The view"}” was brought in.` });
    } catch (error) {
      const { title, detail } = error instanceof SyntaxError ? NO_VIEW : asProblem(error);
      notifications.show({ title: "Not imported", message: `${title}. ${detail}`, color: "red" });
    }
  };
  const nameOf = (key: string): string => audiences.data?.items.find((one) => one.key === key)?.name ?? key;
  return (
    <Page
      title="Views"
      note={maps.data && count(rows.length)}
      busy={maps.isFetching}
      actions={
        <FileButton accept="application/json" onChange={(file) => void bring(file)}>
          {(props) => (
            <Button variant="default" {...props}>
              Import a view
            </Button>
          )}
        </FileButton>
      }
    >
      <Region of={maps} height="100%">
        {() => (
          <DataTable
            label="Views"
            rows={rows}
            columns={columns(nameOf, setEdited)}
            keyOf={(view) => view.id}
            empty={
              <Empty title="No views are saved yet">
                <span>
                  On the <Link to="/map">map</Link>, choose Views, then Save as a new view.
                </span>
              </Empty>
            }
          />
        )}
      </Region>
      {edited && <ShareDialog view={edited} audiences={audiences.data?.items ?? []} onClose={() => setEdited(null)} />}
    </Page>
  );
}

function columns(nameOf: (key: string) => string, onEdit: (view: ListedView) => void): Column<ListedView>[] {
  return [
    {
      name: "Name",
      width: "minmax(180px, 3fr)",
      cell: (view) => (
        <Link to="/views/$id" params={{ id: String(view.id) }}>
          {view.name}
        </Link>
      ),
      by: (view) => view.name,
    },
    { name: "Kind", width: "100px", cell: (view) => view.kind, by: (view) => view.kind },
    {
      name: "Made by",
      width: "minmax(100px, 1fr)",
      cell: (view) => (view.mine ? "you" : view.owner_name),
      by: (view) => view.owner_name,
    },
    {
      name: "Shown to",
      width: "minmax(100px, 1fr)",
      cell: (view) =>
        view.audience.length === 0 ? <span className="dim">nobody else</span> : view.audience.map(nameOf).join(", "),
      by: (view) => view.audience.join(),
    },
    {
      name: "Changed",
      width: "150px",
      cell: (view) => <When at={view.changed_at} relative />,
      by: (view) => view.changed_at,
    },
    {
      name: "Actions",
      width: "170px",
      cell: (view) => (
        <>
          <Button variant="subtle" size="compact-xs" onClick={() => onEdit(view)} aria-label={`Change ${view.name}`}>
            Change
          </Button>
          <Button
            variant="subtle"
            size="compact-xs"
            onClick={() => void takeAlong(view)}
            aria-label={`Export ${view.name}`}
          >
            Export
          </Button>
        </>
      ),
    },
  ];
}

const NO_VIEW = { title: "The file is no view", detail: "It must be the JSON that Export of a view writes" };

/** What the API takes, of what it once gave. */
function readFile(text: string): Pick<View, "name" | "note" | "audience" | "map" | "dashboard"> {
  const file = JSON.parse(text) as Partial<View> | null;
  if (typeof file !== "object" || file === null || typeof file.name !== "string") throw new SyntaxError("no view");
  const { name, note = "", map = null, dashboard = null } = file;
  return { name, note, audience: [], map, dashboard };
}

async function takeAlong({ id }: ListedView): Promise<void> {
  try {
    const { name, note, map, dashboard } = await readView(id);
    const text = `${JSON.stringify({ name, note, map, dashboard }, null, 1)}\n`;
    download(fileName("view", new Date(), "json"), new Blob([text], { type: "application/json" }));
  } catch (error) {
    const { title, detail } = asProblem(error);
    notifications.show({ title: "Not exported", message: `${title}. ${detail}`, color: "red" });
  }
}
