/** The map's state as it stands in the address. Defaults are left out, unknown keys are ignored. */

export interface MapSearch {
  /** Grouping; absent is by network. */
  g?: "none";
  /** The selected node or link. */
  sel?: string;
  /** Opened networks. */
  open?: string[];
  space?: number;
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

export function readSearch(raw: Record<string, unknown>): MapSearch {
  const open = Array.isArray(raw["open"]) ? raw["open"].filter((id): id is string => typeof id === "string") : [];
  const number = (key: "x" | "y" | "k" | "space" | "links"): object => {
    const value = raw[key];
    return typeof value === "number" && Number.isFinite(value) ? { [key]: value } : {};
  };
  const instant = (key: "at" | "from" | "to"): object => {
    const value = raw[key];
    return typeof value === "string" && Number.isFinite(Date.parse(value)) ? { [key]: value } : {};
  };
  return {
    ...(raw["g"] === "none" ? { g: "none" } : {}),
    ...(typeof raw["sel"] === "string" && raw["sel"] !== "" ? { sel: raw["sel"] } : {}),
    ...(open.length > 0 ? { open: open.slice(0, 20) } : {}),
    ...(raw["tab"] === "list" ? { tab: "list" } : {}),
    ...instant("at"),
    ...instant("from"),
    ...instant("to"),
    ...(typeof raw["last"] === "string" ? { last: raw["last"] } : {}),
    ...(raw["cmp"] === true ? { cmp: true } : {}),
    ...number("space"),
    ...number("links"),
    ...number("x"),
    ...number("y"),
    ...number("k"),
  };
}
