/** The token of this tab. It comes in the page's fragment or from the sign-in page, and stays in sessionStorage. */

const KEY = "flowlens-token";
const listeners = new Set<() => void>();

export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

export function signIn(value: string): void {
  sessionStorage.setItem(KEY, value);
}

/** Forgets the token and tells whoever shows pages that need one. */
export function signOut(): void {
  sessionStorage.removeItem(KEY);
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
