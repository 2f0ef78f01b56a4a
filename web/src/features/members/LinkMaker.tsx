/** Makes the link with which somebody accepts an invitation, or a member chooses a password, and shows it once. */

import { Button } from "@mantine/core";
import type { FormEvent } from "react";
import { useMemberLink } from "@/api/access";
import { useAttempt } from "@/ui/useAttempt";
import { CopyButton } from "@/ui/Copy";
import { When } from "@/ui/When";
import css from "./members.module.css";

export function LinkMaker({ user, waits }: { user: string; waits: boolean }) {
  const link = useMemberLink();
  const act = useAttempt();
  const make = (event: FormEvent) => {
    event.preventDefault();
    void act.attempt(() => link.mutateAsync(user));
  };
  return (
    <form onSubmit={make}>
      <p className="dim">
        {waits
          ? "They may nothing until they accept: with a link, once and within three days. Whoever has an account here already signs in with it, all others choose a password. Hand it over safely."
          : "A member chooses a password with a link, once and within three days. Hand it over safely."}
      </p>
      {act.fault}
      {link.data && <ToldLink of={link.data} />}
      <div className={css["buttons"]}>
        <Button type="submit" variant="default" loading={act.busy}>
          Make a link
        </Button>
      </div>
    </form>
  );
}

/** A new link, to be copied. */
export function ToldLink({ of }: { of: { secret: string; expires_at: string } }) {
  return (
    <p role="status" className={css["told"]}>
      It is told this once, and works until <When at={of.expires_at} />:{" "}
      <span className="mono">{addressOf(of.secret)}</span> <CopyButton text={addressOf(of.secret)} what="link" />
    </p>
  );
}

function addressOf(secret: string): string {
  return `${window.location.origin}/welcome#link=${secret}`;
}
