/** CIDR rules over the made-up estate: enough of them to see every part of the page. */

import type { Asset, AssetDetail, ListedRule, NewRule } from "../src/api/types";
import { contains } from "../src/lib/address.ts";
import { type Answer, ok, problem, type Request } from "./server.ts";

export interface Classification {
  answer(request: Request, url: URL): Answer | null;
  why(asset: Asset): AssetDetail["why"];
}

const SINCE = "2026-11-20T09:00:00Z";

export function classification(assets: Asset[], { empty }: { empty: boolean }): Classification {
  const items: ListedRule[] = empty ? [] : first();
  const around = (asset: Asset): ListedRule[] =>
    items
      .filter((rule) => rule.address_space_id === asset.address_space_id && contains(rule.network, asset.address))
      .sort((a, b) => Number(b.network.split("/")[1]) - Number(a.network.split("/")[1]));
  const why = (asset: Asset): AssetDetail["why"] => {
    const found = new Map<string, AssetDetail["why"][number]>();
    for (const { id, network, attributes } of around(asset)) {
      for (const [attribute, value] of Object.entries(attributes)) {
        const said = { value, rule_id: id, network, database: false };
        const known = found.get(attribute);
        if (known) known.overruled.push(said);
        else found.set(attribute, { attribute, said, overruled: [] });
      }
    }
    return [...found.values()];
  };
  const listed = (): ListedRule[] =>
    items.map((rule) => ({
      ...rule,
      assets: assets.filter((asset) => around(asset).includes(rule)).length,
      decides: assets.filter((asset) => why(asset).some(({ said }) => said.rule_id === rule.id)).length,
    }));
  const answer = (request: Request, url: URL): Answer | null => {
    const [, , id, sub] = url.pathname.split("/");
    if (id === undefined && request.method === "GET") return ok({ items: listed() });
    if (id === undefined) return add(items, request, url);
    if (id === "preview") return preview(assets, request);
    const rule = items.find((one) => String(one.id) === id);
    if (!rule) return null;
    if (sub === "history") return ok({ items: [rule] });
    if (request.method === "GET") return ok(rule);
    if (request.headers["if-match"] !== `"${rule.version}"`) {
      return problem(412, "The thing changed since it was read", "Read it again", url.pathname);
    }
    if (request.method === "DELETE") {
      items.splice(items.indexOf(rule), 1);
      return { status: 204, headers: {}, body: "" };
    }
    Object.assign(rule, JSON.parse(request.body), { version: rule.version + 1 });
    return ok(rule);
  };
  return { answer, why };
}

function add(items: ListedRule[], request: Request, url: URL): Answer {
  const wish = JSON.parse(request.body) as NewRule;
  if (items.some((one) => one.network === wish.network)) {
    return problem(409, "It exists already", `${wish.network} has a rule already: change that one`, url.pathname);
  }
  const made = rule(Math.max(0, ...items.map((one) => one.id)) + 1, wish.network, wish.attributes);
  items.push(made);
  return ok(made, 201);
}

function preview(assets: Asset[], request: Request): Answer {
  const { rule: wanted } = JSON.parse(request.body) as { rule?: NewRule };
  const inside = wanted ? assets.filter((asset) => contains(wanted.network, asset.address)) : [];
  const moves = Object.entries(wanted?.attributes ?? {}).map(([attribute, after]) => ({
    attribute,
    before: null,
    after,
    assets: inside.length,
    examples: inside.slice(0, 5).map((asset) => asset.address),
  }));
  return ok({ items: moves.filter((move) => move.assets > 0) });
}

function rule(id: number, network: string, attributes: Record<string, string>): ListedRule {
  const said = { id, version: 1, address_space_id: 1, network, attributes, note: "", actor: "administrator" };
  return { ...said, since: SINCE, until: null, assets: 0, decides: 0, findings: [] };
}

function first(): ListedRule[] {
  return [
    rule(1, "10.1.0.0/16", { environment: "production", datacenter: "Frankfurt", owner: "Platform" }),
    rule(2, "10.1.30.0/24", { owner: "Databases", "tag:backup": "daily" }),
    rule(3, "10.2.0.0/16", { environment: "test", datacenter: "Amsterdam" }),
    {
      ...rule(4, "10.2.30.0/24", { environment: "test", owner: "Databases" }),
      findings: [{ attribute: "environment", kind: "repeated" }],
    },
    rule(5, "10.3.0.0/16", { environment: "office", site: "Berlin" }),
  ];
}
