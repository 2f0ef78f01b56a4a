/** A small part of the filter language: conditions joined by `and`, each of them perhaps with `not` before it. */

import type { Asset, Completions, Dependency } from "../src/api/types";
import type { Estate } from "./estate.ts";

const ALIASES: Record<string, string> = { env: "environment", dc: "datacenter" };
const FIELDS = ["environment", "datacenter", "location", "site", "internal", "port", "service", "address"];

interface Condition {
  not: boolean;
  field: string;
  value: string;
}

function conditions(q: string): Condition[] {
  return q
    .split(/\s+and\s+/)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const [, not, field = "", value = ""] = /^(not\s+)?(?:([\w.]+)\s*=\s*)?(.*)$/.exec(part) ?? [];
      return { not: not !== undefined, field: ALIASES[field] ?? field, value: value.replaceAll('"', "") };
    });
}

function ofAsset(asset: Asset | undefined, { field, value }: Condition): boolean {
  if (!asset) return false;
  if (field === "") return value === "internal" ? asset.internal : asset.address.includes(value);
  if (field === "address") return asset.address.startsWith(value.replace(/\.0\/\d+$/, "."));
  return asset.attributes[field] === value;
}

export function assetHolds(asset: Asset, q: string): boolean {
  return conditions(q).every((one) => ofAsset(asset, one) !== one.not);
}

export function holdsOf({ assets }: Pick<Estate, "assets">, d: Dependency, q: string): boolean {
  return conditions(q).every((one) => {
    const ends = [d.client, d.server].map((end) => assets[(end.asset_id ?? 0) - 1]);
    const text = [String(d.port), d.service ?? ""];
    let holds = ends.some((end) => ofAsset(end, one));
    if (one.field === "port") holds = String(d.port) === one.value;
    else if (one.field === "service") holds = d.service === one.value;
    else if (one.field === "" && one.value === "internal") holds = ends.every((end) => end?.internal === true);
    else if (one.field === "") holds ||= text.some((part) => part.includes(one.value));
    return holds !== one.not;
  });
}

export function faultOf(q: string): Completions["fault"] {
  const at = q.trimEnd().length;
  if (/(^|\s)(and|or|not)$/.test(q.trim())) return { said: "here something to look for is missing", at, end: at };
  const unknown = /(\w+)\s*=/g;
  for (const found of q.matchAll(unknown)) {
    const name = found[1] ?? "";
    if (!FIELDS.includes(ALIASES[name] ?? name))
      return { said: `there is no field '${name}'`, at: found.index, end: found.index + name.length };
  }
  return null;
}

export function completions({ assets }: Pick<Estate, "assets">, q: string, cursor: number): Completions {
  const before = q.slice(0, cursor);
  const [, field = "", typed = ""] = /(?:(\w+)=)?(\S*)$/.exec(before) ?? [];
  const at = cursor - typed.length;
  const name = ALIASES[field] ?? field;
  const values = [...new Set(assets.map((asset) => asset.attributes[name]).filter((value) => value !== undefined))];
  const names = field === "" ? [...FIELDS, ...(before.trim() === typed ? [] : ["and"])] : values.sort();
  const suggestions = names
    .filter((text) => text.startsWith(typed))
    .map((text) => ({ text, about: field === "" ? "a field" : "", at, end: cursor }));
  return { suggestions: suggestions.slice(0, 12), fault: faultOf(q) };
}
