/** What a test of an identity provider finds. */

import { Button } from "@mantine/core";
import { type Examination, type Provider, useProviderChanges } from "@/api/providers";
import css from "./members.module.css";
import { said } from "./words";

export function ProviderTest({ provider }: { provider: Provider }) {
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
