/** CIDR rules: what each network's addresses have in common, what each rule does, and what does nothing. */

import { Button } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRules } from "@/api/classification";
import { useMe } from "@/api/queries";
import type { ListedRule } from "@/api/types";
import { keyOf } from "@/lib/address";
import { nameOf } from "@/lib/attributes";
import { count, many } from "@/lib/format";
import { AttributeChips } from "@/ui/AttributeChips";
import { type Column, DataTable } from "@/ui/DataTable";
import { Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { useSpaceNames } from "@/ui/Spaces";
import { When } from "@/ui/When";
import { RuleDrawer } from "./RuleDrawer";

const KINDS = {
  repeated: "says what it would inherit anyway",
  covered: "is decided by narrower rules for every address",
};

function columns(nameOfSpace: ((space: number) => string) | null): Column<ListedRule>[] {
  return [
    {
      name: "Network",
      width: "minmax(170px, 1fr)",
      cell: (rule) => <span className="mono">{rule.network}</span>,
      by: (rule) => keyOf(rule.network),
    },
    ...(nameOfSpace
      ? [
          {
            name: "Address space",
            width: "minmax(110px, 1fr)",
            cell: (rule: ListedRule) => nameOfSpace(rule.address_space_id),
            by: (rule: ListedRule) => nameOfSpace(rule.address_space_id),
          },
        ]
      : []),
    { name: "Says", width: "minmax(260px, 3fr)", cell: (rule) => <AttributeChips of={rule.attributes} /> },
    {
      name: "Assets inside",
      width: "104px",
      cell: (rule) => count(rule.assets),
      by: (rule) => rule.assets,
      numeric: true,
    },
    {
      name: "It decides",
      width: "94px",
      cell: (rule) => count(rule.decides),
      by: (rule) => rule.decides,
      numeric: true,
    },
    { name: "To look at", width: "minmax(180px, 2fr)", cell: (rule) => <Odd rule={rule} /> },
    {
      name: "Changed",
      width: "110px",
      cell: (rule) => <When at={rule.since} relative />,
      by: (rule) => rule.since,
    },
  ];
}

function Odd({ rule }: { rule: ListedRule }) {
  const all = rule.findings.map(({ attribute, kind }) => `${nameOf(attribute)} ${KINDS[kind]}`);
  if (all.length === 0) return <span className="dim">{rule.assets === 0 ? "no asset seen here" : "–"}</span>;
  return (
    <span title={all.join("\n")}>
      {all[0]}
      {all.length > 1 && ` and ${all.length - 1} more`}
    </span>
  );
}

export function ClassificationPage() {
  const { rule } = useSearch({ from: "/pages/classification" });
  const navigate = useNavigate();
  const asked = useRules();
  const { several, nameOf: nameOfSpace } = useSpaceNames();
  const { data: me } = useMe();
  const mayWrite = me?.permissions.includes("assets:write") ?? false;
  const rows = asked.data?.items ?? [];
  const open = (wanted: number | "new" | undefined) =>
    void navigate({ to: "/classification", search: wanted === undefined ? {} : { rule: wanted } });
  return (
    <Page
      title="Classification"
      note={asked.data && many(rows.length, "rule")}
      busy={asked.isFetching}
      actions={mayWrite && <Button onClick={() => open("new")}>Add a rule</Button>}
    >
      <Region of={asked} height="100%">
        {() => (
          <DataTable
            label="Classification rules"
            rows={rows}
            columns={columns(several ? nameOfSpace : null)}
            keyOf={(one) => one.id}
            selected={typeof rule === "number" ? rule : null}
            onOpen={(one) => open(one.id)}
            empty={
              <Empty title="No rules yet">
                A rule says what a network's addresses have in common, such as 10.1.0.0/16: datacenter east. For each
                attribute the longest network wins, and the map can be grouped by it at once.
              </Empty>
            }
          />
        )}
      </Region>
      <RuleDrawer
        rule={rows.find((one) => one.id === rule) ?? null}
        isNew={rule === "new" && mayWrite}
        mayWrite={mayWrite}
        onClose={() => open(undefined)}
      />
    </Page>
  );
}
