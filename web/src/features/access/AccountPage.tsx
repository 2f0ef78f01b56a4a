/** One's own account: the password, where one is signed in, and the tokens of one's programs. */

import { Button, PasswordInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { type Session, useAccount, useOwnTenants, useSessions } from "@/api/access";
import { asProblem } from "@/api/client";
import { useMe } from "@/api/queries";
import { Card, Page } from "@/ui/Page";
import { Region } from "@/ui/Region";
import { When } from "@/ui/When";
import css from "./account.module.css";
import { IdentitiesCard } from "./IdentitiesCard";
import { FactorCard } from "./FactorCard";
import { TokensCard } from "./TokensCard";

export function AccountPage() {
  const me = useMe();
  return (
    <Page title="Your account" note={me.data?.name} busy={me.isPending}>
      <Region of={me} height={200}>
        {({ signed_in, at_provider, permissions }) =>
          signed_in ? (
            <div className={css["grid"]}>
              {at_provider ? <NoPassword /> : <PasswordCard />}
              <FactorCard />
              <SessionsCard />
              <TenantsCard />
              <IdentitiesCard />
              <TokensCard permissions={permissions} />
            </div>
          ) : (
            <p>
              This tab uses an API token. Sessions, a password and tokens of your own are for people: sign out, and sign
              in with your address.
            </p>
          )
        }
      </Region>
    </Page>
  );
}

/** For whoever comes from a provider: whether there is a password here as well, this session is not told. */
function NoPassword() {
  return (
    <Card title="Password" note="at your identity provider">
      <p>
        You signed in at your identity provider, and change your password there. One of FlowLens itself is changed by
        those who signed in with it.
      </p>
    </Card>
  );
}

function PasswordCard() {
  const { password } = useAccount();
  const [old, setOld] = useState("");
  const [chosen, setChosen] = useState("");
  return (
    <Card title="Password" note="15 characters or more">
      <form
        className={css["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          password.mutate(
            { old, new: chosen },
            {
              onSuccess: () => {
                setOld("");
                setChosen("");
                notifications.show({ message: "The password is changed, and your other sessions have ended" });
              },
            },
          );
        }}
      >
        <PasswordInput
          label="Password of now"
          value={old}
          onChange={(event) => setOld(event.currentTarget.value)}
          autoComplete="current-password"
          visibilityToggleButtonProps={{ "aria-label": "Show the password of now" }}
        />
        <PasswordInput
          label="New password"
          value={chosen}
          onChange={(event) => setChosen(event.currentTarget.value)}
          error={password.error ? asProblem(password.error).detail : undefined}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ "aria-label": "Show the new password" }}
        />
        <Button type="submit" loading={password.isPending} disabled={old === "" || chosen === ""}>
          Change the password
        </Button>
      </form>
    </Card>
  );
}

function SessionsCard() {
  const asked = useSessions();
  const { endSession, endOthers } = useAccount();
  const fault = endSession.error ?? endOthers.error;
  return (
    <Region of={asked} height={160}>
      {({ items }) => (
        <Card title="Where you are signed in" note={`${items.length} ${items.length === 1 ? "session" : "sessions"}`}>
          <ul className={css["list"]}>
            {items.map((one) => (
              <li key={one.id}>
                <div>
                  <strong>{browserOf(one)}</strong>
                  {one.current && <span className="dim"> · this one</span>}
                  <div className="dim">
                    <span className="mono">{one.address}</span> · last used <When at={one.last_used_at} relative />
                  </div>
                </div>
                {!one.current && (
                  <Button
                    variant="default"
                    size="compact-xs"
                    aria-label={`End the session of ${browserOf(one)}`}
                    onClick={() => endSession.mutate(one.id)}
                  >
                    End
                  </Button>
                )}
              </li>
            ))}
          </ul>
          {fault && (
            <p role="alert" className={css["fault"]}>
              {asProblem(fault).detail}
            </p>
          )}
          {items.length > 1 && (
            <Button variant="default" onClick={() => endOthers.mutate()} loading={endOthers.isPending}>
              End all others
            </Button>
          )}
        </Card>
      )}
    </Region>
  );
}

/** Whose data this session looks at. */
function TenantsCard() {
  const asked = useOwnTenants(true);
  const me = useMe();
  const { turn } = useAccount();
  return (
    <Region of={asked} height={100}>
      {({ items }) => (
        <Card title="Your tenants" note={`${items.length}`}>
          <ul className={css["list"]}>
            {items.map((one) => (
              <li key={one.id}>
                <strong>{one.name}</strong>
                {one.id === me.data?.tenant.id ? (
                  <span className="dim">you are here</span>
                ) : (
                  <Button variant="default" size="compact-xs" onClick={() => turn.mutate(one.id)}>
                    Turn to {one.name}
                  </Button>
                )}
              </li>
            ))}
          </ul>
          {turn.error && (
            <p role="alert" className={css["fault"]}>
              {asProblem(turn.error).detail}
            </p>
          )}
        </Card>
      )}
    </Region>
  );
}

/** Enough to tell one's machines apart; the whole text says more than anybody wants to read. */
function browserOf({ agent }: Session): string {
  const browser = /(Firefox|Edg|Chrome|Safari)\//.exec(agent)?.[1] ?? "A browser";
  const system = /(Windows|Mac OS X|Android|iPhone|Linux)/.exec(agent)?.[1];
  return `${browser === "Edg" ? "Edge" : browser}${system ? ` on ${system.replace(" OS X", "")}` : ""}`;
}
