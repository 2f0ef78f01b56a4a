/** Who is in this tenant, and what each may do where. */

import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { useMembers } from "@/api/members";
import { useMe } from "@/api/queries";
import type { Member } from "@/api/types";
import { count } from "@/lib/format";
import { type Column, DataTable } from "@/ui/DataTable";
import { Page } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import { useRows } from "@/ui/useRows";
import { When } from "@/ui/When";
import { FactorRule } from "./FactorRule";
import { GrantForm } from "./GrantForm";
import { MemberDrawer } from "./MemberDrawer";
import { accessOf, holds } from "./words";

const COLUMNS: Column<Member>[] = [
  { name: "E-mail", width: "minmax(170px, 2fr)", cell: (one) => one.email },
  { name: "Name", width: "minmax(110px, 1fr)", cell: (one) => one.name || <span className="dim">–</span> },
  { name: "Roles", width: "minmax(170px, 2fr)", cell: (one) => <RolesOf member={one} /> },
  {
    name: "Access",
    width: "170px",
    cell: (one) => accessOf(one) ?? <span className="dim">open</span>,
  },
  {
    name: "Member since",
    width: "130px",
    cell: (one) => (one.accepted_at ? <When at={one.accepted_at} relative /> : <span className="dim">–</span>),
  },
];

function RolesOf({ member }: { member: Member }) {
  const names = member.grants
    .filter(holds)
    .map((grant) => (Object.keys(grant.limits).length > 0 ? `${grant.role} (limited)` : grant.role));
  return names.length > 0 ? names.join(", ") : <span className="dim">none</span>;
}

export function MembersPage() {
  const asked = useMembers();
  const { rows, more } = useRows(asked);
  const mayWrite = useMe().data?.permissions.includes("users:write") ?? false;
  const [open, setOpen] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  return (
    <Page
      title="Members"
      note={asked.data && count(rows.length)}
      busy={asked.isFetching && asked.isPending}
      actions={
        mayWrite && (
          <>
            <FactorRule />
            <Button onClick={() => setAdding(true)}>Add a member</Button>
          </>
        )
      }
    >
      <Region of={asked} height="100%">
        {() => (
          <DataTable
            label="Members"
            rows={rows}
            columns={COLUMNS}
            keyOf={(one) => one.id}
            selected={open}
            onEnd={more}
            onOpen={(one) => setOpen(one.id)}
            empty={<Empty title="Nobody is a member yet">Until then this tenant is reached by tokens alone.</Empty>}
          />
        )}
      </Region>
      <MemberDrawer
        member={rows.find((one) => one.id === open) ?? null}
        mayWrite={mayWrite}
        onClose={() => setOpen(null)}
      />
      <Modal
        opened={adding}
        onClose={() => setAdding(false)}
        title="Add a member"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <GrantForm member={null} onDone={() => setAdding(false)} />
      </Modal>
    </Page>
  );
}
