/** What the owner of another account needs to let a feed read there: ready to copy. */

import { useFeedTrust } from "@/api/feeds";
import type { Feed } from "@/api/types";
import { CopyLines } from "@/ui/Copy";
import { Facts } from "@/ui/Page";
import { Region } from "@/ui/Region";
import css from "./feeds.module.css";
import { Taken } from "./Gate";

export function Role({ feed }: { feed: Feed }) {
  const asked = useFeedTrust(feed.id);
  return (
    <section aria-label="Role in the other account">
      <h3 className={css["subtitle"]}>Role in the other account</h3>
      <p className={css["hint"]}>
        Give the template to CloudFormation there, or make the role by hand with both policies; then press Test. Whoever
        else names this role in FlowLens has another external id, and the role refuses them.
      </p>
      <Region of={asked} height={160}>
        {(trust) => (
          <>
            <Facts
              of={[
                ["External id", <Taken key="id" text={trust.external_id} what="external id" />],
                ["Trusts", <Taken key="role" text={trust.trusted} what="trusted role" />],
              ]}
            />
            <Document label="CloudFormation template" of={trust.template} />
            <Document label="Trust policy" of={trust.trust_policy} />
            <Document label="Rights" of={trust.rights_policy} />
          </>
        )}
      </Region>
    </section>
  );
}

function Document({ label, of }: { label: string; of: Record<string, unknown> }) {
  return (
    <details className={css["document"]}>
      <summary>{label}</summary>
      <CopyLines text={JSON.stringify(of, null, 2)} what={label} />
    </details>
  );
}
