/** What the map shows: grouping, address space, map or list. */

import { Button, NativeSelect, SegmentedControl } from "@mantine/core";
import { type ReactNode, useCallback } from "react";
import { useAttributes } from "@/api/classification";
import { labelOf } from "@/graph/outlines";
import { titleOf } from "@/lib/attributes";
import { many } from "@/lib/format";
import { NarrowBox } from "@/ui/NarrowBox";
import { SpacePicker } from "@/ui/Spaces";
import css from "./map.module.css";
import { HOPS, type MapSearch } from "./search";

interface Props {
  search: MapSearch;
  onChange: (patch: Partial<Record<keyof MapSearch, unknown>>) => void;
  /** Null where nothing is drawn. */
  onTidy: (() => void) | null;
  pinned: number;
  onUnpin: () => void;
  /** The question failed: the filter may be the reason. */
  failed?: boolean;
  children?: ReactNode;
}

export function Toolbar({ search, onChange, onTidy, pinned, onUnpin, failed = false, children }: Props) {
  const filter = useCallback((q: string) => onChange({ q: q === "" ? undefined : q }), [onChange]);
  const box = search.g === undefined ? "network" : "group";
  return (
    <div className={css["toolbar"]}>
      <h1 className={css["heading"]}>Map</h1>
      <Grouping search={search} onChange={onChange} />
      <NarrowBox wide label="Filter: env=prod and port=443" value={search.q ?? ""} onSettle={filter} doubted={failed} />
      <SpacePicker bounded value={search.space} onChange={(space) => onChange({ space, sel: undefined, ...NOWHERE })} />
      {search.focus !== undefined && <Focus search={search} onChange={onChange} />}
      {search.open !== undefined && (
        <Button variant="default" onClick={() => onChange({ open: undefined, ...NOWHERE })}>
          Close {search.open.length === 1 ? `the open ${box}` : `${search.open.length} open ${box}s`}
        </Button>
      )}
      <div className={css["right"]}>
        {search.tab !== "list" && pinned > 0 && (
          <Button variant="default" onClick={onUnpin} title="Let every node stand where the layout puts it">
            Unpin {pinned}
          </Button>
        )}
        {search.tab !== "list" && onTidy && (
          <Button variant="default" onClick={onTidy} title="Forget where everything stands and lay out afresh">
            Tidy
          </Button>
        )}
        {children}
        <SegmentedControl
          aria-label="How it is shown"
          value={search.tab ?? "map"}
          data={[
            { value: "map", label: "Map" },
            { value: "list", label: "List" },
          ]}
          onChange={(value) => onChange({ tab: value === "list" ? "list" : undefined })}
        />
      </div>
    </div>
  );
}

/** By network, host by host, or by what rules and people say of assets. */
function Grouping({ search: { g = "network", rules, ...search }, onChange }: Pick<Props, "search" | "onChange">) {
  const attributes = useAttributes();
  const kind = g === "network" || g === "none" ? g : "attribute";
  const past = search.at !== undefined || search.from !== undefined;
  const group = (by: string) =>
    onChange({ g: by === "network" ? undefined : by, open: undefined, sel: undefined, ...NOWHERE });
  return (
    <>
      <SegmentedControl
        aria-label="What a node stands for"
        value={kind}
        data={[
          { value: "network", label: "Networks" },
          { value: "none", label: "Hosts" },
          { value: "attribute", label: "Attribute" },
        ]}
        onChange={(value) => group(value === "attribute" ? (attributes.inUse[0] ?? "environment") : value)}
      />
      {kind === "attribute" && <Levels levels={g.split(",")} all={attributes.all} onChange={group} />}
      {kind === "attribute" && past && (
        <NativeSelect
          aria-label="Classified by"
          value={rules ?? "now"}
          data={[
            { value: "now", label: "Rules of now" },
            { value: "then", label: "Rules of then" },
          ]}
          onChange={({ currentTarget }) => onChange({ rules: currentTarget.value === "then" ? "then" : undefined })}
        />
      )}
    </>
  );
}

/** What the map is narrowed to, how far around it, and the way out. */
function Focus({ search, onChange }: Pick<Props, "search" | "onChange">) {
  return (
    <span className={css["levels"]} role="group" aria-label="Focus">
      <NativeSelect
        aria-label="How far around the focus"
        value={String(search.hops ?? 1)}
        data={HOPS.map((hops) => ({ value: String(hops), label: many(hops, "hop") }))}
        onChange={({ currentTarget: { value } }) => onChange({ hops: value === "1" ? undefined : Number(value) })}
      />
      <NativeSelect
        aria-label="Which direction from the focus"
        value={search.way ?? "both"}
        data={[
          { value: "both", label: "both ways" },
          { value: "up", label: "upstream" },
          { value: "down", label: "downstream" },
        ]}
        onChange={({ currentTarget: { value } }) => onChange({ way: value === "both" ? undefined : value })}
      />
      <Button
        variant="light"
        onClick={() => onChange({ focus: undefined, hops: undefined, way: undefined, ...NOWHERE })}
        title="Show everything again"
      >
        around {labelOf(search.focus ?? "")} ✕
      </Button>
    </span>
  );
}

const MOST_LEVELS = 5;

/** One attribute, and those that group within it; the last box adds one more. */
function Levels({ levels, all, onChange }: { levels: string[]; all: string[]; onChange: (by: string) => void }) {
  const choose = (depth: number, name: string) =>
    onChange([...levels.slice(0, depth), name, ...levels.slice(depth + 1)].filter((one) => one !== "").join(","));
  const shown = levels.length < Math.min(MOST_LEVELS, all.length) ? [...levels, ""] : levels;
  return (
    <span className={css["levels"]}>
      {shown.map((name, depth) => (
        <NativeSelect
          key={name}
          aria-label={depth === 0 ? "Grouped by" : `Then by, level ${depth + 1}`}
          value={name}
          data={[
            ...(depth === 0 ? [] : [{ value: "", label: name === "" ? "then by …" : "no further" }]),
            ...[...new Set([...all, name])]
              .filter((value) => value !== "" && (value === name || !levels.includes(value)))
              .map((value) => ({ value, label: titleOf(value) })),
          ]}
          onChange={({ currentTarget }) => choose(depth, currentTarget.value)}
        />
      ))}
    </span>
  );
}

export const NOWHERE = { x: undefined, y: undefined, k: undefined };
