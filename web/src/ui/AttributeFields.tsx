/** Attributes and their values, a line each: used for what a rule says and for what is said of an asset. */

import { ActionIcon, Button, NativeSelect, TextInput } from "@mantine/core";
import { KNOWN, titleOf } from "@/lib/attributes";
import css from "./attributes.module.css";
import { Icon } from "./Icon";

export interface Line {
  /** Its name may change while it is written. */
  key: number;
  name: string;
  value: string;
  /** A tag is named by whoever writes it. */
  isTag: boolean;
}

interface Props {
  lines: Line[];
  onChange: (lines: Line[]) => void;
  error?: string | undefined;
}

let lastKey = 0;

export function newLine(name: string, value = ""): Line {
  lastKey += 1;
  return { key: lastKey, name, value, isTag: name.startsWith("tag:") };
}

export function linesOf(attributes: Record<string, string>): Line[] {
  return Object.entries(attributes).map(([name, value]) => newLine(name, value));
}

/** What the lines say; those without a name or a value say nothing. */
export function attributesOf(lines: Line[]): Record<string, string> {
  const said = lines.map(({ name, value }) => [name.trim(), value.trim()] as const);
  return Object.fromEntries(said.filter(([name, value]) => name !== "" && name !== "tag:" && value !== ""));
}

export function AttributeFields({ lines, onChange, error }: Props) {
  const change = (at: number, patch: Partial<Line>) =>
    onChange(lines.map((line, i) => (i === at ? { ...line, ...patch } : line)));
  const free = KNOWN.filter((name) => lines.every((line) => line.name !== name));
  return (
    <fieldset className={css["fields"]}>
      <legend>Attributes</legend>
      {lines.map((line, at) => (
        <div key={line.key} className={css["line"]}>
          <NativeSelect
            className={css["name"] ?? ""}
            aria-label={`Attribute ${at + 1}`}
            value={line.isTag ? "tag" : line.name}
            data={[
              ...KNOWN.filter((name) => name === line.name || free.includes(name)).map((name) => ({
                value: name as string,
                label: titleOf(name),
              })),
              { value: "tag", label: "Tag…" },
            ]}
            onChange={({ currentTarget: { value } }) =>
              change(at, value === "tag" ? { name: "tag:", isTag: true } : { name: value, isTag: false })
            }
          />
          {line.isTag && (
            <TextInput
              aria-label={`Tag of attribute ${at + 1}`}
              placeholder="backup"
              maxLength={63}
              value={line.name.slice(4)}
              onChange={({ currentTarget: { value } }) => change(at, { name: `tag:${value.toLowerCase()}` })}
            />
          )}
          <TextInput
            className={css["value"] ?? ""}
            aria-label={`Value of ${line.isTag ? "the tag" : titleOf(line.name).toLowerCase()}`}
            maxLength={100}
            value={line.value}
            onChange={({ currentTarget: { value } }) => change(at, { value })}
          />
          <ActionIcon
            variant="subtle"
            aria-label={`Remove ${line.isTag ? "the tag" : titleOf(line.name).toLowerCase()}`}
            onClick={() => onChange(lines.filter((_, i) => i !== at))}
          >
            <Icon name="close" size={13} />
          </ActionIcon>
        </div>
      ))}
      {error !== undefined && <p role="alert">{error}</p>}
      <Button variant="default" size="compact-sm" onClick={() => onChange([...lines, newLine(free[0] ?? "tag:")])}>
        Add an attribute
      </Button>
    </fieldset>
  );
}
