/** One member: what they hold, and what an administrator can change of it. */

import { Button, Drawer } from "@mantine/core";
import { useState } from "react";
import { useMemberChanges } from "@/api/members";
import type { Grant, Member } from "@/api/types";
import { Facts } from "@/ui/Page";
import { useSpaceNames } from "@/ui/Spaces";
import { Sure } from "@/ui/Sure";
import { When } from "@/ui/When";
import { FactorReset } from "./FactorReset";
import { GrantForm } from "./GrantForm";
import { LinkMaker } from "./LinkMaker";
import css from "./members.module.css";
import { accessOf, holds, said, where } from "./words";

interface Props {
  member: Member | null;
  mayWrite: boolean;
  onClose: () => void;
}

export function MemberDrawer({ member, mayWrite, onClose }: Props) {
  return (
    <Drawer
      opened={member !== null}
      onClose={onClose}
      position="right"
      size={440}
      title={member ? member.name || member.email : ""}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {member && <Inside key={member.id} member={member} mayWrite={mayWrite} onClose={onClose} />}
    </Drawer>
  );
}

function Inside({ member, mayWrite, onClose }: { member: Member; mayWrite: boolean; onClose: () => void }) {
  const { revoke, shut, remove } = useMemberChanges();
  const [fault, setFault] = useState("");
  const onError = (error: unknown) => setFault(said(error));
  const user_id = member.id;
  const disabled = member.disabled_at !== null;
  const waits = member.accepted_at === null;
  return (
    <>
      <Facts
        of={[
          ["E-mail", member.email],
          [waits ? "Invited" : "Member since", <When key="joined" at={member.accepted_at ?? member.joined_at} />],
          ["Access", accessOf(member) ?? "by the roles below"],
        ]}
      />
      <h3 className={css["subtitle"]}>Roles</h3>
      {member.grants.length === 0 && <p className="dim">None: they may do nothing here.</p>}
      <ul className={css["grants"]}>
        {member.grants.map((grant) => (
          <GrantRow
            key={grant.id}
            grant={grant}
            onRevoke={mayWrite ? () => revoke.mutate({ user_id, grant_id: grant.id }, { onError }) : null}
          />
        ))}
      </ul>
      {fault && <p role="alert">{fault}</p>}
      {mayWrite && (
        <>
          <h3 className={css["subtitle"]}>Give another role</h3>
          <GrantForm member={member} onDone={() => setFault("")} />
          <h3 className={css["subtitle"]}>{waits ? "Invitation" : "Password"}</h3>
          <LinkMaker user={user_id} waits={waits} />
          {!waits && (
            <>
              <h3 className={css["subtitle"]}>Second factor</h3>
              <FactorReset user={user_id} />
            </>
          )}
          <h3 className={css["subtitle"]}>Membership</h3>
          <div className={css["buttons"]}>
            <Button variant="default" onClick={() => shut.mutate({ user_id, disabled: !disabled }, { onError })}>
              {disabled ? "Let in again" : "Shut out"}
            </Button>
            <Sure
              label="Remove…"
              sure="Remove from this tenant"
              busy={remove.isPending}
              onSure={() => remove.mutate(user_id, { onSuccess: onClose, onError })}
            />
          </div>
        </>
      )}
    </>
  );
}

function GrantRow({ grant, onRevoke }: { grant: Grant; onRevoke: (() => void) | null }) {
  const { nameOf } = useSpaceNames();
  return (
    <li>
      <div>
        {grant.role} <span className="dim">{where(grant, nameOf)}</span>
        <p className="dim">
          by {grant.granted_by}
          {grant.until !== null && (
            <>
              , {holds(grant) ? "until" : "ended"} <When at={grant.until} />
            </>
          )}
          {grant.reason && `: ${grant.reason}`}
        </p>
      </div>
      {onRevoke && (
        <Button variant="default" size="compact-xs" onClick={onRevoke} aria-label={`Revoke ${grant.role}`}>
          Revoke
        </Button>
      )}
    </li>
  );
}
