/** What is known of the kinds of feeds, once they were asked for. */

import type { components } from "@/api/schema";
import type { Feed } from "@/api/types";

export type Kind = components["schemas"]["FeedKind"];

/** A property of a kind's form, a JSON Schema whose properties are texts and whole numbers. */
export interface Property {
  title?: string;
  description?: string;
  type?: string;
  default?: unknown;
}

export function briefOf(kinds: Kind[] | undefined, kind: string): string {
  return kinds?.find(({ name }) => name === kind)?.brief ?? kind;
}

export function labelOf(kinds: Kind[] | undefined, kind: string): string {
  return kinds?.find(({ name }) => name === kind)?.label ?? kind;
}

export function propertiesOf(kind: Kind | undefined): Record<string, Property> {
  return (kind?.form["properties"] ?? {}) as Record<string, Property>;
}

/** What was said of a feed, by the titles of its form; what stands there by default is not worth a line. */
export function settingsOf(kind: Kind | undefined, feed: Feed): [string, string][] {
  const properties = propertiesOf(kind);
  return Object.entries(feed.settings)
    .filter(([name, value]) => value !== "" && value !== properties[name]?.default)
    .map(([name, value]) => [properties[name]?.title ?? name.replaceAll("_", " "), String(value)]);
}
