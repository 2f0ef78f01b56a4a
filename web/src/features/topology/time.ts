/** Which time the map shows: now, an instant, a window that ends now, or any window. As it stands in the address. */

import type { When } from "@/api/queries";
import { localTime, many } from "@/lib/format";
import type { MapSearch } from "./search";

export const LAST = { "15m": 15, "1h": 60, "6h": 360, "1d": 1440, "7d": 10_080 } as const;
export type Last = keyof typeof LAST;

const MINUTE = 60_000;
/** How far one step goes where there is no window whose length would say it. */
export const STEP = 15 * MINUTE;

export type Time =
  | { kind: "live" }
  | { kind: "last"; last: Last }
  | { kind: "at"; at: number }
  | { kind: "window"; from: number; to: number };

type TimeSearch = Pick<MapSearch, "at" | "from" | "to" | "last">;
/** Every part of it named, so that what is not said is taken out of the address. */
export type TimePatch = Record<keyof TimeSearch, string | undefined>;

export function isLast(text: unknown): text is Last {
  return typeof text === "string" && Object.hasOwn(LAST, text);
}

export function timeOf({ at, from, to, last }: TimeSearch): Time {
  if (at !== undefined) return { kind: "at", at: Date.parse(at) };
  if (from !== undefined && to !== undefined && from < to) {
    return { kind: "window", from: Date.parse(from), to: Date.parse(to) };
  }
  return isLast(last) ? { kind: "last", last } : { kind: "live" };
}

export function patchOf(time: Time): TimePatch {
  return {
    at: time.kind === "at" ? iso(time.at) : undefined,
    from: time.kind === "window" ? iso(time.from) : undefined,
    to: time.kind === "window" ? iso(time.to) : undefined,
    last: time.kind === "last" ? time.last : undefined,
  };
}

/** What the API is asked. `now` is a whole minute, so that the question stays the same for that long. */
export function whenOf(time: Time, now: number): When {
  if (time.kind === "live") return {};
  if (time.kind === "at") return { at: iso(time.at) };
  if (time.kind === "window") return { from: iso(time.from), to: iso(time.to) };
  return { from: iso(now - lengthOf(time)) };
}

/** The state before: one step before an instant, or the window of the same length that ends where this one begins. */
export function beforeOf(time: Time, now: number): When {
  if (time.kind === "live") return { at: iso(now - STEP) };
  if (time.kind === "at") return { at: iso(time.at - STEP) };
  const from = time.kind === "window" ? time.from : now - lengthOf(time);
  return { from: iso(from - lengthOf(time)), to: iso(from) };
}

function lengthOf(time: Time): number {
  if (time.kind === "window") return time.to - time.from;
  return time.kind === "last" ? LAST[time.last] * MINUTE : STEP;
}

/** One step back or forth. What would reach past now is live again. */
export function stepped(time: Time, direction: 1 | -1, now: number): Time {
  const by = direction * lengthOf(time);
  if (time.kind === "live" || time.kind === "at") {
    const at = (time.kind === "at" ? time.at : now) + by;
    return at >= now ? { kind: "live" } : { kind: "at", at };
  }
  const to = (time.kind === "window" ? time.to : now) + by;
  return to > now ? { kind: "live" } : { kind: "window", from: to - lengthOf(time), to };
}

export function described(time: Time): string {
  if (time.kind === "live") return "now";
  if (time.kind === "at") return `at ${localTime(iso(time.at))}`;
  if (time.kind === "window") return `${localTime(iso(time.from))} to ${localTime(iso(time.to))}`;
  return NAMES[time.last].toLowerCase();
}

export const NAMES: Record<Last, string> = {
  "15m": "Last 15 minutes",
  "1h": "Last hour",
  "6h": "Last 6 hours",
  "1d": "Last day",
  "7d": "Last 7 days",
};

/** What the state before is called. */
export function earlier(time: Time): string {
  if (time.kind === "live" || time.kind === "at") return "15 minutes before";
  return `the ${many(Math.round(lengthOf(time) / MINUTE), "minute")} before`;
}

function iso(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

/** For an input of the browser's own clock and calendar. */
export function asLocal(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);
}

/** Null while somebody is still typing. */
export function fromLocal(text: string): number | null {
  const at = Date.parse(text);
  return Number.isFinite(at) ? at : null;
}
