/** Word from Azure Event Grid that a feed's container has something new: its address, its secret, what came of it. */

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

export function EventGrid({ feed }: { feed: Feed }) {
  const asked = useFeedPush(feed.id);
  const { renew, shut } = useFeedPushChanges();
  const [made, setMade] = useState<FeedPush | null>(null);
  const onError = (error: unknown) =>
    notifications.show({ color: "red", title: asProblem(error).title, message: asProblem(error).detail });
  const make = () => renew.mutate(feed, { onSuccess: (gate) => setMade(gate ?? null), onError });
  const close = () =>
    shut.mutate(feed, {
      onSuccess: () => {
        setMade(null);
        notifications.show({ message: "Event Grid is not let in any longer" });
      },
      onError,
    });
  return (
    <section aria-label="Word from Event Grid">
      <h3 className={css["subtitle"]}>Word from Event Grid</h3>
      <p className={css["hint"]}>
        The container is visited every five minutes. If Event Grid says when a blob was written, it is visited within a
        minute. An event only wakes the visit: whatever else it says is not followed.
      </p>
      <Region of={asked} height={60}>
        {({ gate }) => (
          <>
            {gate && <Gate feed={feed} gate={gate} secret={made?.secret ?? ""} />}
            <div className={css["buttons"]}>
              <Button variant="default" size="xs" loading={renew.isPending} onClick={make}>
                {gate ? "New secret" : "Make an address"}
              </Button>
              {gate && (
                <Button variant="default" size="xs" loading={shut.isPending} onClick={close}>
                  Shut
                </Button>
              )}
            </div>
          </>
        )}
      </Region>
    </section>
  );
}

function Gate({ feed, gate, secret }: { feed: Feed; gate: FeedPush; secret: string }) {
  const address = window.location.origin + gate.path;
  return (
    <>
      <Facts
        of={[
          ["Address", <Taken key="address" text={address} what="address" />],
          ["Secret", secret === "" ? "was told when it was made" : <Taken key="secret" text={secret} what="secret" />],
          ["Secret made", <When key="made" at={gate.made_at} relative />],
          ["Last word", <When key="heard" at={gate.heard_at} relative />],
        ]}
      />
      {secret !== "" && (
        <p role="status" className={css["told"]}>
          Take the secret now: it is not shown again.
        </p>
      )}
      {gate.former_until !== null && (
        <p className={css["hint"]}>
          The secret before is good until <When at={gate.former_until} />.
        </p>
      )}
      <Unreached />
      <details className={`${css["document"]} ${css["commands"]}`}>
        <summary>Command for az</summary>
        <CopyLines text={command(feed, `${address}?secret=${secret || "SECRET"}`)} what="command" />
      </details>
      <Refusals of={gate.refusals} />
    </>
  );
}

/** All that is needed, with this feed's account and container filled in. */
function command(feed: Feed, endpoint: string): string {
  const { hostname, pathname } = addressOf(String(feed.settings["container"] ?? ""));
  const [first = "", second] = pathname.split("/").filter(Boolean);
  const [account, container] = second === undefined ? [hostname.split(".")[0] ?? "", first] : [first, second];
  const prefix = String(feed.settings["prefix"] ?? "");
  return `az eventgrid event-subscription create --name flowlens \\
  --source-resource-id "$(az storage account show --name ${account} --query id --output tsv)" \\
  --included-event-types Microsoft.Storage.BlobCreated \\
  --subject-begins-with /blobServices/default/containers/${container}/blobs/${prefix} \\
  --endpoint '${endpoint}'`;
}

function addressOf(container: string): { hostname: string; pathname: string } {
  return URL.canParse(container) ? new URL(container) : { hostname: "", pathname: "" };
}
