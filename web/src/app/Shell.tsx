/** The frame around every page: rail, search, scheme, help. */

import { ActionIcon, useMantineColorScheme } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { spotlight } from "@mantine/spotlight";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useMe } from "@/api/queries";
import { signOut } from "@/api/session";
import { Icon, type IconName } from "@/ui/Icon";
import css from "./shell.module.css";

const RAIL: { group: string; items: { to: string; label: string; icon: IconName }[] }[] = [
  {
    group: "Explore",
    items: [
      { to: "/map", label: "Map", icon: "map" },
      { to: "/assets", label: "Assets", icon: "assets" },
      { to: "/dependencies", label: "Dependencies", icon: "dependencies" },
    ],
  },
  {
    group: "Manage",
    items: [
      { to: "/sources", label: "Flow sources", icon: "sources" },
      { to: "/health", label: "System health", icon: "health" },
    ],
  },
];

// Both come when they are first asked for: the first page need not wait for them.
const Palette = lazy(() => import("./Palette").then((found) => ({ default: found.Palette })));
const Shortcuts = lazy(() => import("./Shortcuts").then((found) => ({ default: found.Shortcuts })));

const NEXT = { auto: "light", light: "dark", dark: "auto" } as const;
const SCHEME_ICON = { auto: "auto", light: "sun", dark: "moon" } as const;

export function Shell() {
  const [help, setHelp] = useState<boolean | null>(null);
  const [palette, setPalette] = useState(false);
  const search = () => {
    setPalette(true);
    spotlight.open();
  };
  const navigate = useNavigate();
  useHotkeys([
    ["?", () => setHelp((was) => !was)],
    ["shift+/", () => setHelp((was) => !was)],
    ["/", search],
    ["mod+K", search],
    ["m", () => void navigate({ to: "/map" })],
    ["a", () => void navigate({ to: "/assets" })],
    ["d", () => void navigate({ to: "/dependencies" })],
    ["s", () => void navigate({ to: "/sources" })],
  ]);
  return (
    <div className={css["shell"]}>
      <a className={css["skip"]} href="#main">
        Skip to the content
      </a>
      <header className={css["top"]}>
        <Link to="/map" className={css["brand"] ?? ""}>
          <img src="/favicon.svg" alt="" width={20} height={20} />
          FlowLens
        </Link>
        <button type="button" className={css["search"]} onClick={search}>
          <Icon name="search" size={13} />
          <span>Search assets and dependencies</span>
          <kbd>/</kbd>
        </button>
        <Tools onHelp={() => setHelp(true)} />
      </header>
      <nav className={css["rail"]} aria-label="Pages">
        {RAIL.map(({ group, items }) => (
          <section key={group} aria-label={group}>
            <h2>{group}</h2>
            {items.map(({ to, label, icon }) => (
              <Link key={to} to={to} activeOptions={{ includeSearch: false }} activeProps={{ "data-here": true }}>
                <Icon name={icon} size={15} />
                {label}
              </Link>
            ))}
          </section>
        ))}
      </nav>
      <main id="main" className={css["main"]} tabIndex={-1}>
        <Outlet />
      </main>
      <Suspense>
        {palette && <Palette />}
        {help !== null && <Shortcuts opened={help} onClose={() => setHelp(false)} />}
      </Suspense>
    </div>
  );
}

function Tools({ onHelp }: { onHelp: () => void }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { data: me } = useMe();
  return (
    <div className={css["tools"]}>
      {me && (
        <span className="dim">
          {me.name} · {me.tenant.name}
        </span>
      )}
      <ActionIcon
        title={`Colours: ${colorScheme}. Click for ${NEXT[colorScheme]}`}
        aria-label={`Colours: ${colorScheme}`}
        onClick={() => setColorScheme(NEXT[colorScheme])}
      >
        <Icon name={SCHEME_ICON[colorScheme]} />
      </ActionIcon>
      <ActionIcon title="Keyboard (?)" aria-label="Keyboard shortcuts" onClick={onHelp}>
        <Icon name="help" />
      </ActionIcon>
      <ActionIcon title="Sign out" aria-label="Sign out" onClick={signOut}>
        <Icon name="out" />
      </ActionIcon>
    </div>
  );
}
