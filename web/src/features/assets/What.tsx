/** What an asset is: each attribute with who says so, and the way to say it better. */

import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useMe } from "@/api/queries";
import type { AssetDetail } from "@/api/types";
import { titleOf } from "@/lib/attributes";
import { Card, Facts } from "@/ui/Page";
import css from "./asset.module.css";
import { Describe } from "./Describe";

export function What({ asset }: { asset: AssetDetail }) {
  const { data: me } = useMe();
  const [describing, setDescribing] = useState(false);
  return (
    <Card title="What it is">
      {asset.why.length === 0 && asset.note === "" ? (
        <p className="dim">Nobody said what this is, and no CIDR rule concerns it.</p>
      ) : (
        <Facts
          of={[
            ...asset.why.map((why): [string, React.ReactNode] => [
              titleOf(why.attribute),
              <Because key={why.attribute} why={why} />,
            ]),
            ...(asset.note ? [["Note", asset.note] as [string, React.ReactNode]] : []),
          ]}
        />
      )}
      {me?.permissions.includes("assets:write") && (
        <Button className={css["describe"] ?? ""} variant="default" onClick={() => setDescribing(true)}>
          Describe this asset
        </Button>
      )}
      <Describe asset={asset} opened={describing} onClose={() => setDescribing(false)} />
    </Card>
  );
}

function Because({ why: { said, overruled } }: { why: AssetDetail["why"][number] }) {
  return (
    <>
      {said.value}{" "}
      <span className="dim">
        <Rule of={said} />
        {overruled.map((one) => (
          <span key={`${one.rule_id} ${one.value}`}>
            , not {one.value} (<Rule of={one} />)
          </span>
        ))}
      </span>
    </>
  );
}

function Rule({ of }: { of: AssetDetail["why"][number]["said"] }) {
  if (of.database) return <>from a database of addresses</>;
  if (of.rule_id === null) return <>said of this asset</>;
  return (
    <Link to="/classification" search={{ rule: of.rule_id }}>
      by {of.network}
    </Link>
  );
}
