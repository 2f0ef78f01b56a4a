/** The tokens of one's programs: made with some of one's own permissions, told once, revoked at once. */

import { Button, NativeSelect, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { type NewToken, useAccount, useTokens } from "@/api/access";
import { asProblem } from "@/api/client";
import { CopyButton } from "@/ui/Copy";
import { Card } from "@/ui/Page";
import { Region } from "@/ui/Region";
import { When } from "@/ui/When";
import css from "./account.module.css";
import { useAttempt } from "@/ui/useAttempt";

const DAY = 86_400_000;

export function TokensCard({ permissions }: { permissions: string[] }) {
  const asked = useTokens();
  const { revoke } = useAccount();
  const [told, setTold] = useState<string | null>(null);
  return (
    <Region of={asked} height={160}>
      {({ items }) => (
        <Card title="API tokens" note="never wider than yourself">
          <ul className={css["list"]}>
            {items.map((one) => (
              <li key={one.id}>
                <div>
                  <strong>{one.name}</strong> <span className="mono dim">fl_…{one.hint}</span>
                  <div className="dim">
                    {one.permissions.join(", ")}
                    {one.networks.length > 0 && ` · from ${one.networks.join(", ")}`}
                  </div>
                  <div className="dim">
                    ends <When at={one.expires_at} /> · {one.last_used_at ? "last used " : "never used"}
                    {one.last_used_at && <When at={one.last_used_at} relative />}
                  </div>
                </div>
                <Button
                  variant="default"
                  size="compact-xs"
                  aria-label={`Revoke the token ${one.name}`}
                  onClick={() => revoke.mutate(one.id)}
                >
                  Revoke
                </Button>
              </li>
            ))}
          </ul>
          {revoke.error && (
            <p role="alert" className={css["fault"]}>
              {asProblem(revoke.error).detail}
            </p>
          )}
          {told && (
            <p role="status" className={css["told"]}>
              Copy it now, it is told this once: <span className="mono">{told}</span>{" "}
              <CopyButton text={told} what="token" />
            </p>
          )}
          <MakeToken permissions={permissions} onMade={setTold} />
        </Card>
      )}
    </Region>
  );
}

function MakeToken({ permissions, onMade }: { permissions: string[]; onMade: (token: string) => void }) {
  const { make } = useAccount();
  const act = useAttempt();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [networks, setNetworks] = useState("");
  const [days, setDays] = useState("90");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const made = await act.attempt(() =>
      make.mutateAsync({
        name,
        permissions: chosen as NewToken["permissions"],
        networks: networks.split(/[\s,]+/).filter(Boolean),
        expires_at: new Date(Date.now() + Number(days) * DAY - 60_000).toISOString(),
      }),
    );
    if (!made?.done) return;
    onMade(made.done.token);
    setName("");
    setChosen([]);
  };
  return (
    <form className={css["form"]} onSubmit={(event) => void submit(event)}>
      <TextInput label="Name" value={name} maxLength={100} onChange={(event) => setName(event.currentTarget.value)} />
      <fieldset className={css["choices"]}>
        <legend>Permissions</legend>
        {permissions.map((one) => (
          <label key={one}>
            <input
              type="checkbox"
              checked={chosen.includes(one)}
              onChange={({ currentTarget: { checked } }) =>
                setChosen((was) => (checked ? [...was, one] : was.filter((other) => other !== one)))
              }
            />
            {one}
          </label>
        ))}
      </fieldset>
      <TextInput
        label="Only from"
        placeholder="anywhere; or networks such as 192.0.2.0/24"
        value={networks}
        onChange={(event) => setNetworks(event.currentTarget.value)}
      />
      <NativeSelect
        label="Ends after"
        value={days}
        onChange={(event) => setDays(event.currentTarget.value)}
        data={["7", "30", "90", "365"].map((value) => ({ value, label: `${value} days` }))}
      />
      {act.fault}
      <Button type="submit" loading={act.busy} disabled={name.trim() === "" || chosen.length === 0}>
        Make a token
      </Button>
    </form>
  );
}
