/** As whom the tenant's identity providers know one; to connect another, or to take one away. */

import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useAccount } from "@/api/access";
import { asProblem } from "@/api/client";
import { goAgain, useDisconnect, useIdentities } from "@/api/providers";
import { Card } from "@/ui/Page";
import { isStale, Proof } from "@/ui/Proof";
import { Region } from "@/ui/Region";
import { When } from "@/ui/When";
import css from "./account.module.css";

export function IdentitiesCard() {
  const asked = useIdentities();
  const disconnect = useDisconnect();
  const { prove } = useAccount();
  const connect = useMutation({ mutationFn: (provider: string) => goAgain(provider, true, "/account") });
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const stale = isStale(connect.error) || isStale(disconnect.error);
  const fault = prove.error ?? (stale ? null : (connect.error ?? disconnect.error));
  const once = async (act: () => Promise<unknown>) => {
    try {
      if (stale && password !== "") await prove.mutateAsync({ password, code });
      await act();
      setPassword("");
    } catch {
      // The fault is shown below.
    }
  };
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
                  <Button
                    variant="default"
                    size="compact-xs"
                    onClick={() => void once(() => disconnect.mutateAsync(one.id))}
                  >
                    Disconnect {one.name}
                  </Button>
                </li>
              ))}
              {providers
                .filter(({ id }) => !items.some(({ provider }) => provider === id))
                .map((one) => (
                  <li key={one.id}>
                    <strong>{one.name}</strong>
                    <Button
                      variant="default"
                      size="compact-xs"
                      onClick={() => void once(() => connect.mutateAsync(one.id))}
                    >
                      Connect {one.name}
                    </Button>
                  </li>
                ))}
            </ul>
            {stale && <Proof password={password} onPassword={setPassword} code={code} onCode={setCode} />}
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
