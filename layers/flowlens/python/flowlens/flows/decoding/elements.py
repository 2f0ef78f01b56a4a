"""The information elements that FlowLens reads, by IANA number (NetFlow v9 shares 1..127)."""

from __future__ import annotations

from collections.abc import Mapping

REVERSE_ENTERPRISE = 29305  # RFC 5103: the same element, of the reverse direction
VARIABLE = 0xFFFF  # RFC 7011 section 7: the length is in the record

SRC4, DST4, SRC6, DST6 = 8, 12, 27, 28
NEXT_HOP4, NEXT_HOP6 = (15, 18), (62, 63)
IP_VERSION, PROTOCOL = 60, 4
UPTIME_START, UPTIME_END, SYSTEM_INIT = 22, 21, 160
DURATION = 161
BIFLOW_DIRECTION = 239
SAMPLER_IDS = (48, 302)
INTERFACE = 10
VRF = 234
APPLICATION = 95  # one octet of engine, then the selector
LABEL = 70  # 20 bits of label, 3 of class, 1 for the bottom of the stack
SEGMENT = 351  # one octet of encapsulation type, ..., 24 bits of id
FIREWALL_EVENT = 233
FRAME_SIZE, IP_LENGTH = 312, 224
ETHERNET, IPV4, IPV6, MPLS = 1, 11, 12, 13  # what a frame begins with, in the numbers of sFlow's raw header
IP_PACKET = 0  # IPv4 or IPv6: its first octet says which
RATE_PLAIN = (34, 50)  # samplingInterval, samplerRandomInterval
PACKET_INTERVAL, PACKET_SPACE = 305, 306
SAMPLE_SIZE, POPULATION, PROBABILITY = 309, 310, 311
RATES = (*RATE_PLAIN, PACKET_INTERVAL, PACKET_SPACE, SAMPLE_SIZE, POPULATION, PROBABILITY)

# Columns that the first present element fills.
COUNTERS: Mapping[str, tuple[int, ...]] = {
    "octets": (1, 85, 23, 171, 352),
    "packets": (2, 86, 24, 172),
}
# Columns that the first element with a value other than 0 fills.
PLAIN: Mapping[str, tuple[int, ...]] = {
    "protocol": (PROTOCOL,),
    "src_port": (7, 182, 180),
    "dst_port": (11, 183, 181),
    "tcp_flags": (6,),
    "tos": (5,),
    "input_if": (INTERFACE, 252),
    "output_if": (14, 253),
    "src_as": (16,),
    "dst_as": (17,),
    "src_mask": (9, 29),
    "dst_mask": (13, 30),
    "vlan": (58, 243),
    "src_mac": (56, 81),
    "dst_mac": (80, 57),
    "end_reason": (136,),
}
PLAIN_OF: Mapping[int, str] = {element: column for column, sources in PLAIN.items() for element in sources}
# The same, for columns that few exporters fill: left out where all is 0.
RARE: Mapping[str, tuple[int, ...]] = {
    "nat_src_port": (227,),
    "nat_dst_port": (228,),
    "nat_event": (230,),
    "firewall_event": (FIREWALL_EVENT,),
    "firewall_code": (33002,),  # a NetFlow v9 field type of Cisco's ASA; IPFIX has no such number
    "ingress_vrf": (VRF,),
    "egress_vrf": (235,),
    "forwarding": (89,),
    "post_vlan": (59, 254),
    "customer_vlan": (245, 255),
}
RARE_OF: Mapping[int, str] = {element: column for column, sources in RARE.items() for element in sources}
TRANSLATED4: Mapping[str, int] = {"nat_src": 225, "nat_dst": 226}
TRANSLATED6: Mapping[str, int] = {"nat_src": 281, "nat_dst": 282}
# Columns whose value 0 says something.
SAID: Mapping[str, tuple[int, ...]] = {"direction": (61,)}
ICMP_BOTH = (32, 139)  # type << 8 | code
ICMP_APART = ((176, 177), (178, 179))
ICMP = frozenset({*ICMP_BOTH, *(element for pair in ICMP_APART for element in pair)})

# Element: (column, unit as nanoseconds). Fractions (154..157) are NTP time stamps, RFC 7011 section 6.1.9.
CLOCKS: Mapping[int, tuple[str, int]] = {
    150: ("start", 10**9),
    151: ("end", 10**9),
    152: ("start", 10**6),
    153: ("end", 10**6),
    154: ("start", 10**3),
    155: ("end", 10**3),
    156: ("start", 1),
    157: ("end", 1),
    322: ("both", 10**9),
    323: ("both", 10**6),
}
NTP = frozenset({154, 155, 156, 157})
OFFSETS: Mapping[int, str] = {158: "start", 159: "end"}  # microseconds before the export time
SAYS_WHEN = frozenset({UPTIME_START, UPTIME_END, *CLOCKS, *OFFSETS})

# Initiator and responder counts (231, 298 and 232, 299) stand for both directions of one record.
FORWARD_OF: Mapping[int, int] = {231: 1, 298: 2}
REVERSE_OF: Mapping[int, int] = {232: 1, 299: 2}

# Names in options data: which book they fill, and by which key.
TEXTS: Mapping[int, tuple[str, int]] = {
    82: ("interfaces", INTERFACE),
    83: ("descriptions", INTERFACE),
    236: ("vrfs", VRF),
    96: ("applications", APPLICATION),
}
# Pieces of a packet, read like a sampled header: what each begins with.
SECTIONS: Mapping[int, int] = {313: IP_PACKET, 315: ETHERNET, 104: ETHERNET}

# Numbers that a vendor gave: (enterprise, element) read as one of ours, or as a plain number above all of IANA's.
INITIAL_FLAGS, UNION_FLAGS = 0x1_000E, 0x1_000F  # of YAF: of the first packet, and of all others
VENDOR: Mapping[tuple[int, int], int] = {(6871, 14): INITIAL_FLAGS, (6871, 15): UNION_FLAGS}
VENDOR_REVERSE: Mapping[tuple[int, int], int] = {(6871, 0x400E): INITIAL_FLAGS, (6871, 0x400F): UNION_FLAGS}

# Elements with one possible size; all other numbers may be 1..8 octets (reduced size, RFC 7011 section 6.2).
EXACT: Mapping[int, int] = {
    **dict.fromkeys((SRC4, DST4, *NEXT_HOP4, *TRANSLATED4.values()), 4),
    **dict.fromkeys((SRC6, DST6, *NEXT_HOP6, *TRANSLATED6.values()), 16),
    LABEL: 3,
    SEGMENT: 8,
    **dict.fromkeys((56, 57, 80, 81), 6),
}


def _known() -> frozenset[int]:
    named = (*COUNTERS.values(), *PLAIN.values(), *RARE.values(), *SAID.values(), *ICMP_APART, NEXT_HOP4, NEXT_HOP6)
    found = {element for group in named for element in group} | {*TRANSLATED4.values(), *TRANSLATED6.values()}
    found |= {SRC4, DST4, SRC6, DST6, IP_VERSION, UPTIME_START, UPTIME_END, SYSTEM_INIT, DURATION, BIFLOW_DIRECTION}
    found |= {APPLICATION, LABEL, SEGMENT, FRAME_SIZE, IP_LENGTH}
    return frozenset(
        found | {*SAMPLER_IDS, *RATES, *ICMP_BOTH, *CLOCKS, *OFFSETS, *FORWARD_OF, *REVERSE_OF, *VENDOR.values()}
    )


# Elements of which most exporters have none.
OPTIONAL = frozenset(
    {APPLICATION, LABEL, SEGMENT, INITIAL_FLAGS, UNION_FLAGS, *TRANSLATED4.values(), *TRANSLATED6.values()}
    | RARE_OF.keys()
)
KNOWN = _known()  # those that are numbers or addresses; TEXTS and SECTIONS are octets of any length
