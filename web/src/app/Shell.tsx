/** The frame around every page: rail, search, scheme, help. */

import { ActionIcon, useMantineColorScheme } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { spotlight } from "@mantine/spotlight";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useMe } from "@/api/queries";
import { FactorGate } from "@/features/access/FactorGate";
import { end } from "@/api/access";
import { isPerson, signOut } from "@/api/session";
import type { Permission } from "@/api/types";
import { Icon, type IconName } from "@/ui/Icon";
import css from "./shell.module.css";

interface Item {
  to: string;
  label: string;
  icon: IconName;
  /** Shown to whoever has it. */
  needs?: Permission;
}

const RAIL: { group: string; items: Item[] }[] = [
  {
    group: "Explore",
    items: [
      { to: "/", label: "Home", icon: "home" },
      { to: "/map", label: "Map", icon: "map" },
      { to: "/views", label: "Views", icon: "views" },
      { to: "/assets", label: "Assets", icon: "assets" },
      { to: "/dependencies", label: "Dependencies", icon: "dependencies" },
      { to: "/attempts", label: "Attempts", icon: "attempts" },
    ],
  },
  {
    group: "Manage",
    items: [
      { to: "/sources", label: "Flow sources", icon: "sources" },
      { to: "/feeds", label: "Cloud logs", icon: "feeds" },
      { to: "/files", label: "Flow files", icon: "files" },
      { to: "/classification", label: "Classification", icon: "classification" },
      { to: "/import", label: "Import, export", icon: "import" },
      { to: "/health", label: "System health", icon: "health" },
    ],
  },
  {
    group: "Govern",
    items: [
      { to: "/members", label: "Members", icon: "members", needs: "users:read" },
      { to: "/roles", label: "Roles", icon: "roles", needs: "users:read" },
      { to: "/identity-providers", label: "Identity providers", icon: "providers", needs: "users:read" },
      { to: "/audit", label: "Audit", icon: "audit", needs: "audit:read" },
      { to: "/tenants", label: "Tenants", icon: "tenants", needs: "tenants:read" },
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
  const may = useMe().data?.permissions ?? [];
  useHotkeys([
    ["?", () => setHelp((was) => !was)],
    ["shift+/", () => setHelp((was) => !was)],
    ["/", search],
    ["mod+K", search],
    ["m", () => void navigate({ to: "/map" })],
    ["a", () => void navigate({ to: "/assets" })],
    ["d", () => void navigate({ to: "/dependencies" })],
    ["s", () => void navigate({ to: "/sources" })],
    ["c", () => void navigate({ to: "/classification" })],
  ]);
  return (
    <div className={css["shell"]}>
      <a className={css["skip"]} href="#main">
        Skip to the content
      </a>
      <header className={css["top"]}>
        <Link to="/" className={css["brand"] ?? ""}>
          <img src="/favicon.svg" alt="" width={20} height={20} />
          FlowLens
        </Link>
        <button type="button" className={css["search"]} onClick={search} aria-label="Search assets and dependencies">
          <Icon name="search" size={13} />
          <span>Search assets and dependencies</span>
          <kbd>/</kbd>
        </button>
        <Tools onHelp={() => setHelp(true)} />
      </header>
      <nav className={css["rail"]} aria-label="Pages">
        {RAIL.map(({ group, items }) => ({ group, items: items.filter(({ needs }) => !needs || may.includes(needs)) }))
          .filter(({ items }) => items.length > 0)
          .map(({ group, items }) => (
            <section key={group} aria-label={group}>
              <h2>{group}</h2>
              {items.map(({ to, label, icon }) => (
                <Link
                  key={to}
                  to={to}
                  activeOptions={{ includeSearch: false, exact: to === "/" }}
                  activeProps={{ "data-here": true }}
                >
                  <Icon name={icon} size={15} />
                  {label}
                </Link>
              ))}
            </section>
          ))}
      </nav>
      <main id="main" className={css["main"]} tabIndex={-1}>
        <FactorGate>
          <Outlet />
        </FactorGate>
      </main>
      <Suspense>
        {palette && <Palette />}
        {help !== null && <Shortcuts opened={help} onClose={() => setHelp(false)} />}
      </Suspense>
    </div>
  );
}

/** A session ends on the server first; a token is only forgotten. */
async function leave(): Promise<void> {
  if (isPerson()) await end().catch(() => undefined);
  signOut();
}

function Tools({ onHelp }: { onHelp: () => void }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { data: me } = useMe();
  return (
    <div className={css["tools"]}>
      {me && (
        <Link to="/account" className={css["me"] ?? "dim"} title="Your account">
          {me.name} · {me.tenant.name}
        </Link>
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
      <ActionIcon title="Sign out" aria-label="Sign out" onClick={() => void leave()}>
        <Icon name="out" />
      </ActionIcon>
    </div>
  );
}
