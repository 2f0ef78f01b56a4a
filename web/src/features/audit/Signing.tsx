/** How far the trail is signed and out of everybody's reach; what an auditor takes to check it elsewhere. */

import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { asProblem } from "@/api/client";
import { signedHeads, useAuditSigning } from "@/api/members";
import { download } from "@/lib/download";
import { count } from "@/lib/format";
import { When } from "@/ui/When";
import css from "./audit.module.css";

export function Signing() {
  const { data } = useAuditSigning();
  if (!data) return null;
  const take = () =>
    signedHeads()
      .then((lines) => download("audit-heads.jsonl", new Blob([lines], { type: "application/x-ndjson" })))
      .catch((error) =>
        notifications.show({ color: "red", title: asProblem(error).title, message: asProblem(error).detail }),
      );
  return (
    <div className={css["signing"]}>
      {data.overdue ? (
        <span role="alert" className={css["overdue"]}>
          {count(data.unsigned)} events wait to be signed, some for more than 20 minutes. System health, or the log of
          the task “sign”, says why.
        </span>
      ) : (
        <span>
          {data.signed === 0 ? (
            "Nothing is signed yet."
          ) : (
            <>
              Last signed head: event {count(data.signed)}, <When at={data.signed_at} relative />
              {data.unsigned > 0 && `; ${count(data.unsigned)} came after it`}.
            </>
          )}
        </span>
      )}
      <Button size="compact-sm" variant="subtle" disabled={data.signed === 0} onClick={() => void take()}>
        Signed heads
      </Button>
      <Button
        size="compact-sm"
        variant="subtle"
        onClick={() => download("audit-key.pem", new Blob([data.key], { type: "application/x-pem-file" }))}
      >
        Public key
      </Button>
    </div>
  );
}
