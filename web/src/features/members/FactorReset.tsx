/** Takes away the second factor of a member who lost it. */

import { Button } from "@mantine/core";
import { useState } from "react";
import { useFactorChanges } from "@/api/factors";
import { useAttempt } from "@/ui/useAttempt";
import css from "./members.module.css";

export function FactorReset({ user }: { user: string }) {
  const { reset } = useFactorChanges();
  const act = useAttempt();
  const [done, setDone] = useState(false);
  const take = async () => setDone((await act.attempt(() => reset(user))) !== undefined);
  return (
    <>
      <p className="dim">For who lost telephone and recovery codes. Their sessions end; the password stays.</p>
      {act.fault}
      {done && <p role="status">It is taken away. They sign in with the password alone and can set up another.</p>}
      <div className={css["buttons"]}>
        <Button variant="default" loading={act.busy} onClick={() => void take()}>
          Take the second factor away
        </Button>
      </div>
    </>
  );
}
