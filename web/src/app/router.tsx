/** The pages and their typed addresses. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouterHistory,
  redirect,
} from "@tanstack/react-router";
import { token } from "@/api/session";
import { readSearch } from "@/features/topology/search";
import { Crash, NotFound } from "./Lost";
import { Shell } from "./Shell";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Crash });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (raw): { back?: string } => (typeof raw["back"] === "string" ? { back: raw["back"] } : {}),
  component: lazyRouteComponent(() => import("@/features/access/SignInPage"), "SignInPage"),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "pages",
  component: Shell,
  beforeLoad: ({ location }) => {
    if (!token()) throw redirect({ to: "/sign-in", search: { back: location.href } });
  },
});

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/map", replace: true });
  },
});

const map = createRoute({
  getParentRoute: () => shell,
  path: "/map",
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import("@/features/topology/MapPage"), "MapPage"),
});

interface Narrow {
  q?: string;
  space?: number;
}

function narrow(raw: Record<string, unknown>): Narrow {
  return {
    ...(typeof raw["q"] === "string" || typeof raw["q"] === "number" ? { q: String(raw["q"]) } : {}),
    ...(typeof raw["space"] === "number" ? { space: raw["space"] } : {}),
  };
}

const assets = createRoute({
  getParentRoute: () => shell,
  path: "/assets",
  validateSearch: narrow,
  component: lazyRouteComponent(() => import("@/features/assets/AssetsPage"), "AssetsPage"),
});

const asset = createRoute({
  getParentRoute: () => shell,
  path: "/assets/$id",
  component: lazyRouteComponent(() => import("@/features/assets/AssetPage"), "AssetPage"),
});

const dependencies = createRoute({
  getParentRoute: () => shell,
  path: "/dependencies",
  validateSearch: (raw: Record<string, unknown>): Narrow & { client?: string; server?: string } => ({
    ...narrow(raw),
    ...(typeof raw["client"] === "string" ? { client: raw["client"] } : {}),
    ...(typeof raw["server"] === "string" ? { server: raw["server"] } : {}),
  }),
  component: lazyRouteComponent(() => import("@/features/dependencies/DependenciesPage"), "DependenciesPage"),
});

const dependency = createRoute({
  getParentRoute: () => shell,
  path: "/dependencies/$id",
  component: lazyRouteComponent(() => import("@/features/dependencies/DependencyPage"), "DependencyPage"),
});

const sources = createRoute({
  getParentRoute: () => shell,
  path: "/sources",
  validateSearch: (raw): { id?: number } => (typeof raw["id"] === "number" ? { id: raw["id"] } : {}),
  component: lazyRouteComponent(() => import("@/features/sources/SourcesPage"), "SourcesPage"),
});

const health = createRoute({
  getParentRoute: () => shell,
  path: "/health",
  component: lazyRouteComponent(() => import("@/features/health/HealthPage"), "HealthPage"),
});

const tree = root.addChildren([
  signIn,
  shell.addChildren([home, map, assets, asset, dependencies, dependency, sources, health]),
]);

export function pages(history?: RouterHistory) {
  return createRouter({ routeTree: tree, defaultPreload: "intent", ...(history ? { history } : {}) });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof pages>;
  }
}
