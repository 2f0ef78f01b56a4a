/** What is said of a provider that speaks OpenID Connect. */

import { NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { CopyButton } from "@/ui/Copy";
import css from "./members.module.css";
import type { FieldsProps, ProviderValues } from "./providerValues";

const ALGORITHMS: ProviderValues["algorithm"][] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
];

export function OidcFields({ form, provider, mayWrite }: FieldsProps) {
  const landing = `${window.location.origin}/signed-in`;
  return (
    <>
      <p className={css["lead"]}>
        Make an OpenID application of the kind "web" at your provider, with this redirect address:{" "}
        <span className="mono">{landing}</span> <CopyButton text={landing} what="redirect address" />
      </p>
      <TextInput
        label="Name"
        description="What the button says: Sign in with …"
        required
        readOnly={!mayWrite}
        {...form.getInputProps("name")}
      />
      <TextInput
        label="Issuer"
        description={
          provider ? "It never changes: make another provider instead." : "Exactly as its metadata write it."
        }
        placeholder="https://login.example.com/…"
        required
        readOnly={!mayWrite || provider !== null}
        {...form.getInputProps("issuer")}
      />
      <TextInput label="Client ID" required readOnly={!mayWrite} {...form.getInputProps("client_id")} />
      {mayWrite && (
        <PasswordInput
          label="Client secret"
          description={provider?.has_secret ? "It has one. Leave this empty to keep it." : "Empty for a public client."}
          autoComplete="off"
          visibilityToggleButtonProps={{ "aria-label": "Show the secret" }}
          {...form.getInputProps("secret")}
        />
      )}
      <NativeSelect
        label="Signs its ID tokens with"
        description="No other is believed."
        data={ALGORITHMS}
        disabled={!mayWrite}
        {...form.getInputProps("algorithm")}
      />
    </>
  );
}
