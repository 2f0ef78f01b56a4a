/** What is said of one identity provider, and what a test of it finds. */

import { Button, Checkbox, NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useAccount } from "@/api/access";
import { useRoles } from "@/api/members";
import { type Examination, type Provider, type ProviderText, useProviderChanges } from "@/api/providers";
import { CopyButton } from "@/ui/Copy";
import { isStale, Proof } from "@/ui/Proof";
import css from "./members.module.css";
import { said } from "./words";

const ALGORITHMS: ProviderText["algorithm"][] = [
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

interface Props {
  provider: Provider | null;
  mayWrite: boolean;
  onMade: (id: string) => void;
  onDone: () => void;
}

export function ProviderForm({ provider, mayWrite, onMade, onDone }: Props) {
  const { add, change, remove } = useProviderChanges();
  const { prove } = useAccount();
  const roles = useRoles();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const form = useForm({
    initialValues: {
      name: provider?.name ?? "",
      issuer: provider?.issuer ?? "",
      client_id: provider?.client_id ?? "",
      secret: "",
      algorithm: (provider?.algorithm ?? "RS256") as ProviderText["algorithm"],
      role: provider?.role_id ? String(provider.role_id) : "",
      enabled: provider?.enabled ?? true,
      shown: provider?.shown ?? true,
    },
  });
  const error = add.error ?? change.error ?? remove.error;
  const stale = isStale(error);
  const fault = prove.error ?? (stale ? null : error);
  const once = async (act: () => Promise<unknown>) => {
    try {
      if (stale && password !== "") await prove.mutateAsync({ password, code });
      await act();
    } catch {
      // The fault is shown below.
    }
  };
  const save = form.onSubmit(({ issuer, role, secret, ...rest }) =>
    once(async () => {
      const body = { ...rest, role_id: role ? Number(role) : null, ...(secret && { secret }) };
      if (provider) {
        await change.mutateAsync({ provider, body });
        return onDone();
      }
      const made = await add.mutateAsync({ ...body, issuer });
      return made ? onMade(made.id) : onDone();
    }),
  );
  const landing = `${window.location.origin}/signed-in`;
  return (
    <form className={css["form"]} onSubmit={save}>
      <p className={css["lead"]}>
        Make an OpenID application of the kind "web" at your provider, with this redirect address:{" "}
        <span className="mono">{landing}</span> <CopyButton text={landing} what="redirect address" />
      </p>
      <TextInput
        label="Name"
        description="What the button says: Sign in with …"
        required
        disabled={!mayWrite}
        {...form.getInputProps("name")}
      />
      <TextInput
        label="Issuer"
        description={
          provider ? "It never changes: make another provider instead." : "Exactly as its metadata write it."
        }
        placeholder="https://login.example.com/…"
        required
        disabled={!mayWrite || provider !== null}
        {...form.getInputProps("issuer")}
      />
      <TextInput label="Client ID" required disabled={!mayWrite} {...form.getInputProps("client_id")} />
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
      {stale && <Proof password={password} onPassword={setPassword} code={code} onCode={setCode} />}
      {fault && <p role="alert">{said(fault)}</p>}
      {mayWrite && (
        <div className={css["buttons"]}>
          <Button type="submit" loading={add.isPending || change.isPending || prove.isPending}>
            {provider ? "Save" : "Add it"}
          </Button>
          {provider && (
            <Button
              variant="default"
              loading={remove.isPending}
              onClick={() => void once(() => remove.mutateAsync(provider).then(onDone))}
            >
              Delete
            </Button>
          )}
        </div>
      )}
      {provider && mayWrite && <Test provider={provider} />}
      {provider && <ItsAddress provider={provider} />}
    </form>
  );
}

function Test({ provider }: { provider: Provider }) {
  const { test } = useProviderChanges();
  return (
    <section aria-label="Test of the connection">
      <Button variant="default" loading={test.isPending} onClick={() => test.mutate(provider)}>
        Test the connection
      </Button>
      <div role="status">
        {test.data && <Found found={test.data} />}
        {test.error && <p role="alert">{said(test.error)}</p>}
      </div>
    </section>
  );
}

function Found({ found }: { found: Examination }) {
  return (
    <>
      <ul className={css["found"]}>
        {found.steps.map((step) => (
          <li key={step.name} data-right={step.right}>
            {step.right ? "✓" : "✗"} {step.detail}
          </li>
        ))}
      </ul>
      {found.right && <p className="dim">Save, sign out, and sign in there to see the whole way.</p>}
    </>
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
