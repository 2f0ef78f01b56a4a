/** ⌘K or /: every page and every object, a few keys away. */

import { Spotlight } from "@mantine/spotlight";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useSearch } from "@/api/queries";
import { useViews } from "@/api/views";
import { portOf } from "@/lib/words";
import { useSettled } from "@/lib/useSettled";
import { Icon, type IconName } from "@/ui/Icon";
import { useSpaceNames } from "@/ui/Spaces";

interface Entry {
  id: string;
  label: string;
  description: string;
  icon: IconName;
  go: () => void;
}

export function Palette() {
  const [typed, setTyped] = useState("");
  const wanted = useSettled(typed.trim(), 120);
  const { several, nameOf } = useSpaceNames();
  const { data, error, isFetching } = useSearch(wanted);
  const navigate = useNavigate();
  const where = (space: number): string => (several ? ` · ${nameOf(space)}` : "");
  const places: Entry[] = PAGES.filter((page) => page.label.toLowerCase().includes(typed.trim().toLowerCase())).map(
    (page) => ({
      ...page,
      id: page.to,
      description: "Page",
      go: () => void navigate({ to: page.to }),
    }),
  );
  const found: Entry[] =
    wanted === "" || !data
      ? []
      : [
          ...data.assets.map((asset) => ({
            id: `asset ${asset.id}`,
            label: asset.address,
            description: `Asset${where(asset.address_space_id)}`,
            icon: "assets" as const,
            go: () => void navigate({ to: "/assets/$id", params: { id: String(asset.id) } }),
          })),
          ...data.dependencies.map((one) => ({
            id: `dependency ${one.id}`,
            label: `${one.client.address ?? "restricted"} → ${one.server.address ?? "restricted"}`,
            description: `${one.service ?? "Dependency"}, ${portOf(one)}${where(one.address_space_id)}`,
            icon: "dependencies" as const,
            go: () => void navigate({ to: "/dependencies/$id", params: { id: String(one.id) } }),
          })),
        ];
  const views = useViews("map");
  const looks: Entry[] = (typed.trim() === "" ? [] : (views.data?.items ?? []))
    .filter((view) => view.name.toLowerCase().includes(typed.trim().toLowerCase()))
    .slice(0, 5)
    .map((view) => ({
      id: `view ${view.id}`,
      label: view.name,
      description: "Saved view",
      icon: "views",
      go: () => void navigate({ to: "/views/$id", params: { id: String(view.id) } }),
    }));
  const entries = [...places, ...looks, ...found];
  return (
    <Spotlight.Root
      query={typed}
      onQueryChange={setTyped}
      shortcut={null}
      attributes={{ content: { "aria-label": "Search" } }}
      maxHeight={420}
      scrollable
      transitionProps={{ duration: 80 }}
    >
      <Spotlight.Search
        placeholder="An address, a network, a port or a service"
        aria-label="Search"
        leftSection={<Icon name="search" />}
      />
      <Spotlight.ActionsList>
        {entries.map(({ id, label, description, icon, go }) => (
          <Spotlight.Action
            key={id}
            label={label}
            description={description}
            leftSection={<Icon name={icon} />}
            onClick={go}
          />
        ))}
        {entries.length === 0 && (
          <Spotlight.Empty>{error ? "The search failed" : isFetching ? "Searching…" : "Nothing found"}</Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

const PAGES: {
  to: "/" | "/map" | "/views" | "/assets" | "/dependencies" | "/sources" | "/health";
  label: string;
  icon: IconName;
}[] = [
  { to: "/", label: "Home", icon: "home" },
  { to: "/map", label: "Map", icon: "map" },
  { to: "/views", label: "Views", icon: "views" },
  { to: "/assets", label: "Assets", icon: "assets" },
  { to: "/dependencies", label: "Dependencies", icon: "dependencies" },
  { to: "/sources", label: "Flow sources", icon: "sources" },
  { to: "/health", label: "System health", icon: "health" },
];
