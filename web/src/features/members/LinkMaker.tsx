/** Makes the link with which a member chooses a password, and shows it once. */

import { Button } from "@mantine/core";
import type { FormEvent } from "react";
import { useMemberLink } from "@/api/access";
import { useProof } from "@/ui/useProof";
import { CopyButton } from "@/ui/Copy";
import { When } from "@/ui/When";
import css from "./members.module.css";

export function LinkMaker({ user }: { user: string }) {
  const link = useMemberLink();
  const proof = useProof();
  const make = (event: FormEvent) => {
    event.preventDefault();
    void proof.attempt(() => link.mutateAsync(user));
  };
  return (
    <form onSubmit={make}>
      <p className="dim">A member chooses a password with a link, once and within three days. Hand it over safely.</p>
      {proof.fields}
      {link.data && (
        <p role="status" className={css["told"]}>
          It is told this once, and works until <When at={link.data.expires_at} />:{" "}
          <span className="mono">{addressOf(link.data.secret)}</span>{" "}
          <CopyButton text={addressOf(link.data.secret)} what="link" />
        </p>
      )}
      <div className={css["buttons"]}>
        <Button type="submit" variant="default" loading={proof.busy} disabled={!proof.ready}>
          Make a link
        </Button>
      </div>
    </form>
  );
}

function addressOf(secret: string): string {
  return `${window.location.origin}/welcome#link=${secret}`;
}
