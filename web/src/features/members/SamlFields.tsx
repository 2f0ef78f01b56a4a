/** What is said of a provider that speaks SAML 2.0. */

import { Button, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { type Pin, useMetadata } from "@/api/providers";
import { CopyButton } from "@/ui/Copy";
import css from "./members.module.css";
import { entityOf, type FieldsProps } from "./providerValues";
import { said } from "./words";

export function SamlFields({ form, provider, mayWrite }: FieldsProps) {
  const [pins, setPins] = useState<Pin[]>(provider?.saml?.certificates ?? []);
  const receiver = `${form.values.site}/api/v1/session/saml`;
  const entity = entityOf(form.values);
  const ours = provider && `/api/v1/session/saml/${provider.id}/metadata`;
  return (
    <>
      <p className={css["lead"]}>
        Make a SAML application at your provider. Answers (ACS, reply address) go to{" "}
        <span className="mono">{receiver}</span> <CopyButton text={receiver} what="answer address" /> and FlowLens is
        called (entity ID, audience) <span className="mono">{entity}</span>{" "}
        <CopyButton text={entity} what="entity ID" />. It must sign assertions, and not encrypt them.
      </p>
      {ours && (
        <p className={css["lead"]}>
          <a href={ours} download="flowlens-metadata.xml">
            FlowLens's metadata
          </a>
        </p>
      )}
      <TextInput
        label="Name"
        description="What the button says: Sign in with …"
        required
        readOnly={!mayWrite}
        {...form.getInputProps("name")}
      />
      {mayWrite && <Metadata form={form} provider={provider} onPins={setPins} />}
      <TextInput
        label="Entity ID of the provider"
        description={
          provider ? "It never changes: make another provider instead." : "Exactly as its metadata write it."
        }
        required
        readOnly={!mayWrite || provider !== null}
        {...form.getInputProps("issuer")}
      />
      <TextInput
        label="Sign-on address"
        description="Of the binding HTTP-Redirect."
        placeholder="https://login.example.com/…"
        required
        readOnly={!mayWrite}
        {...form.getInputProps("sign_on")}
      />
      <Textarea
        label="Certificates that it signs with"
        description="As PEM. They are pinned: what none of them has signed is not believed, and each counts until it ends."
        required
        autosize
        minRows={3}
        maxRows={8}
        readOnly={!mayWrite}
        {...form.getInputProps("certificates")}
      />
      <Pins pins={pins.filter(({ pem }) => form.values.certificates.includes(pem.trim()))} />
      <TextInput
        label="Attribute with the e-mail address"
        description="Empty for the usual ones. It is for showing, and for new members."
        readOnly={!mayWrite}
        {...form.getInputProps("email_attribute")}
      />
      <TextInput
        label="Attribute with the name"
        description="Empty for the usual ones."
        readOnly={!mayWrite}
        {...form.getInputProps("name_attribute")}
      />
      <TextInput
        label="Entity ID of FlowLens"
        description="What the provider calls us."
        placeholder={entity}
        readOnly={!mayWrite}
        {...form.getInputProps("client_id")}
      />
      <TextInput
        label="Address of FlowLens"
        description="Where people open it; only from there can they sign in with this provider."
        required
        readOnly={!mayWrite}
        {...form.getInputProps("site")}
      />
    </>
  );
}

interface MetadataProps extends Omit<FieldsProps, "mayWrite"> {
  onPins: (pins: Pin[]) => void;
}

/** Fills the form with what the provider says of itself. Whoever saves it has agreed to it. */
function Metadata({ form, provider, onPins }: MetadataProps) {
  const { mutate, data, error, isPending } = useMetadata();
  const [xml, setXml] = useState("");
  const url = form.values.metadata_url;
  const read = () =>
    mutate(xml ? { xml } : { url }, {
      onSuccess: (found) => {
        if (!found) return;
        if (!provider) form.setFieldValue("issuer", found.issuer);
        form.setFieldValue("sign_on", found.sign_on);
        form.setFieldValue("certificates", found.certificates.map(({ pem }) => pem).join(""));
        onPins(found.certificates);
      },
    });
  return (
    <>
      <TextInput
        label="Address of its metadata"
        description="Read now, and compared when you test the connection. Nothing is taken over by itself."
        placeholder="https://login.example.com/…/metadata"
        {...form.getInputProps("metadata_url")}
      />
      <Textarea
        label="Or its metadata themselves"
        autosize
        minRows={2}
        maxRows={5}
        value={xml}
        onChange={(event) => setXml(event.currentTarget.value)}
      />
      <div className={css["buttons"]}>
        <Button variant="default" loading={isPending} disabled={!xml && !url} onClick={read}>
          Read the metadata
        </Button>
      </div>
      <div role="status">
        {data && <p className="dim">Read. Compare the fingerprint below with your provider's page, then save.</p>}
      </div>
      {error && <p role="alert">{said(error)}</p>}
      {data && provider && data.issuer !== provider.issuer && (
        <p role="alert">These are of another provider: {data.issuer}</p>
      )}
    </>
  );
}

function Pins({ pins }: { pins: Pin[] }) {
  if (pins.length === 0) return null;
  return (
    <ul className={css["grants"]} aria-label="Fingerprints of the certificates">
      {pins.map((one) => (
        <li key={one.sha256}>
          <div className={css["told"]}>
            {one.subject || "A certificate"}
            <p className="dim">
              until {one.ends.slice(0, 10)} · SHA-256 <span className="mono">{one.sha256}</span>
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
