/** What could not be counted, in the mock. */

import type { DeadLetter, DeadLetterGroup } from "../src/api/types";
import { type Answer, ok, problem, type Request } from "./server.ts";

export class DeadLetters {
  groups: DeadLetterGroup[];
  #files: DeadLetter[];

  constructor(now: number, { empty = false } = {}) {
    const at = new Date(now - 90_000).toISOString();
    const of = (reason: string, letters: number, kind: "record" | "object" = "record"): DeadLetterGroup => {
      return { kind, reason, state: "open", letters, first_at: at, last_at: at };
    };
    this.groups = empty ? [] : [of("record_digest", 3), of("body_ipc", 1), of("file_bomb", 2, "object")];
    this.#files = empty ? [] : ["a.log.gz", "b.log.gz"].map((name, n) => fileOf(name, n + 1, at));
  }

  answer(request: Request, url: URL): Answer {
    const verb = url.pathname.split("/")[2];
    if (request.method === "GET" && verb === undefined) return ok({ items: this.#files, next_cursor: null });
    const [, , id, one] = url.pathname.split("/");
    if (one !== undefined) return this.#decide(Number(id));
    if (request.method === "GET" && verb === "reasons") return ok({ items: this.groups });
    if (request.method !== "POST" || (verb !== "retry" && verb !== "ignore")) {
      return problem(404, "Nothing is here", `There is no ${url.pathname}`, url.pathname);
    }
    const { kind, reason } = JSON.parse(request.body) as { kind: string; reason: string };
    const chosen = this.groups.filter((group) => group.kind === kind && group.reason === reason);
    for (const group of chosen) group.state = verb === "retry" ? "retrying" : "ignored";
    return ok({ changed: chosen.reduce((sum, group) => sum + group.letters, 0) });
  }

  /** It leaves the list of open ones. */
  #decide(id: number): Answer {
    const found = this.#files.find((letter) => letter.id === id);
    this.#files = this.#files.filter((letter) => letter.id !== id);
    for (const group of this.groups) if (group.kind === "object") group.letters = this.#files.length;
    return ok({ ...found, state: "retrying" });
  }
}

function fileOf(name: string, id: number, at: string): DeadLetter {
  const where = `s3://flow-logs/AWSLogs/${name}#1`;
  const detail = "1,030 octets unpack to more than 1,048,576";
  return {
    id,
    kind: "object",
    name: where,
    reason: "file_bomb",
    detail,
    location: where,
    at,
    state: "open",
    version: 1,
  };
}
