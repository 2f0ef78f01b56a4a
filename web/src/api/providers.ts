/** Signing in at an identity provider, and the providers of the tenant. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, orThrow, query } from "./client";
import type { components } from "./schema";

export type Provider = components["schemas"]["Provider"];
export type ProviderText = components["schemas"]["ProviderText"];
export type NewProvider = components["schemas"]["NewProvider"];
export type Examination = components["schemas"]["Examination"];
export type SamlText = components["schemas"]["SamlText"];
export type Pin = components["schemas"]["Certificate"];
export type MetadataAsked = components["schemas"]["MetadataAsked"];
export type MetadataFound = components["schemas"]["MetadataFound"];
export type EnteredAs = components["schemas"]["EnteredAs"];

const PROVIDERS = "/api/v1/identity-providers";
const ONE = "/api/v1/identity-providers/{provider_id}";
const BACK = "flowlens-back";

export function useDoors() {
  return query.useQuery("get", "/api/v1/session/providers", {}, { retry: false, staleTime: 60_000 });
}

function leave(location: string, back: string): void {
  sessionStorage.setItem(BACK, back);
  window.location.assign(location);
}

/** Leaves for the provider, and comes back to /signed-in; then goes on to `back`. */
export async function goTo(provider_id: string, back: string, link?: string): Promise<void> {
  const body = { provider_id, ...(link === undefined ? {} : { link }) };
  const sent = orThrow(await api.POST("/api/v1/session/provider", { body }));
  if (sent) leave(sent.location, back);
}

/** For whoever is signed in: to connect an account, or to show once more who one is. */
export async function goAgain(provider_id: string, connect: boolean, back: string): Promise<void> {
  const sent = orThrow(await api.POST("/api/v1/session/provider/again", { body: { provider_id, connect } }));
  if (sent) leave(sent.location, back);
}

/** Where one wanted to go when one left; asked once. */
export function takeBack(): string {
  const back = sessionStorage.getItem(BACK) ?? "/map";
  sessionStorage.removeItem(BACK);
  return back.startsWith("/") && !back.startsWith("//") ? back : "/map";
}

export async function finish(answer: string): Promise<EnteredAs | undefined> {
  return orThrow(await api.POST("/api/v1/session/provider/answer", { body: { answer } }));
}

export function useIdentities(enabled = true) {
  return query.useQuery("get", "/api/v1/session/identities", {}, { enabled });
}

export function useDisconnect() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (identity_id: string) =>
      orThrow(await api.DELETE("/api/v1/session/identities/{identity_id}", { params: { path: { identity_id } } })),
    onSettled: () => client.invalidateQueries({ queryKey: ["get", "/api/v1/session/identities"] }),
  });
}

export function useProviders() {
  return query.useQuery("get", PROVIDERS, {});
}

export function useProviderChanges() {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: ["get", PROVIDERS] });
  const of = (one: Provider) => ({
    params: { path: { provider_id: one.id }, header: { "if-match": `"${one.version}"` } },
  });
  const add = useMutation({
    mutationFn: async (body: NewProvider) => orThrow(await api.POST(PROVIDERS, { body })),
    onSettled,
  });
  const change = useMutation({
    mutationFn: async ({ provider, body }: { provider: Provider; body: ProviderText }) =>
      orThrow(await api.PATCH(ONE, { ...of(provider), body })),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: async (provider: Provider) => orThrow(await api.DELETE(ONE, of(provider))),
    onSettled,
  });
  const test = useMutation({
    mutationFn: async (provider: Provider): Promise<Examination | undefined> =>
      orThrow(await api.POST(`${ONE}/test`, { params: { path: { provider_id: provider.id } } })),
  });
  return { add, change, remove, test };
}

/** What a SAML provider says of itself; nothing of it is kept before a provider is saved. */
export function useMetadata() {
  return useMutation({
    mutationFn: async (body: MetadataAsked): Promise<MetadataFound | undefined> =>
      orThrow(await api.POST(`${PROVIDERS}/metadata`, { body })),
  });
}
