/** Whether the tenant wants a second factor of its members. */

import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { useFactorRule, useSetFactorRule } from "@/api/factors";
import { useAttempt } from "@/ui/useAttempt";

export function FactorRule() {
  const { data } = useFactorRule(true);
  const set = useSetFactorRule();
  const act = useAttempt();
  const [open, setOpen] = useState(false);
  if (!data) return null;
  const change = async () => {
    if (await act.attempt(() => set(!data.required))) setOpen(false);
  };
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        Second factor: {data.required ? "required" : "optional"}
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title="Second factor"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <p>
          {data.required
            ? "Every member must have a second factor. Make it optional, and a password alone lets people in again who turn theirs off."
            : "Require it, and from their next request on members without one can do nothing but set one up. Tokens of programs go on."}
        </p>
        {act.fault}
        <Button loading={act.busy} onClick={() => void change()}>
          {data.required ? "Make it optional" : "Require it of everybody"}
        </Button>
      </Modal>
    </>
  );
}
