/** The map's state as it stands in the address. Defaults are left out, unknown keys are ignored. */

export interface MapSearch {
  /** Grouping: `none`, or an attribute; absent is by network. */
  g?: string;
  /** Classified by the rules of the time that is shown. */
  rules?: "then";
  /** The selected node or link. */
  sel?: string;
  /** Opened networks. */
  open?: string[];
  /** One address space; 0 is all of them, however many. */
  space?: number;
  /** A query: only what it holds of is shown. */
  q?: string;
  /** Only what lies within some hops of this node; `way` is upstream, downstream, or absent for both. */
  focus?: string;
  hops?: number;
  way?: "up" | "down";
  /** Where the way to the selected node begins. */
  path?: string;
  /** The saved view that this began as. */
  view?: number;
  /** Links drawn at most; absent is the default budget, 0 is all. */
  links?: number;
  tab?: "list";
  /** An instant, both ends of a window, or a window that ends now; at most one of the three. */
  at?: string;
  from?: string;
  to?: string;
  last?: string;
  /** Compared with the state before? */
  cmp?: true;
  x?: number;
  y?: number;
  k?: number;
}

export const BUDGET = 120;
export const HOPS = [1, 2, 3, 4, 5, 6];

export function readSearch(raw: Record<string, unknown>): MapSearch {
  const open = Array.isArray(raw["open"]) ? raw["open"].filter((id): id is string => typeof id === "string") : [];
  const number = (key: "x" | "y" | "k" | "space" | "links" | "view"): object => {
    const value = raw[key];
    return typeof value === "number" && Number.isFinite(value) ? { [key]: value } : {};
  };
  const instant = (key: "at" | "from" | "to"): object => {
    const value = raw[key];
    return typeof value === "string" && Number.isFinite(Date.parse(value)) ? { [key]: value } : {};
  };
  return {
    ...(typeof raw["g"] === "string" && raw["g"] !== "" ? { g: raw["g"] } : {}),
    ...(raw["rules"] === "then" ? { rules: "then" } : {}),
    ...(typeof raw["sel"] === "string" && raw["sel"] !== "" ? { sel: raw["sel"] } : {}),
    ...(open.length > 0 ? { open: open.slice(0, 50) } : {}),
    ...(typeof raw["q"] === "string" || typeof raw["q"] === "number" ? { q: String(raw["q"]).slice(0, 1000) } : {}),
    ...(raw["tab"] === "list" ? { tab: "list" } : {}),
    ...instant("at"),
    ...instant("from"),
    ...instant("to"),
    ...(typeof raw["last"] === "string" ? { last: raw["last"] } : {}),
    ...(raw["cmp"] === true ? { cmp: true } : {}),
    ...(typeof raw["focus"] === "string" ? { focus: raw["focus"] } : {}),
    ...(HOPS.includes(raw["hops"] as number) && raw["hops"] !== 1 ? { hops: raw["hops"] as number } : {}),
    ...(raw["way"] === "up" || raw["way"] === "down" ? { way: raw["way"] } : {}),
    ...(typeof raw["path"] === "string" ? { path: raw["path"] } : {}),
    ...number("view"),
    ...number("space"),
    ...number("links"),
    ...number("x"),
    ...number("y"),
    ...number("k"),
  };
}
