/** What to do when the API says "not so fast": what only reads waits as long as it is told and asks once more. */

const LONGEST = 65; // seconds; a quota is whole again after a minute

type Listener = (seconds: number) => void;
const listeners = new Set<Listener>();

/** Hears for how many seconds a question is held back; the answer stops the listening. */
export function onHeldBack(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function wait(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** A change is never sent twice: whoever made it decides. The second's fraction keeps pages from coming back at once. */
export async function paced(request: Request): Promise<Response> {
  const safe = request.method === "GET";
  const answer = await fetch(safe ? request.clone() : request);
  const after = Number(answer.headers.get("retry-after") ?? Number.NaN);
  if (!safe || answer.status !== 429 || !(after > 0 && after <= LONGEST)) return answer;
  for (const listener of listeners) listener(after);
  await wait(after + Math.random(), request.signal);
  return fetch(request);
}
