/** Assets, CIDR rules and dependencies as files of any size. */

import { Button, NativeSelect } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "@/api/client";
import { type Exported, fetchExport } from "@/api/imports";
import { useMe } from "@/api/queries";
import { Card } from "@/ui/Page";
import css from "./imports.module.css";

type Form = "csv" | "jsonl";

const FILES: { what: Exported; label: string; about: string; more: Record<string, string> }[] = [
  { what: "assets", label: "Assets", about: "what people said of them; imports again unchanged", more: {} },
  {
    what: "assets",
    label: "Assets as classified",
    about: "also what CIDR rules make of them, to read",
    more: { effective: "true" },
  },
  { what: "classification-rules", label: "CIDR rules", about: "imports again unchanged", more: {} },
  { what: "dependencies", label: "Dependencies", about: "all of them, with what they carried", more: {} },
];

export function Exports() {
  const { data: me } = useMe();
  const [form, setForm] = useState<Form>("csv");
  const get = useMutation({
    mutationFn: async ({ what, more }: (typeof FILES)[number]) =>
      save(await fetchExport(what, form, more), `${what}.${form}`),
  });
  if (!me?.permissions.includes("data:export")) return null;
  return (
    <Card title="Export">
      <NativeSelect
        label="Written as"
        className={css["form"] ?? ""}
        value={form}
        data={[
          { value: "csv", label: "CSV" },
          { value: "jsonl", label: "JSON, an object a line" },
        ]}
        onChange={({ currentTarget }) => setForm(currentTarget.value as Form)}
      />
      <ul className={css["earlier"]}>
        {FILES.map((file) => (
          <li key={file.label}>
            <span>{file.label}</span>
            <span className="dim">{file.about}</span>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`Download ${file.label}`}
              loading={get.isPending && get.variables === file}
              onClick={() => get.mutate(file)}
            >
              Download
            </Button>
          </li>
        ))}
      </ul>
      {get.error && (
        <p role="alert" className={css["wrong"]}>
          {asProblem(get.error).detail}
        </p>
      )}
    </Card>
  );
}

function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
