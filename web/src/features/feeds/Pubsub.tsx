/** What to give a subscription of Pub/Sub so that it pushes to a feed, and what came of it. */

import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { asProblem } from "@/api/client";
import { useFeedPush, useFeedPushChanges } from "@/api/feeds";
import type { Feed, FeedPush } from "@/api/types";
import { CopyLines } from "@/ui/Copy";
import { Facts } from "@/ui/Page";
import { Region } from "@/ui/Region";
import { When } from "@/ui/When";
import css from "./feeds.module.css";
import { Refusals, Taken, Unreached } from "./Gate";

export function Pubsub({ feed }: { feed: Feed }) {
  const asked = useFeedPush(feed.id);
  return (
    <section aria-label="Push from Google Cloud">
      <h3 className={css["subtitle"]}>Push from Google Cloud</h3>
      <p className={css["hint"]}>
        Google signs each push for this feed&apos;s audience, as this feed&apos;s service account. Whatever is signed
        for another, or by another, is refused.
      </p>
      <Region of={asked} height={160}>
        {({ gate }) => gate && <Gate feed={feed} gate={gate} />}
      </Region>
    </section>
  );
}

function Gate({ feed, gate }: { feed: Feed; gate: FeedPush }) {
  const address = window.location.origin + gate.path;
  return (
    <>
      <Facts
        of={[
          ["Address", <Taken key="address" text={address} what="address" />],
          ["Audience", <Taken key="audience" text={gate.audience} what="audience" />],
          ["Last push", <When key="heard" at={gate.heard_at} relative />],
        ]}
      />
      <Unreached />
      <details className={`${css["document"]} ${css["commands"]}`}>
        <summary>Commands for gcloud</summary>
        <CopyLines text={commands(feed, address, gate.audience)} what="commands" />
      </details>
      <Refusals of={gate.refusals} />
      <Renewal feed={feed} />
    </>
  );
}

function Renewal({ feed }: { feed: Feed }) {
  const { renew: renewal } = useFeedPushChanges();
  const [sure, setSure] = useState(false);
  const renew = () =>
    renewal.mutate(feed, {
      onSuccess: () => notifications.show({ message: "Give the subscription the new address and audience" }),
      onError: (error) =>
        notifications.show({ color: "red", title: asProblem(error).title, message: asProblem(error).detail }),
      onSettled: () => setSure(false),
    });
  if (!sure)
    return (
      <Button variant="default" size="xs" onClick={() => setSure(true)}>
        New address…
      </Button>
    );
  return (
    <div className={css["buttons"]}>
      <p className="dim">
        What is pushed to the present address is refused from then on. Pub/Sub keeps it, and pushes it again once the
        subscription has the new one.
      </p>
      <Button size="xs" loading={renewal.isPending} onClick={renew}>
        Make a new address
      </Button>
      <Button size="xs" variant="default" onClick={() => setSure(false)}>
        Keep it
      </Button>
    </div>
  );
}

/** All that is needed, with this feed's names filled in. */
function commands(feed: Feed, address: string, audience: string): string {
  const account = String(feed.settings["account"] ?? "");
  const [, project = account.split("@")[1]?.split(".")[0] ?? "PROJECT", , subscription = "flowlens"] = String(
    feed.settings["subscription"] ?? "",
  ).split("/");
  return `gcloud config set project ${project}
gcloud services enable pubsub.googleapis.com
gcloud pubsub topics create flowlens-flows
gcloud logging sinks create flowlens-push \\
  pubsub.googleapis.com/projects/${project}/topics/flowlens-flows \\
  --log-filter='log_id("compute.googleapis.com/vpc_flows")'
gcloud pubsub topics add-iam-policy-binding flowlens-flows --role roles/pubsub.publisher \\
  --member "$(gcloud logging sinks describe flowlens-push --format='value(writerIdentity)')"
gcloud iam service-accounts create ${account.split("@")[0] ?? ""}
gcloud pubsub subscriptions create ${subscription} --topic flowlens-flows \\
  --push-endpoint=${address} \\
  --push-auth-service-account=${account} \\
  --push-auth-token-audience=${audience} \\
  --ack-deadline=30 --min-retry-delay=10s --max-retry-delay=600s \\
  --message-retention-duration=7d --expiration-period=never`;
}
