/** A saved map's state and the address of the map's page: the same names on both sides, but for the pins. */

import type { MapState } from "@/api/types";

export type Place = { x: number; y: number };

/** What the address takes of a state, with the view it came from. */
export function searchOf({ pins: _pins, open, ...state }: MapState, view: number): Record<string, unknown> {
  const said = Object.fromEntries(Object.entries(state).filter(([, value]) => value !== null && value !== false));
  return { ...said, ...(open && open.length > 0 ? { open } : {}), view };
}

/** What is kept of an address: not the selection, and not what belongs to the moment. */
export function stateOf(search: object, pins: Record<string, Place>): MapState {
  const { view: _view, sel: _sel, path: _path, ...kept } = search as Record<string, unknown>;
  return { ...(kept as Partial<MapState>), open: (kept["open"] as string[] | undefined) ?? [], pins };
}
