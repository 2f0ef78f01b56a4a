"""A large estate as columns: datacenters, environments and applications of about 25 hosts, and who talks to whom.

The same sizes and seed give the same assets and dependencies; only the times follow the clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network

import numpy as np
from flowlens.flows.columns import Columns, Format
from numpy.typing import NDArray

Ints = NDArray[np.int64]

FLOWS_PER_RECORD = 20_000
SITES = (
    ("ams", "Amsterdam"),
    ("fra", "Frankfurt"),
    ("nyc", "New York"),
    ("sin", "Singapore"),
    ("lon", "London"),
    ("syd", "Sydney"),
    ("gru", "São Paulo"),
    ("bom", "Mumbai"),
)
ENVIRONMENTS = ("production", "staging", "development")
ROLES = ("lb", "web", "app", "db", "cache", "queue", "batch")
EXPORTERS = [f"198.51.100.{site + 1}" for site in range(len(SITES))]
PER_APPLICATION = 25

_HOUR, _MINUTE = 3_600_000, 60_000  # ms
_PORTS = np.array([443, 8080, 5432, 6379, 9092, 3306, 22, 50051, 9100, 514], np.int64)
_NAMES = np.array([53, 123, 636, 443], np.int64)  # what the hubs serve: names, time, directory, proxy
_UDP_PORTS = (53, 123, 514)
_MAPPED = 0xFFFF << 32
_TEN, _OUTSIDE = 10 << 24, 93 << 24  # where ours begin, and the others
_SHARE_OUTSIDE = 25  # one asset in so many is not ours
_STAGING, _DEVELOPMENT = 0.6, 0.85  # up to where the applications are production, then staging
_STRIDE = 5 << 16  # between the environments of a site: five /16 each
_ALIVE = 0.92  # of the dependencies go on to this day
_MOST_EARLIER = 3  # hours before the last one in which a dependency speaks too: half as many on average


@dataclass(frozen=True, slots=True)
class Block:
    """A network and what is true of all its addresses."""

    network: IPv4Network
    attributes: dict[str, str]


@dataclass(frozen=True)
class LargeEstate:
    """Every asset is seen where there are as many dependencies."""

    assets: int
    dependencies: int
    seed: int = 1

    @cached_property
    def _ours(self) -> int:
        return self.assets - self.assets // _SHARE_OUTSIDE

    @cached_property
    def _applications(self) -> tuple[Ints, Ints, Ints]:
        """(site, environment, first address) of each application: a /26 of its own."""
        count = -(-self._ours // PER_APPLICATION)
        random = np.random.default_rng(self.seed)
        site = np.arange(count) % len(SITES)
        chance = random.random(count)
        environment = (chance > _STAGING).astype(np.int64) + (chance > _DEVELOPMENT)
        first = np.zeros(count, np.int64)
        for place in range(len(SITES) * len(ENVIRONMENTS)):
            here = np.flatnonzero((site == place % len(SITES)) & (environment == place // len(SITES)))
            base = _TEN + (place % len(SITES) << 20) + place // len(SITES) * _STRIDE
            first[here] = base + np.arange(len(here)) * 64
        return site, environment, first

    @cached_property
    def address(self) -> Ints:
        """IPv4, as a number: ours first, by application, then those outside."""
        asset = np.arange(self._ours)
        ours = self._applications[2][asset // PER_APPLICATION] + 1 + asset % PER_APPLICATION
        outside = _OUTSIDE + np.arange(self.assets - self._ours) * 7919 % (1 << 24)
        return np.concatenate([ours, outside])

    def names(self) -> list[str]:
        """Of ours."""
        site, kinds = self._applications[0].tolist(), len(ROLES)
        return [
            f"{ROLES[member % kinds]}-{member // kinds + 1:02}.app-{application:04}.{SITES[site[application]][0]}"
            for application, member in (divmod(asset, PER_APPLICATION) for asset in range(self._ours))
        ]

    def blocks(self) -> list[Block]:
        """Sites, the environments in them and the applications in those, the widest first."""
        _, environments, firsts = self._applications
        found = [
            Block(IPv4Network((_TEN + (at << 20), 12)), {"datacenter": code.upper(), "location": city})
            for at, (code, city) in enumerate(SITES)
        ]
        widest = np.unique(firsts >> 16 << 16, return_index=True)
        for network, at in zip(widest[0].tolist(), widest[1].tolist(), strict=True):
            found.append(Block(IPv4Network((network, 16)), {"environment": ENVIRONMENTS[environments[at]]}))
        for at, first in enumerate(firsts.tolist()):
            team = f"team {at % 40 + 1}"
            found.append(Block(IPv4Network((first, 26)), {"application": f"app-{at:04}", "team": team}))
        return found

    @cached_property
    def edges(self) -> tuple[Ints, Ints, Ints]:
        """(client, server, port): most within an application, some within a site, to hubs, or anywhere."""
        random = np.random.default_rng(self.seed + 1)
        found = self._everyone()
        while len(found) < self.dependencies:
            drawn = self._drawn(random, self.dependencies * 5 // 4)
            both = np.concatenate([found, drawn])
            found = both[np.sort(np.unique(both, return_index=True)[1])]
        kept = found[: self.dependencies]
        return kept >> 40, kept >> 16 & 0xFF_FFFF, kept & 0xFFFF

    def _everyone(self) -> Ints:
        """One dependency for each asset, so that all are seen: on the next of its application, or from one of ours."""
        ours, asset = self._ours, np.arange(self._ours)
        first = asset // PER_APPLICATION * PER_APPLICATION
        following = first + (asset - first + 1) % np.minimum(PER_APPLICATION, ours - first)
        outside = np.arange(ours, self.assets)
        client, server = np.concatenate([asset, outside % ours]), np.concatenate([following, outside])
        return _packed(client, server, np.full(len(client), _PORTS[0]))

    def _drawn(self, random: np.random.Generator, count: int) -> Ints:
        ours, kind = self._ours, random.random(count)
        client = random.integers(0, ours, count)
        application, sites = client // PER_APPLICATION, len(SITES)
        neighbour = np.minimum(application * PER_APPLICATION + random.integers(0, PER_APPLICATION, count), ours - 1)
        there = application + sites * random.integers(-20, 20, count)
        near = np.clip(there, 0, (ours - 1) // PER_APPLICATION) * PER_APPLICATION + random.integers(0, 7, count)
        hub = application % sites * PER_APPLICATION + random.integers(0, 4, count)
        server = np.select(
            [kind < 0.7, kind < 0.88, kind < 0.98], [neighbour, near, hub], self._anywhere(random, count)
        )
        port = np.where((kind >= 0.88) & (kind < 0.98), _NAMES[hub % 4], _PORTS[random.integers(0, len(_PORTS), count)])
        server = np.minimum(server, self.assets - 1)
        return _packed(client, server, port)

    def _anywhere(self, random: np.random.Generator, count: int) -> Ints:
        inside, outside = random.integers(0, self._ours, count), random.integers(self._ours, self.assets, count)
        chosen: Ints = np.where(random.random(count) < 0.5, inside, outside)
        return chosen

    def records(self, now: int, hours: int) -> Iterator[Columns]:
        """Every flow of the last `hours` before `now` (ms), in the order of their hours."""
        edge, ago = self._spoken(hours)
        for hour in range(hours - 1, -1, -1):
            speaking = edge[ago == hour]
            for at in range(0, len(speaking), FLOWS_PER_RECORD):
                random = np.random.default_rng((self.seed, hour, at))
                part = speaking[at : at + FLOWS_PER_RECORD]
                end = now - hour * _HOUR - random.integers(0, 50 * _MINUTE, len(part))
                yield self._flows(random, part, end)

    def _spoken(self, hours: int) -> tuple[Ints, Ints]:
        """(which dependency, how many hours ago) of each flow: most go on to this day, and have spoken before."""
        random = np.random.default_rng((self.seed, self.dependencies))
        count = self.dependencies
        last = np.where(random.random(count) < _ALIVE, 0, random.integers(0, hours, count))
        edge = np.repeat(np.arange(count), 1 + random.integers(0, _MOST_EARLIER + 1, count))
        first = np.r_[True, edge[1:] != edge[:-1]]
        return edge, np.maximum(np.where(first, 0, random.integers(0, hours, len(edge))), last[edge])

    def _flows(self, random: np.random.Generator, edge: Ints, end: Ints) -> Columns:
        client, server, port = (column[edge] for column in self.edges)
        rows, site = len(client), self._applications[0]
        packets = random.geometric(0.02, rows)
        values: dict[str, NDArray[np.generic]] = {
            "exporter": site[client // PER_APPLICATION].astype(np.uint16),
            "format": np.full(rows, Format.NETFLOW9, np.uint8),
            "ip_version": np.full(rows, 4, np.uint8),
            "received": end,
            "start": end - random.integers(0, 30_000, rows),
            "end": end,
            "src_low": (_MAPPED | self.address[client]).astype(np.uint64),
            "dst_low": (_MAPPED | self.address[server]).astype(np.uint64),
            "src_port": random.integers(32_768, 60_999, rows).astype(np.uint16),
            "dst_port": port.astype(np.uint16),
            "protocol": np.where(np.isin(port, _UDP_PORTS), 17, 6).astype(np.uint8),
            "tcp_flags": np.where(np.isin(port, _UDP_PORTS), 0, 0x02).astype(np.uint16),
            "packets": packets.astype(np.uint64),
            "octets": (packets * random.integers(60, 1400, rows)).astype(np.uint64),
        }
        return Columns(rows, values)  # type: ignore[arg-type]


def _packed(client: Ints, server: Ints, port: Ints) -> Ints:
    """As one number each; nobody depends on itself."""
    packed: Ints = ((client << 40) | (server << 16) | port)[client != server]
    return packed
