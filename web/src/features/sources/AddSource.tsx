/** Adds a source before it sends, so that its flows count from the first one. */

import { Button, Modal } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useSourceChanges, useSpaces } from "@/api/queries";
import { parse } from "@/lib/address";
import { CopyLines } from "@/ui/Copy";
import { markFaults } from "./faults";
import { SourceForm, type Values } from "./SourceForm";
import css from "./sources.module.css";

const BLANK: Values = { exporter: "", name: "", note: "", address_space_id: 0, state: "accepted" };

export function AddSource({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Add a flow source" closeButtonProps={{ "aria-label": "Close" }}>
      <NewSourceForm onDone={onClose} />
      <Captured />
    </Modal>
  );
}

/** Interfaces add themselves, once somebody who runs a collector names them. */
function Captured() {
  return (
    <details className={css["captured"]}>
      <summary>Or watch an interface of a machine</summary>
      <p className="dim">
        Whoever runs the collector names the interface, and it appears here as a source of its own. Only headers of
        packets are read, and names in DNS answers and TLS greetings; no payload is kept or sent anywhere.
      </p>
      <CopyLines text="sudo flowlens up --capture eth0" what="command for one machine" />
      <p className="dim">Any other collector:</p>
      <CopyLines text="COLLECTOR_CAPTURE=eth0,eth1" what="setting of a collector" />
      <p className="dim">A deployment in AWS:</p>
      <CopyLines text="make deploy ARGS='-c collectorCapture=ens5'" what="command for a deployment" />
    </details>
  );
}

function NewSourceForm({ onDone }: { onDone: () => void }) {
  const { data: spaces } = useSpaces();
  const home = spaces?.items.find((space) => space.is_default)?.id ?? 1;
  const { add } = useSourceChanges();
  const form = useForm<Values>({
    initialValues: { ...BLANK, address_space_id: home },
    validate: { exporter: (value) => (parse(value.trim()) ? null : "An IPv4 or IPv6 address, such as 192.0.2.1") },
  });
  const submit = (values: Values) =>
    add.mutate(
      { ...values, exporter: values.exporter.trim() },
      {
        onSuccess: () => {
          notifications.show({ message: `${values.exporter.trim()} is expected` });
          onDone();
        },
        onError: (error) => markFaults(form, error),
      },
    );
  return (
    <form className={css["form"]} onSubmit={form.onSubmit(submit)}>
      <SourceForm form={form} isNew />
      {form.errors["all"] && <p role="alert">{form.errors["all"]}</p>}
      <div className={css["buttons"]}>
        <Button type="submit" loading={add.isPending}>
          Add
        </Button>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
