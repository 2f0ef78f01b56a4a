/** Gates that clouds push through. */

import type { FeedPush } from "../src/api/types";
import { type Answer, ok, type Request } from "./server.ts";

const GATES = ["3f0b4a3c-0c1e-4d8f-9d55-0f0c7b1f6a2e", "8a1d2c44-5d0e-4f5b-8a43-6f2f5a2b9c10"];

export class Pushes {
  #renewed = 0;

  answer(request: Request, feed: number): Answer {
    if (request.method === "POST") {
      this.#renewed += 1;
      return ok(this.#pubsub());
    }
    return ok({ gate: feed === 4 ? this.#pubsub() : null });
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
}
