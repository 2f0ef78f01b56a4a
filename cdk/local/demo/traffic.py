"""The demo's traffic: which conversations end in which moment, the same for the same seed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from random import Random

from cdk.local.demo.estate import Estate, Link, Rhythm
from cdk.local.demo.flow import ACK, FIN, PSH, RST, SYN, TCP, Address, Conversation

DAY = 600.0  # seconds in which a simulated day passes
_DAWN = 8  # the hour at which the demo begins
_FULL_WITHIN = 25.0  # seconds in which every dependency has spoken once
_OPENED = SYN | ACK | PSH | FIN


def hour(second: float) -> float:
    """The simulated time of day, in hours."""
    return (_DAWN + second * 24 / DAY) % 24


def clock(second: float) -> str:
    minutes = int(hour(second) * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def load(rhythm: Rhythm, second: float) -> float:
    """How busy a dependency is at a moment, 1 being its busiest."""
    now = hour(second)
    if rhythm is Rhythm.DAY:
        return 0.35 + 0.65 * max(0.0, math.sin(math.pi * (now - 6) / 15)) if 6 <= now <= 21 else 0.35
    if rhythm is Rhythm.NIGHT:
        return 1.0 if 1 <= now <= 4 else 0.0
    return 0.8


@dataclass(slots=True)
class Traffic:
    """A clockwork: `until` gives the conversations that ended since it was last asked, with who saw them."""

    estate: Estate
    seed: int
    dead: set[Address] = field(default_factory=set)
    _random: Random = field(init=False)
    _due: list[tuple[float, int]] = field(init=False)
    _links: list[Link] = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311 (a simulation, not a secret)
        self._links = list(self.estate.links)
        self._due = [(self._random.uniform(0, _FULL_WITHIN), number) for number in range(len(self._links))]
        heapify(self._due)

    def add(self, links: Iterable[Link], at: float) -> None:
        """New dependencies, first used at `at`."""
        for link in links:
            heappush(self._due, (at, len(self._links)))
            self._links.append(link)

    def until(self, second: float) -> Iterator[tuple[str, Conversation]]:
        """Each conversation that ended by `second`, and the name of the exporter that saw it."""
        while self._due and self._due[0][0] <= second:
            at, number = heappop(self._due)
            link = self._links[number]
            if self._happens(link, at) and link.client.address not in self.dead:
                yield link.exporter, self._conversation(link)
            heappush(self._due, (at + self._random.expovariate(link.service.per_minute / 60), number))

    def _happens(self, link: Link, at: float) -> bool:
        """Whether a conversation that a busy hour would have had takes place at this hour."""
        rhythm = link.service.rhythm
        settling = at <= _FULL_WITHIN and rhythm is not Rhythm.NIGHT
        return settling or self._random.random() < load(rhythm, at)

    def _conversation(self, link: Link) -> Conversation:
        if link.server.address in self.dead:
            return unanswered(link, self._port())
        service = link.service
        size = max(1, round(self._random.gammavariate(2, service.packets / 2)))
        sent = max(1, round(size * 0.45))
        back = max(1, size - sent) if service.octets_back else 0
        tcp = service.protocol == TCP
        return Conversation(
            client=link.client.address,
            server=link.server.address,
            client_port=self._port(),
            port=service.port,
            protocol=service.protocol,
            sent=sent + 3 * tcp,
            sent_octets=self._octets(sent, service.octets_sent) + 156 * tcp,
            back=back + 2 * tcp if back else 0,
            back_octets=self._octets(back, service.octets_back) + 104 * tcp if back else 0,
            duration=min(20_000, 5 + round(self._random.expovariate(1 / (size * 12)))),
            flags_sent=_OPENED if tcp else 0,
            flags_back=_OPENED if tcp else 0,
        )

    def _port(self) -> int:
        return self._random.randrange(32_768, 61_000)

    def _octets(self, packets: int, mean: float) -> int:
        return max(48 * packets, round(packets * mean * self._random.uniform(0.7, 1.3)))


def unanswered(link: Link, port: int) -> Conversation:
    """A client asks a server that is gone: three SYNs (or one datagram), and no answer."""
    tcp = link.service.protocol == TCP
    return Conversation(
        client=link.client.address,
        server=link.server.address,
        client_port=port,
        port=link.service.port,
        protocol=link.service.protocol,
        sent=3 if tcp else 1,
        sent_octets=180 if tcp else 76,
        back=0,
        back_octets=0,
        duration=7_000 if tcp else 0,
        flags_sent=SYN if tcp else 0,
    )


def probe(client: Address, server: Address, *, client_port: int, port: int, answered: bool) -> Conversation:
    """One step of a port scan: a SYN, answered by a refusal, or by nobody where a firewall swallows it."""
    return Conversation(
        client=client,
        server=server,
        client_port=client_port,
        port=port,
        protocol=TCP,
        sent=1,
        sent_octets=60,
        back=int(answered),
        back_octets=40 * answered,
        duration=1,
        flags_sent=SYN,
        flags_back=RST | ACK if answered else 0,
    )
