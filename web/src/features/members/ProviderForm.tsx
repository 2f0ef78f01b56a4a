/** What is said of one identity provider. */

import { Button, Checkbox, NativeSelect } from "@mantine/core";
import { useRoles } from "@/api/members";
import { type Provider, useProviderChanges } from "@/api/providers";
import { CopyButton } from "@/ui/Copy";
import { Sure } from "@/ui/Sure";
import css from "./members.module.css";
import { OidcFields } from "./OidcFields";
import { ProviderTest } from "./ProviderTest";
import { bodyOf, useProviderForm } from "./providerValues";
import { SamlFields } from "./SamlFields";
import { said } from "./words";

interface Props {
  provider: Provider | null;
  mayWrite: boolean;
  onMade: (id: string) => void;
  onDone: () => void;
}

export function ProviderForm({ provider, mayWrite, onMade, onDone }: Props) {
  const { add, change, remove } = useProviderChanges();
  const roles = useRoles();
  const form = useProviderForm(provider);
  const fault = add.error ?? change.error ?? remove.error;
  const once = async (act: () => Promise<unknown>) => {
    try {
      await act();
    } catch {
      // The fault is shown below.
    }
  };
  const save = form.onSubmit((values) =>
    once(async () => {
      const body = bodyOf(values);
      if (provider) {
        await change.mutateAsync({ provider, body });
        return onDone();
      }
      const made = await add.mutateAsync({ ...body, kind: values.kind, issuer: values.issuer });
      return made ? onMade(made.id) : onDone();
    }),
  );
  const Fields = form.values.kind === "saml" ? SamlFields : OidcFields;
  return (
    <form className={css["form"]} onSubmit={save}>
      {!provider && (
        <NativeSelect
          label="It speaks"
          description="OpenID Connect where your provider offers both."
          data={[
            { value: "oidc", label: "OpenID Connect" },
            { value: "saml", label: "SAML 2.0" },
          ]}
          {...form.getInputProps("kind")}
        />
      )}
      <Fields form={form} provider={provider} mayWrite={mayWrite} />
      <NativeSelect
        label="Whoever comes and is unknown here"
        data={[
          { value: "", label: "stays outside: a link, or their account, connects them" },
          ...(roles.data?.items ?? []).map(({ id, name }) => ({
            value: String(id),
            label: `becomes a member: ${name}`,
          })),
        ]}
        disabled={!mayWrite}
        {...form.getInputProps("role")}
      />
      <Checkbox
        label="Shown on the sign-in page"
        disabled={!mayWrite}
        {...form.getInputProps("shown", { type: "checkbox" })}
      />
      <Checkbox
        label="Switched on"
        description="Switching it off ends the sessions that it vouched for."
        disabled={!mayWrite}
        {...form.getInputProps("enabled", { type: "checkbox" })}
      />
      {fault && <p role="alert">{said(fault)}</p>}
      {mayWrite && (
        <div className={css["buttons"]}>
          <Button type="submit" loading={add.isPending || change.isPending}>
            {provider ? "Save" : "Add it"}
          </Button>
          {provider && (
            <Sure
              label="Delete…"
              sure="Delete it, and end its sessions"
              busy={remove.isPending}
              onSure={() => void once(() => remove.mutateAsync(provider).then(onDone))}
            />
          )}
        </div>
      )}
      {provider && mayWrite && <ProviderTest provider={provider} />}
      {provider && <ItsAddress provider={provider} />}
    </form>
  );
}

function ItsAddress({ provider }: { provider: Provider }) {
  const address = `${window.location.origin}/sign-in?provider=${provider.id}`;
  return (
    <p className="dim">
      Its own sign-in address: <span className="mono">{address}</span> <CopyButton text={address} what="address" />
    </p>
  );
}
