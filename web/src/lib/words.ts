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

/** Kinds of sightings, in the order in which they are shown. */
export const SIGHTINGS: Record<string, string> = {
  dns_name: "DNS name",
  tls_name: "TLS name (SNI)",
  ecs_service: "ECS service",
  ecs_cluster: "ECS cluster",
  ecs_task: "ECS task definition",
  aws_instance: "Instance",
  aws_service: "AWS service",
  aws_interface: "Interface",
  aws_vpc: "VPC",
  aws_subnet: "Subnet",
  aws_zone: "Availability zone",
  path: "Leaves by",
  via: "By way of",
  encryption: "Encrypted",
  reject_reason: "Refused for",
};

const FORMATS: Record<string, string> = {
  1: "NetFlow v1",
  5: "NetFlow v5",
  7: "NetFlow v7",
  9: "NetFlow v9",
  10: "IPFIX",
  105: "sFlow v5",
  151: "Live capture",
  201: "AWS VPC",
  211: "Azure NSG",
  212: "Azure VNet",
  221: "Google Cloud VPC",
  231: "Capture",
  netflow1: "NetFlow v1",
  netflow5: "NetFlow v5",
  netflow7: "NetFlow v7",
  netflow9: "NetFlow v9",
  ipfix: "IPFIX",
  sflow5: "sFlow v5",
  capture: "Live capture",
  aws_vpc: "AWS VPC",
  azure_nsg: "Azure NSG",
  azure_vnet: "Azure VNet",
  gcp_vpc: "Google Cloud VPC",
  pcap: "Capture",
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
  capture_packets: "Packets the kernel saw on the interface",
  capture_dropped: "Packets the kernel had no room for",
  capture_own: "Packets with datagrams for this collector, which are no flows",
  capture_not_ip: "Packets that are no IP",
  capture_time: "Packets with a time that cannot be",
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
  samples_sent: "Samples the agent says it took",
  samples_lost: "Samples that never came, by the agent's numbers",
  samples_open: "Samples that are missing and may yet come",
  samples_duplicate: "Samples that came twice",
  samples_reordered: "Samples that came late and in time",
  samples_outside: "Samples whose number was not believed",
  samples_untracked: "Samples of sources too many to follow",
  samples_pool_packets: "Packets the agent counted while it sampled",
  samples_claimed_packets: "Packets its samples stand for at the rate it claims",
  sampling_disagreements: "Times that a source's rate was not the one it samples at",
  interface_counted_packets: "Packets that interfaces counted",
  interface_sampled_packets: "Packets that the samples of the same time stand for",
  interface_counted_octets: "Octets that interfaces counted",
  interface_sampled_octets: "Octets that the samples of the same time stand for",
  interface_disagreements: "Times that samples and an interface did not agree",
  counter_samples: "Counter samples read",
  drop_samples: "Notices of discarded packets",
  agent_dropped_samples: "Samples the agent had no room for",
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
