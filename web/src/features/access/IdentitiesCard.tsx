/** As whom the tenant's identity providers know one; to connect another, or to take one away. */

import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { asProblem } from "@/api/client";
import { goAgain, useDisconnect, useIdentities } from "@/api/providers";
import { Card } from "@/ui/Page";
import { Region } from "@/ui/Region";
import { When } from "@/ui/When";
import css from "./account.module.css";

export function IdentitiesCard() {
  const asked = useIdentities();
  const disconnect = useDisconnect();
  const connect = useMutation({ mutationFn: (provider: string) => goAgain(provider, true, "/account") });
  const fault = connect.error ?? disconnect.error;
  return (
    <Region of={asked} height={100}>
      {({ items, providers }) =>
        items.length + providers.length > 0 && (
          <Card title="Identity providers" note={`${items.length} connected`}>
            <ul className={css["list"]}>
              {items.map((one) => (
                <li key={one.id}>
                  <div>
                    <strong>{one.name}</strong>
                    <div className="dim">
                      {one.known_as || "no address told"}
                      {one.last_used_at && (
                        <>
                          {" "}
                          · last used <When at={one.last_used_at} relative />
                        </>
                      )}
                    </div>
                  </div>
                  <Button variant="default" size="compact-xs" onClick={() => disconnect.mutate(one.id)}>
                    Disconnect {one.name}
                  </Button>
                </li>
              ))}
              {providers
                .filter(({ id }) => !items.some(({ provider }) => provider === id))
                .map((one) => (
                  <li key={one.id}>
                    <strong>{one.name}</strong>
                    <Button variant="default" size="compact-xs" onClick={() => connect.mutate(one.id)}>
                      Connect {one.name}
                    </Button>
                  </li>
                ))}
            </ul>
            {fault && (
              <p role="alert" className={css["fault"]}>
                {asProblem(fault).detail}
              </p>
            )}
          </Card>
        )
      }
    </Region>
  );
}
