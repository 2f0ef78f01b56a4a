/** What people say of one asset: a name, attributes that go before any rule, a note; and what was said before. */

import { Button, Drawer, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useAssetHistory, useDescribe } from "@/api/classification";
import { asProblem } from "@/api/client";
import type { AssetDetail } from "@/api/types";
import { AttributeChips } from "@/ui/AttributeChips";
import { AttributeFields, attributesOf, linesOf } from "@/ui/AttributeFields";
import { Region } from "@/ui/Region";
import { When } from "@/ui/When";
import css from "./asset.module.css";

interface Props {
  asset: AssetDetail;
  opened: boolean;
  onClose: () => void;
}

export function Describe({ asset, opened, onClose }: Props) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size={500}
      title={`Describe ${asset.address}`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {opened && (
        <>
          <Form asset={asset} onClose={onClose} />
          <Before asset={asset} />
        </>
      )}
    </Drawer>
  );
}

/** What is said of the asset itself, without what it inherits from rules. */
function own(asset: AssetDetail): Record<string, string> {
  const said = asset.why.filter((why) => why.said.rule_id === null);
  return Object.fromEntries(said.map((why) => [why.attribute, why.said.value]));
}

function Form({ asset, onClose }: { asset: AssetDetail; onClose: () => void }) {
  // What was read when the form was opened: an unseen change of it must be refused.
  const [base] = useState(asset);
  const [name, setName] = useState(base.name);
  const [note, setNote] = useState(base.note);
  const [lines, setLines] = useState(linesOf(own(base)));
  const describe = useDescribe();
  const fault = describe.error ? asProblem(describe.error) : null;
  const save = () => {
    const said = attributesOf(lines);
    const gone = Object.keys(own(base)).filter((attribute) => !(attribute in said));
    const attributes = { ...said, ...Object.fromEntries(gone.map((attribute) => [attribute, null])) };
    describe.mutate(
      { asset: base, patch: { name, note, attributes } },
      {
        onSuccess: () => {
          notifications.show({ message: `${base.address} is described` });
          onClose();
        },
      },
    );
  };
  return (
    <form
      className={css["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <TextInput
        label="Name"
        placeholder="billing-db-1"
        maxLength={200}
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      <AttributeFields lines={lines} onChange={setLines} />
      <Textarea
        label="Note"
        autosize
        minRows={2}
        maxRows={6}
        maxLength={4000}
        value={note}
        onChange={({ currentTarget }) => setNote(currentTarget.value)}
      />
      {fault && (
        <p role="alert">
          {fault.status === 412
            ? "Somebody described this asset meanwhile. Close this and open it again."
            : `${fault.title}. ${fault.detail}`}
        </p>
      )}
      <div className={css["buttons"]}>
        <Button type="submit" loading={describe.isPending}>
          Save
        </Button>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

function Before({ asset }: { asset: AssetDetail }) {
  const asked = useAssetHistory(asset.id, asset.version > 0);
  if (asset.version === 0) return null;
  return (
    <section aria-label="History">
      <h3>History</h3>
      <Region of={asked} height={60}>
        {({ items }) => (
          <ol className={css["history"]}>
            {items.map((one) => (
              <li key={one.version}>
                <When at={one.since} /> <span className="dim">by {one.actor}</span> {one.name}{" "}
                <AttributeChips of={one.attributes} />
              </li>
            ))}
          </ol>
        )}
      </Region>
    </section>
  );
}
