/** The attributes of assets, in words. */

export const KNOWN = [
  "environment",
  "datacenter",
  "location",
  "site",
  "asset_type",
  "application",
  "owner",
  "team",
  "criticality",
  "country",
  "organisation",
] as const;

/** `asset_type` is "asset type", `tag:backup` is "tag backup". */
export function nameOf(attribute: string): string {
  return attribute.replace("_", " ").replace(/^tag:/, "tag ");
}

export function titleOf(attribute: string): string {
  const name = nameOf(attribute);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** In the order in which people read them: the known ones, then tags. */
export function inOrder(attributes: Record<string, string>): [string, string][] {
  const place = (name: string): number => {
    const at = (KNOWN as readonly string[]).indexOf(name);
    return at < 0 ? KNOWN.length : at;
  };
  return Object.entries(attributes).sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1));
}
