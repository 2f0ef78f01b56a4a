/** Somebody who is signed in: their second factor, sessions, tokens, an invitation, and what wants a fresh sign-in. */

import type { Session, Token } from "../src/api/access";
import type { components } from "../src/api/schema";
import { MEMBERS, TENANTS } from "./members.ts";
import { type Answer, ok, problem, type Request } from "./server.ts";

type Factor = components["schemas"]["Factor"];

const SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const CODES = Array.from({ length: 10 }, (_, at) => `${at}kq2mz-7txa4b-c6dfgh-3jklnp`);
const DONE: Answer = { status: 204, headers: {}, body: "" };

const SESSIONS: Session[] = [
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "password", true],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15", "Company sign-in", false],
].map(([agent, method, current], at) => ({
  id: `7c9e6679-7425-40de-944b-e07fc1f90d0${at}`,
  method: String(method),
  started_at: "2026-11-23T08:00:00Z",
  last_used_at: "2026-11-23T09:58:00Z",
  ends_at: "2026-11-23T16:00:00Z",
  address: `192.0.2.${7 + at}`,
  agent: String(agent),
  current: current === true,
}));

const TOKENS: Token[] = [
  {
    id: 7,
    name: "monitoring",
    permissions: ["operations:read"],
    networks: ["192.0.2.0/24"],
    created_at: "2026-11-20T10:04:12Z",
    expires_at: "2027-02-23T00:00:00Z",
    last_used_at: "2026-11-23T09:05:00Z",
    hint: "aRtE",
  },
];

/** What changes something dangerous, as the API guards it. */
const DANGEROUS =
  /^\/(members|roles|tenants|tokens|identity-providers|session\/factor|factor-rule|session\/identities)/;

export class Access {
  /** Null: whoever asks is a token. */
  factor: Factor | null = null;
  required = false;
  /** A provider vouched for the session. */
  atProvider = false;
  /** The sign-in is older than five minutes. */
  stale = false;
  /** What the link is for that somebody opens. */
  invitation = { tenant: "Warehouse", email: "grace@example.com", expires_at: "2026-11-26T10:00:00Z", accept: false };

  /** What anybody may ask. */
  open({ method, url }: Request): Answer | null {
    if (url === "/links/purpose") return ok(this.invitation);
    if (url === "/links/use" && method === "POST") return ok({});
    if (url === "/session/providers") return ok({ items: [] });
    return null;
  }

  answer(request: Request, path: string): Answer | null {
    const { method } = request;
    if (method !== "GET" && this.stale && DANGEROUS.test(path) && !path.endsWith("/test")) {
      const said = problem(403, "Show once more who you are", "this wants a fresh sign-in", path);
      return { ...said, body: said.body.replace("/problems/403", "/problems/fresh-sign-in") };
    }
    return this.#own(request, path) ?? this.#factor(request, path) ?? this.#members(method, path);
  }

  #own({ method }: Request, path: string): Answer | null {
    if (path === "/session/proof") {
      this.stale = false;
      return DONE;
    }
    if (path === "/links/accept") return ok({});
    if (path === "/session/tenant" && method === "PUT") return DONE;
    if (/^\/tenants\/[^/]+\/entry$/.test(path)) return ok({ until: "2026-11-23T11:00:00Z" }, 201);
    if (method !== "GET") return null;
    if (path === "/sessions") return ok({ items: SESSIONS });
    if (path === "/tokens") return ok({ items: TOKENS });
    return path === "/session/tenants" ? ok({ items: TENANTS }) : null;
  }

  #factor({ method, body }: Request, path: string): Answer | null {
    if (path === "/factor-rule") {
      if (method === "PUT") this.required = (JSON.parse(body) as { required: boolean }).required;
      return ok({ required: this.required });
    }
    if (path === "/session/factor/seed")
      return ok(
        { secret: SEED, address: `otpauth://totp/FlowLens:ada@example.com?secret=${SEED}&issuer=FlowLens` },
        201,
      );
    if (path === "/session/factor/confirmation") return this.#shown(body, ok({ codes: CODES }), path);
    if (path === "/session/factor/codes") return ok({ codes: CODES });
    if (path !== "/session/factor") return null;
    if (method === "GET") return ok({ factor: this.factor ?? "none", codes_left: this.factor === "shown" ? 9 : 0 });
    if (method === "POST") return this.#shown(body, DONE, path);
    this.factor = "none";
    return DONE;
  }

  #shown(body: string, answer: Answer, path: string): Answer {
    if ((JSON.parse(body) as { code: string }).code !== "492039")
      return problem(403, "You may not do that", "the code is wrong, was used, or is of another time", path);
    this.factor = "shown";
    return answer;
  }

  #members(method: string, path: string): Answer | null {
    if (method === "GET") return null;
    if (/^\/members\/[^/]+\/link$/.test(path))
      return ok({ secret: "s".repeat(43), expires_at: "2026-11-26T10:00:00Z" }, 201);
    if (path.endsWith("/factor") || /\/grants\/\d+$/.test(path)) return DONE;
    return path.startsWith("/members") ? ok(MEMBERS[0] ?? {}) : null;
  }
}
