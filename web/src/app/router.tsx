/** The pages and their typed addresses. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouteComponent,
  type RouterHistory,
  redirect,
} from "@tanstack/react-router";
import { signedIn } from "@/api/session";
import { readSearch } from "@/features/topology/search";
import { Crash, NotFound } from "./Lost";
import { Shell } from "./Shell";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Crash });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (raw): { back?: string; provider?: string } => ({
    ...(typeof raw["back"] === "string" && { back: raw["back"] }),
    ...(typeof raw["provider"] === "string" && { provider: raw["provider"] }),
  }),
  component: lazyRouteComponent(() => import("@/features/access/SignInPage"), "SignInPage"),
});

const landed = createRoute({
  getParentRoute: () => root,
  path: "/signed-in",
  component: lazyRouteComponent(() => import("@/features/access/SignedInPage"), "SignedInPage"),
});

const welcome = createRoute({
  getParentRoute: () => root,
  path: "/welcome",
  component: lazyRouteComponent(() => import("@/features/access/WelcomePage"), "WelcomePage"),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "pages",
  component: Shell,
  beforeLoad: ({ location }) => {
    if (!signedIn()) throw redirect({ to: "/sign-in", search: { back: location.href } });
  },
});

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  validateSearch: (raw): { view?: number } => (typeof raw["view"] === "number" ? { view: raw["view"] } : {}),
  component: lazyRouteComponent(() => import("@/features/home/HomePage"), "HomePage"),
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
  validateSearch: (raw: Record<string, unknown>): Narrow & { within?: string } => ({
    ...narrow(raw),
    ...(typeof raw["within"] === "string" ? { within: raw["within"] } : {}),
  }),
  component: lazyRouteComponent(() => import("@/features/assets/AssetsPage"), "AssetsPage"),
});

/** A page that has nothing in its address but the path. */
function plain<const P extends string, T extends Record<string, RouteComponent>, K extends keyof T>(
  path: P,
  load: () => Promise<T>,
  name: K,
) {
  return createRoute({ getParentRoute: () => shell, path, component: lazyRouteComponent(load, name) });
}

const asset = plain("/assets/$id", () => import("@/features/assets/AssetPage"), "AssetPage");

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

const dependency = plain("/dependencies/$id", () => import("@/features/dependencies/DependencyPage"), "DependencyPage");

const views = plain("/views", () => import("@/features/views/ViewsPage"), "ViewsPage");

const view = plain("/views/$id", () => import("@/features/views/OpenView"), "OpenView");

const sources = createRoute({
  getParentRoute: () => shell,
  path: "/sources",
  validateSearch: (raw): { id?: number; of?: "logs" } => ({
    ...(typeof raw["id"] === "number" && { id: raw["id"] }),
    ...(raw["of"] === "logs" && { of: "logs" as const }),
  }),
  component: lazyRouteComponent(() => import("@/features/sources/SourcesPage"), "SourcesPage"),
});

const attempts = plain("/attempts", () => import("@/features/attempts/AttemptsPage"), "AttemptsPage");

const feeds = createRoute({
  getParentRoute: () => shell,
  path: "/feeds",
  validateSearch: (raw): { id?: number } => (typeof raw["id"] === "number" ? { id: raw["id"] } : {}),
  component: lazyRouteComponent(() => import("@/features/feeds/FeedsPage"), "FeedsPage"),
});

const uploads = createRoute({
  getParentRoute: () => shell,
  path: "/files",
  component: lazyRouteComponent(() => import("@/features/uploads/UploadsPage"), "UploadsPage"),
});

const classification = createRoute({
  getParentRoute: () => shell,
  path: "/classification",
  validateSearch: (raw): { rule?: number | "new" } =>
    typeof raw["rule"] === "number" || raw["rule"] === "new" ? { rule: raw["rule"] } : {},
  component: lazyRouteComponent(() => import("@/features/classification/ClassificationPage"), "ClassificationPage"),
});

const imports = createRoute({
  getParentRoute: () => shell,
  path: "/import",
  validateSearch: (raw): { kind?: "assets" | "classification_rules" } =>
    raw["kind"] === "assets" || raw["kind"] === "classification_rules" ? { kind: raw["kind"] } : {},
  component: lazyRouteComponent(() => import("@/features/imports/ImportPage"), "ImportPage"),
});

const health = plain("/health", () => import("@/features/health/HealthPage"), "HealthPage");

const members = plain("/members", () => import("@/features/members/MembersPage"), "MembersPage");

const roles = plain("/roles", () => import("@/features/members/RolesPage"), "RolesPage");

const providers = plain("/identity-providers", () => import("@/features/members/ProvidersPage"), "ProvidersPage");

const tenants = plain("/tenants", () => import("@/features/members/TenantsPage"), "TenantsPage");

const audit = plain("/audit", () => import("@/features/audit/AuditPage"), "AuditPage");

const account = plain("/account", () => import("@/features/access/AccountPage"), "AccountPage");

const tree = root.addChildren([
  signIn,
  landed,
  welcome,
  shell.addChildren([
    home,
    map,
    assets,
    asset,
    dependencies,
    dependency,
    views,
    view,
    attempts,
    sources,
    feeds,
    uploads,
    classification,
    imports,
    health,
    members,
    roles,
    providers,
    tenants,
    audit,
    account,
  ]),
]);

export function pages(history?: RouterHistory) {
  return createRouter({ routeTree: tree, defaultPreload: "intent", ...(history ? { history } : {}) });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof pages>;
  }
}
