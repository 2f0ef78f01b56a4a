/** What the map shows: grouping, address space, map or list. */

import { Button, SegmentedControl } from "@mantine/core";
import type { ReactNode } from "react";
import { SpacePicker } from "@/ui/Spaces";
import css from "./map.module.css";
import type { MapSearch } from "./search";

interface Props {
  search: MapSearch;
  onChange: (patch: Partial<Record<keyof MapSearch, unknown>>) => void;
  onTidy: () => void;
  children: ReactNode;
}

export function Toolbar({ search, onChange, onTidy, children }: Props) {
  return (
    <div className={css["toolbar"]}>
      <h1 className={css["heading"]}>Map</h1>
      <SegmentedControl
        aria-label="What a node stands for"
        value={search.g ?? "network"}
        data={[
          { value: "network", label: "Networks" },
          { value: "none", label: "Hosts" },
        ]}
        onChange={(value) =>
          onChange({ g: value === "none" ? "none" : undefined, open: undefined, sel: undefined, ...NOWHERE })
        }
      />
      <SpacePicker value={search.space} onChange={(space) => onChange({ space, sel: undefined, ...NOWHERE })} />
      {search.open !== undefined && (
        <Button variant="default" onClick={() => onChange({ open: undefined, ...NOWHERE })}>
          Close {search.open.length === 1 ? "the open network" : `${search.open.length} open networks`}
        </Button>
      )}
      <div className={css["right"]}>
        {search.tab !== "list" && (
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

export const NOWHERE = { x: undefined, y: undefined, k: undefined };
