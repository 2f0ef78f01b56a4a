/** What the form of an identity provider holds, and what is sent of it. */

import { type UseFormReturnType, useForm } from "@mantine/form";
import type { Provider, ProviderText } from "@/api/providers";

export interface ProviderValues {
  kind: Provider["kind"];
  name: string;
  issuer: string;
  client_id: string;
  secret: string;
  algorithm: NonNullable<ProviderText["algorithm"]>;
  role: string;
  enabled: boolean;
  shown: boolean;
  site: string;
  sign_on: string;
  metadata_url: string;
  /** One after another, as PEM. */
  certificates: string;
  email_attribute: string;
  name_attribute: string;
}

export interface FieldsProps {
  form: UseFormReturnType<ProviderValues>;
  provider: Provider | null;
  mayWrite: boolean;
}

export function useProviderForm(provider: Provider | null) {
  const saml = provider?.saml;
  return useForm<ProviderValues>({
    initialValues: {
      kind: provider?.kind ?? "oidc",
      name: provider?.name ?? "",
      issuer: provider?.issuer ?? "",
      client_id: provider?.client_id ?? "",
      secret: "",
      algorithm: (provider?.algorithm ?? "RS256") as ProviderValues["algorithm"],
      role: provider?.role_id ? String(provider.role_id) : "",
      enabled: provider?.enabled ?? true,
      shown: provider?.shown ?? true,
      site: saml?.site ?? window.location.origin,
      sign_on: saml?.sign_on ?? "",
      metadata_url: saml?.metadata_url ?? "",
      certificates: saml?.certificates.map(({ pem }) => pem).join("") ?? "",
      email_attribute: saml?.email ?? "",
      name_attribute: saml?.name ?? "",
    },
  });
}

/** Our entity id, where nobody says another. */
export const entityOf = ({ client_id, site }: ProviderValues) => client_id || `${site}/saml`;

export function certificatesIn(text: string): string[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  return found ?? (text.trim() ? [text.trim()] : []);
}

export function bodyOf(values: ProviderValues): ProviderText {
  const { name, client_id, enabled, shown, role } = values;
  const both = { name, enabled, shown, role_id: role ? Number(role) : null };
  if (values.kind === "oidc") {
    const { algorithm, secret } = values;
    return { ...both, client_id, algorithm, ...(secret && { secret }) };
  }
  return {
    ...both,
    client_id: entityOf(values),
    algorithm: "RS256",
    saml: {
      site: values.site,
      sign_on: values.sign_on,
      metadata_url: values.metadata_url || null,
      certificates: certificatesIn(values.certificates),
      email: values.email_attribute,
      name: values.name_attribute,
    },
  };
}
