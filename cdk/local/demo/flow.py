"""What the simulated exporters report: conversations, their two flows, and single packets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address
TCP, UDP = 6, 17
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One direction of a conversation. Times are ms since 1970 UTC; `initiator` tells who began it."""

    source: Address
    destination: Address
    source_port: int
    destination_port: int
    protocol: int
    flags: int = 0
    packets: int
    octets: int
    start: int
    end: int
    initiator: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One sampled packet. `octets` is the IP packet's length."""

    source: Address
    destination: Address
    source_port: int
    destination_port: int
    protocol: int
    flags: int
    octets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A client talked to a server; `back` of 0 packets means that nobody answered."""

    client: Address
    server: Address
    client_port: int
    port: int
    protocol: int
    sent: int
    sent_octets: int
    back: int
    back_octets: int
    duration: int  # ms
    flags_sent: int = 0
    flags_back: int = 0

    def flows(self, end: int) -> Iterator[Flow]:
        """The flows of both directions, as a router sees them when the conversation ended at `end`."""
        start = end - self.duration
        yield Flow(
            source=self.client,
            destination=self.server,
            source_port=self.client_port,
            destination_port=self.port,
            protocol=self.protocol,
            flags=self.flags_sent,
            packets=self.sent,
            octets=self.sent_octets,
            start=start,
            end=end,
        )
        if self.back:
            yield Flow(
                source=self.server,
                destination=self.client,
                source_port=self.port,
                destination_port=self.client_port,
                protocol=self.protocol,
                flags=self.flags_back,
                packets=self.back,
                octets=self.back_octets,
                start=start,
                end=end,
                initiator=False,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What a datagram's header says. Times in ms since 1970; `domain` is the engine, source id, domain or sub-agent."""

    at: int
    boot: int
    sequence: int
    domain: int = 0

    @property
    def uptime(self) -> int:
        return (self.at - self.boot) & 0xFFFF_FFFF
