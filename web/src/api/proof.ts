/** What is dangerous wants a fresh sign-in: who asks is asked who they are, and the request goes on by itself. */

const TYPE = "/problems/fresh-sign-in";

/** Asks; false when whoever was asked thought better of it. */
type Asking = () => Promise<boolean>;
let asking: Asking | null = null;
let waiting: Promise<boolean> | null = null;

export function onProofWanted(ask: Asking): () => void {
  asking = ask;
  return () => {
    if (asking === ask) asking = null;
  };
}

async function isWanted(answer: Response): Promise<boolean> {
  if (answer.status !== 403 || !answer.headers.get("content-type")?.startsWith("application/problem+json"))
    return false;
  const problem = (await answer.clone().json()) as { type?: string };
  return problem.type === TYPE;
}

/** Sends again what was refused only because the sign-in is old; however much waits, it is asked for once. */
export async function proven(request: Request, send: (request: Request) => Promise<Response>): Promise<Response> {
  const again = request.clone();
  const answer = await send(request);
  if (asking === null || !(await isWanted(answer))) return answer;
  waiting ??= asking().finally(() => {
    waiting = null;
  });
  return (await waiting) ? send(again) : answer;
}
