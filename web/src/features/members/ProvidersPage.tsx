/** Identity providers: where people of the tenant sign in instead of with a password. */

import { Button, Drawer } from "@mantine/core";
import { useState } from "react";
import { type Provider, useProviders } from "@/api/providers";
import { useMe } from "@/api/queries";
import { count } from "@/lib/format";
import { type Column, DataTable } from "@/ui/DataTable";
import { Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { When } from "@/ui/When";
import { ProviderForm } from "./ProviderForm";

const COLUMNS: Column<Provider>[] = [
  { name: "Provider", width: "minmax(150px, 1fr)", cell: (one) => one.name, by: (one) => one.name },
  { name: "Issuer", width: "minmax(220px, 2fr)", cell: (one) => <span className="mono">{one.issuer}</span> },
  { name: "Speaks", width: "110px", cell: (one) => (one.kind === "saml" ? "SAML" : "OpenID"), by: (one) => one.kind },
  { name: "State", width: "150px", cell: (one) => stateOf(one) },
  { name: "People", width: "90px", cell: (one) => count(one.people), by: (one) => one.people, numeric: true },
  { name: "Changed", width: "150px", cell: (one) => <When at={one.changed_at} relative /> },
];

function stateOf({ enabled, shown }: Provider) {
  if (!enabled) return <span className="dim">switched off</span>;
  return shown ? "on the sign-in page" : "by its address alone";
}

export function ProvidersPage() {
  const asked = useProviders();
  const mayWrite = useMe().data?.permissions.includes("providers:write") ?? false;
  const [open, setOpen] = useState<string | null>(null);
  const provider = asked.data?.items.find((one) => one.id === open) ?? null;
  const adding = open === "new";
  return (
    <Page
      title="Identity providers"
      note={asked.data && count(asked.data.items.length)}
      busy={asked.isFetching && asked.isPending}
      actions={mayWrite && <Button onClick={() => setOpen("new")}>Add a provider</Button>}
    >
      <Region of={asked} height="100%">
        {(data) => (
          <DataTable
            label="Identity providers"
            rows={data.items}
            columns={COLUMNS}
            keyOf={(one) => one.id}
            selected={provider?.id ?? null}
            onOpen={(one) => setOpen(one.id)}
            empty={
              <Empty title="Everybody signs in with a password">
                Add the provider of your company (OpenID or SAML: Entra ID, Okta, Google, Keycloak, AD FS …), and people
                sign in there.
              </Empty>
            }
          />
        )}
      </Region>
      <Drawer
        opened={provider !== null || adding}
        onClose={() => setOpen(null)}
        position="right"
        size={460}
        title={provider ? provider.name : "A provider"}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {(provider !== null || adding) && (
          <ProviderForm
            key={provider ? `${provider.id} ${provider.version}` : "new"}
            provider={provider}
            mayWrite={mayWrite}
            onMade={setOpen}
            onDone={() => setOpen(null)}
          />
        )}
      </Drawer>
    </Page>
  );
}
