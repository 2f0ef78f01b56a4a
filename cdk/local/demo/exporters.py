"""The simulated devices: they turn conversations into datagrams, sampling where they sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from random import Random
from typing import TypeVar

from cdk.local.demo.encoders import ipfix, netflow5, netflow9, sflow5
from cdk.local.demo.estate import Exporter
from cdk.local.demo.flow import ACK, SYN, TCP, Conversation, Export, Flow, Packet

T = TypeVar("T")
_TEMPLATES_EVERY = 20_000  # ms
_UPTIME = 86_400_000 * 3


@dataclass(slots=True)
class Device:
    """One exporter's counters: its clock, its sequence, when it last told its templates."""

    about: Exporter
    seed: int
    boot: int = 0
    sequence: int = 0
    samples: int = 0
    told: int = -_TEMPLATES_EVERY
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(f"{self.seed} {self.about.name}")  # noqa: S311 (a simulation, not a secret)

    def datagrams(self, conversations: Sequence[Conversation], at: int) -> Iterator[bytes]:
        """What it sends at `at` (ms since 1970) about conversations that have just ended."""
        self.boot = self.boot or at - _UPTIME
        if self.about.speaks == "sflow5":
            yield from self._sflow(conversations, at)
            return
        seen = (flow for c in conversations for flow in c.flows(at))
        flows = [flow for f in seen if (flow := self._sampled(f)) is not None]
        yield from _SPEAK[self.about.speaks](self, flows, at)

    def export(self, at: int) -> Export:
        return Export(at=at, boot=self.boot, sequence=self.sequence, domain=1)

    def _sampled(self, flow: Flow) -> Flow | None:
        """What a device that looks at 1 packet in `rate` saw of a flow; None when it saw none of it."""
        if self.about.rate == 1:
            return flow
        seen = sum(self.random.random() < 1 / self.about.rate for _ in range(flow.packets))
        if not seen:
            return None
        mean = flow.octets / flow.packets
        flags = flow.flags if flow.flags == SYN else flow.flags & ~SYN  # a long flow's one SYN is seldom the one seen
        return replace(flow, packets=seen, octets=round(seen * mean), flags=flags)

    def _sflow(self, conversations: Sequence[Conversation], at: int) -> Iterator[bytes]:
        packets = [p for c in conversations for p in self._samples(c)]
        for some in _chunks(packets, sflow5.LIMIT):
            agent = IPv4Address(self.about.address)
            yield sflow5.encode(self.export(at), some, agent=agent, rate=self.about.rate, first=self.samples)
            self.sequence += 1
            self.samples += len(some)

    def _samples(self, conversation: Conversation) -> Iterator[Packet]:
        for flow in conversation.flows(0):
            for number in range(flow.packets):
                if self.random.random() < 1 / self.about.rate:
                    yield _packet(flow, number)


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[at : at + size] for at in range(0, len(items), size))


def _packet(flow: Flow, number: int) -> Packet:
    opening = (SYN if flow.initiator else SYN | ACK) if number == 0 else ACK
    return Packet(
        source=flow.source,
        destination=flow.destination,
        source_port=flow.source_port,
        destination_port=flow.destination_port,
        protocol=flow.protocol,
        flags=opening if flow.protocol == TCP else 0,
        octets=min(1_500, max(60, flow.octets // flow.packets)),
    )


def _netflow5(device: Device, flows: Sequence[Flow], at: int) -> Iterator[bytes]:
    for some in _chunks(flows, netflow5.LIMIT):
        yield netflow5.encode(device.export(at), some, rate=device.about.rate)
        device.sequence += len(some)


def _netflow9(device: Device, flows: Sequence[Flow], at: int) -> Iterator[bytes]:
    if at - device.told >= _TEMPLATES_EVERY:
        yield netflow9.templates(device.export(at), rate=device.about.rate)
        device.sequence, device.told = device.sequence + 1, at
    for some in _chunks(flows, netflow9.LIMIT):
        yield netflow9.encode(device.export(at), some)
        device.sequence += 1


def _ipfix(device: Device, flows: Sequence[Flow], at: int) -> Iterator[bytes]:
    if at - device.told >= _TEMPLATES_EVERY:
        yield ipfix.templates(device.export(at), rate=device.about.rate)
        device.sequence, device.told = device.sequence + 1, at  # the selectors' record counts
    for some in _chunks(flows, ipfix.LIMIT):
        yield ipfix.encode(device.export(at), some)
        device.sequence += len(some)


_SPEAK = {"netflow5": _netflow5, "netflow9": _netflow9, "ipfix": _ipfix}
