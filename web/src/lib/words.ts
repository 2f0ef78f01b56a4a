/** The wire's codes in words. */

import type { Evidence } from "@/api/types";

export const EVIDENCE: Record<Evidence, { name: string; says: string }> = {
  initiator: { name: "Initiator", says: "the exporter said which side began" },
  flags: { name: "TCP flags", says: "a SYN without ACK came from the client" },
  service: { name: "Service port", says: "one side used a well-known service port" },
  port_order: { name: "Port order", says: "a guess: the lower port is taken for the server" },
};

export const RUNGS: Evidence[] = ["initiator", "flags", "service", "port_order"];

const PROTOCOLS: Record<number, string> = {
  1: "ICMP",
  2: "IGMP",
  6: "TCP",
  17: "UDP",
  41: "IPv6",
  47: "GRE",
  50: "ESP",
  51: "AH",
  58: "ICMPv6",
  89: "OSPF",
  112: "VRRP",
  132: "SCTP",
};

export function protocol(number: number): string {
  return PROTOCOLS[number] ?? `protocol ${number}`;
}

/** `TCP 443`, or the bare protocol where there are no ports. */
export function portOf(of: { protocol: number | null; port: number | null }): string {
  if (of.protocol === null) return "several protocols";
  if (of.port === null) return `${protocol(of.protocol)}, several ports`;
  return of.port === 0 ? protocol(of.protocol) : `${protocol(of.protocol)} ${of.port}`;
}

const FORMATS: Record<string, string> = {
  1: "NetFlow v1",
  5: "NetFlow v5",
  7: "NetFlow v7",
  9: "NetFlow v9",
  10: "IPFIX",
  105: "sFlow v5",
  netflow1: "NetFlow v1",
  netflow5: "NetFlow v5",
  netflow7: "NetFlow v7",
  netflow9: "NetFlow v9",
  ipfix: "IPFIX",
  sflow5: "sFlow v5",
};

export function format(name: string | number): string {
  return FORMATS[String(name)] ?? String(name);
}

const COUNTERS: Record<string, string> = {
  received: "Datagrams received",
  kernel_dropped: "Dropped by the kernel before we could read them",
  truncated: "Datagrams cut short",
  unknown_version: "Datagrams of an unknown version",
  malformed: "Datagrams that cannot be read",
  not_enrolled: "Datagrams dropped because the source is not accepted",
  rate_limited: "Datagrams over the rate limit",
  template_missing: "Sets given up because their template never came",
  template_missing_octets: "Octets in those sets",
  template_redefined: "Templates that came to mean something else",
  template_flapping: "Templates that keep changing their meaning",
  templates_recalled: "Templates known from another process",
  sequence_sent_flows: "Flows the exporter says it sent",
  sequence_sent_datagrams: "Datagrams the exporter says it sent",
  sequence_lost_flows: "Flows that never came, by the exporter's numbers",
  sequence_lost_datagrams: "Datagrams that never came, by the exporter's numbers",
  sequence_open_flows: "Flows that are missing and may yet come",
  sequence_open_datagrams: "Datagrams that are missing and may yet come",
  sequence_uncertain_flows: "Flows at most in or beside messages that could not be read at once",
  sequence_unread_flows: "Flows in datagrams cut short or over the rate limit",
  sequence_duplicate: "Datagrams that came twice",
  sequence_duplicate_flows: "Flows in datagrams that came twice",
  sequence_reordered: "Datagrams that came late and in time",
  sequence_restarts: "Restarts of the exporter",
  sequence_jumps: "Jumps of the exporter's numbers, with a loss nobody knows",
  sequence_outside: "Datagrams whose number was not believed",
  sequence_untracked: "Datagrams of streams too many to follow",
  collector_down_flows: "Flows sent while no collector listened",
  collector_down_datagrams: "Datagrams sent while no collector listened",
  flows: "Flows decoded",
  options_records: "Options records read",
  flows_spool_full: "Flows dropped because the spool was full",
  flows_shipped: "Flows shipped",
  flows_acknowledged: "Flows acknowledged by the stream",
};

export function counter(name: string): string {
  const [family, reason] = name.split(".", 2);
  if (reason !== undefined) return `${COUNTERS[family ?? ""] ?? family}: ${reason.replaceAll("_", " ")}`;
  return COUNTERS[name] ?? name.replaceAll("_", " ");
}
