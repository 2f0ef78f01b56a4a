/** The same said of all selected assets at once; it can be undone as one, under Import and export. */

import { Button, NativeSelect, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem } from "@/api/client";
import { useImporting } from "@/api/imports";
import { KNOWN, nameOf } from "@/lib/attributes";
import { many } from "@/lib/format";
import css from "./asset.module.css";

const TAG = "tag";

export function BulkEdit({ ids, onDone }: { ids: number[]; onDone: () => void }) {
  const { changeSelected } = useImporting();
  const [attribute, setAttribute] = useState<string>("owner");
  const [tag, setTag] = useState("");
  const [value, setValue] = useState("");
  const name = attribute === TAG ? `tag:${tag.trim()}` : attribute;
  const complete = attribute !== TAG || tag.trim() !== "";
  const say = (text: string | null) =>
    changeSelected.mutate({ ids, attributes: { [name]: text } }, { onSuccess: () => setValue("") });
  const done = changeSelected.data;
  return (
    <form
      className={css["bulk"]}
      aria-label="Change the selected assets"
      onSubmit={(event) => {
        event.preventDefault();
        if (complete && value.trim() !== "") say(value.trim());
      }}
    >
      <strong>{many(ids.length, "asset")} selected</strong>
      <NativeSelect
        aria-label="Attribute"
        data={[...KNOWN.map((one) => ({ value: one, label: nameOf(one) })), { value: TAG, label: "tag…" }]}
        value={attribute}
        onChange={({ currentTarget }) => setAttribute(currentTarget.value)}
      />
      {attribute === TAG && (
        <TextInput
          aria-label="Tag"
          placeholder="tag, such as rack"
          value={tag}
          onChange={({ currentTarget }) => setTag(currentTarget.value)}
        />
      )}
      <TextInput
        aria-label="Value"
        placeholder="value"
        maxLength={100}
        value={value}
        onChange={({ currentTarget }) => setValue(currentTarget.value)}
      />
      <Button type="submit" loading={changeSelected.isPending} disabled={!complete || value.trim() === ""}>
        Set
      </Button>
      <Button variant="default" disabled={!complete || changeSelected.isPending} onClick={() => say(null)}>
        Take away
      </Button>
      <Button variant="subtle" onClick={onDone}>
        Clear the selection
      </Button>
      {changeSelected.error && <span role="alert">{asProblem(changeSelected.error).detail}</span>}
      {done && (
        <span role="status">
          {many(done.changed, "asset")} changed. <Link to="/import">Undo</Link>
        </span>
      )}
    </form>
  );
}
