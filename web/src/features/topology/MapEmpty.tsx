/** No flows yet: where to send them, in lines to copy. */

import { Link } from "@tanstack/react-router";
import { collectorHost, settings } from "@/api/config";
import { useMe, useSources } from "@/api/queries";
import { many } from "@/lib/format";
import { CopyLines } from "@/ui/Copy";
import css from "./empty.module.css";

function cisco(host: string, port: number): string {
  return [
    "flow exporter FLOWLENS",
    ` destination ${host}`,
    ` transport udp ${port}`,
    " export-protocol netflow-v9",
    " template data timeout 60",
  ].join("\n");
}

export function MapEmpty() {
  const { netflowPort, ipfixPort, sflowPort } = settings();
  const host = collectorHost();
  const { data: me } = useMe();
  return (
    <div className={css["empty"]}>
      <h1>No flows yet</h1>
      <p className="dim">
        The map draws itself from NetFlow, IPFIX and sFlow. Point an exporter here; assets appear within a minute of its
        first flow.
      </p>
      <dl className={css["ports"]}>
        <Port name="NetFlow v5, v9" at={`${host}:${netflowPort}`} />
        <Port name="IPFIX" at={`${host}:${ipfixPort}`} />
        <Port name="sFlow v5" at={`${host}:${sflowPort}`} />
      </dl>
      <h2>Cisco IOS, Flexible NetFlow</h2>
      <CopyLines what="Cisco exporter configuration" text={cisco(host, netflowPort)} />
      <h2>Linux, softflowd</h2>
      <CopyLines what="softflowd command" text={`softflowd -i eth0 -v 9 -n ${host}:${netflowPort}`} />
      {me?.permissions.includes("sources:read") && <Known />}
    </div>
  );
}

/** What of exporters is known already. */
function Known() {
  const { data } = useSources();
  const sources = data?.pages.flatMap((page) => page.items) ?? [];
  const held = sources.filter((source) => source.status === "held").length;
  return (
    <p className="dim">
      {sources.length === 0 && "No exporter has sent a datagram so far."}
      {sources.length > 0 && `${many(sources.length, "exporter")} known`}
      {held > 0 && `, ${many(held, "one", "ones")} held until somebody accepts`}
      {sources.length > 0 && ". "}
      {sources.length > 0 && <Link to="/sources">See the flow sources</Link>}
    </p>
  );
}

function Port({ name, at }: { name: string; at: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="mono">{at} UDP</dd>
    </div>
  );
}
