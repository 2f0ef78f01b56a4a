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
  return {
    ...(raw["g"] === "none" ? { g: "none" } : {}),
    ...(typeof raw["sel"] === "string" && raw["sel"] !== "" ? { sel: raw["sel"] } : {}),
    ...(open.length > 0 ? { open: open.slice(0, 20) } : {}),
    ...(raw["tab"] === "list" ? { tab: "list" } : {}),
    ...number("space"),
    ...number("links"),
    ...number("x"),
    ...number("y"),
    ...number("k"),
  };
}
