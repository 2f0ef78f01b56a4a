/** Who this browser speaks for: a person, whose cookie pages cannot read, or the token of this tab. */

const KEY = "flowlens-token";
const PERSON = "flowlens-person";
const listeners = new Set<() => void>();

export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

export function signIn(value: string): void {
  sessionStorage.setItem(KEY, value);
}

/** For what the typed client does not fetch: of a person nothing, whose cookie goes along by itself. */
export function credentials(): { authorization?: string } {
  const mine = token();
  return mine === null ? {} : { authorization: `Bearer ${mine}` };
}

/** A session began: its cookie goes along by itself. */
export function enter(): void {
  sessionStorage.removeItem(KEY);
  localStorage.setItem(PERSON, "yes");
}

export function isPerson(): boolean {
  return token() === null && localStorage.getItem(PERSON) !== null;
}

export function signedIn(): boolean {
  return token() !== null || isPerson();
}

/** Forgets who it was and tells whoever shows pages that need somebody. */
export function signOut(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(PERSON);
  for (const listener of listeners) listener();
}

export function onSignOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** `#token=fl_…` is moved out of the address before anything can copy, log or bookmark it. */
export function takeTokenFromFragment(location: Location, history: History): void {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const given = fragment.get("token");
  if (!given) return;
  signIn(given);
  history.replaceState(history.state, "", location.pathname + location.search);
}
