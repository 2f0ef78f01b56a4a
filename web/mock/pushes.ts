/** Gates that clouds push through. */

import type { FeedPush } from "../src/api/types";
import { type Answer, ok, type Request } from "./server.ts";

const GATES = ["3f0b4a3c-0c1e-4d8f-9d55-0f0c7b1f6a2e", "8a1d2c44-5d0e-4f5b-8a43-6f2f5a2b9c10"];
const GOOGLE = 4;

export class Pushes {
  #renewed = 0;
  #secrets = 0;

  answer(request: Request, feed: number): Answer {
    if (feed === GOOGLE) {
      if (request.method === "POST") this.#renewed += 1;
      return ok(request.method === "POST" ? this.#pubsub() : { gate: this.#pubsub() });
    }
    if (request.method === "DELETE") this.#secrets = 0;
    if (request.method === "POST") {
      this.#secrets += 1;
      return ok({ ...this.#events(), secret: `fls_${"abc".repeat(13)}${this.#secrets}` });
    }
    return ok({ gate: this.#secrets > 0 ? this.#events() : null });
  }

  #pubsub(): FeedPush {
    const gate = GATES[this.#renewed % GATES.length] ?? "";
    return {
      path: `/api/v1/pushes/${gate}/pubsub`,
      audience: `urn:flowlens:push:${gate}`,
      has_secret: false,
      made_at: "2026-11-20T08:15:00Z",
      heard_at: this.#renewed === 0 ? "2026-11-22T09:58:00Z" : null,
      former_until: null,
      refusals: [
        {
          reason: "push_audience",
          times: 3,
          last_at: "2026-11-22T09:41:00Z",
          detail: "the token is for somebody else: give the subscription this feed's audience",
        },
      ],
      secret: "",
    };
  }

  #events(): FeedPush {
    return {
      path: `/api/v1/pushes/${GATES[0]}/eventgrid`,
      audience: "",
      has_secret: true,
      made_at: "2026-11-22T10:00:00Z",
      heard_at: null,
      former_until: this.#secrets > 1 ? "2026-11-23T10:00:00Z" : null,
      refusals: [],
      secret: "",
    };
  }
}
