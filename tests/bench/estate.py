"""An estate of any size, and what its edges send: records of flows as a collector would make them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from flowlens.flows import body
from flowlens.flows.batch import FLOWS, Identity, pack
from flowlens.flows.columns import Columns, Format
from numpy.typing import NDArray

from tests.lambdas import kinesis
from tests.postgres import TENANT

FLOWS_PER_RECORD = 10_000
_SPOOL = UUID("00000000-0000-7000-8000-0000000000be")
_EXPORTER = "192.0.2.1"
_PER_CLIENT = 20  # edges of each client
_PORTS = np.array([443, 80, 22, 389, 53, 25, 636, 993], np.uint16)
_CLIENTS, _SERVERS = 0xFFFF_0A00_0000, 0xFFFF_0AC8_0000  # 10.0.0.0 and 10.200.0.0
Edges = NDArray[np.int64]


@dataclass(slots=True)
class Estate:
    """`size` edges, a twentieth as many clients and a hundredth as many servers."""

    size: int
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))
    _number: int = 0

    def introduction(self) -> list[bytes]:
        """Records in which every edge speaks once."""
        return self._records(np.arange(self.size))

    def traffic(self, records: int, speaking: int) -> list[bytes]:
        """Records in which so many of the edges speak, each as often as another."""
        chosen = np.random.default_rng(8).permutation(self.size)[:speaking]
        return self._records(self.random.choice(chosen, records * FLOWS_PER_RECORD))

    def _records(self, edges: Edges) -> list[bytes]:
        return [self._record(edges[at : at + FLOWS_PER_RECORD]) for at in range(0, len(edges), FLOWS_PER_RECORD)]

    def _record(self, edges: Edges) -> bytes:
        self._number += 1
        return pack(Identity(TENANT, _SPOOL, 1, self._number), FLOWS, body.encode(self._flows(edges), [_EXPORTER]))

    def _flows(self, edges: Edges) -> Columns:
        """Half of them answers, a tenth of them a first packet, all of the last minute."""
        rows, random, now = len(edges), self.random, int(time.time() * 1000)
        client, servers = edges // _PER_CLIENT, max(self.size // 100, _PER_CLIENT)
        server = (client + edges % _PER_CLIENT) % servers
        ends = (
            (_CLIENTS + client, random.integers(32768, 60999, rows)),
            (_SERVERS + server, _PORTS[server % len(_PORTS)]),
        )
        back = random.random(rows) < 0.5
        source, destination = (
            (np.where(back, there[0], here[0]), np.where(back, there[1], here[1])) for here, there in (ends, ends[::-1])
        )
        packets = random.geometric(0.1, rows)
        end = now - random.integers(0, 60_000, rows)
        values: dict[str, NDArray[np.generic]] = {
            "format": np.broadcast_to(np.uint8(Format.NETFLOW9), (rows,)),
            "ip_version": np.broadcast_to(np.uint8(4), (rows,)),
            "received": np.broadcast_to(np.int64(now), (rows,)),
            "start": end - random.integers(0, 30_000, rows),
            "end": end,
            "src_low": source[0].astype(np.uint64),
            "dst_low": destination[0].astype(np.uint64),
            "src_port": source[1].astype(np.uint16),
            "dst_port": destination[1].astype(np.uint16),
            "protocol": np.broadcast_to(np.uint8(6), (rows,)),
            "tcp_flags": np.where((random.random(rows) < 0.2) & ~back, 0x02, np.where(packets == 1, 0x10, 0x1B)).astype(
                np.uint16
            ),
            "packets": packets.astype(np.uint64),
            "octets": (packets * random.integers(40, 1500, rows)).astype(np.uint64),
        }
        return Columns(rows, values)  # type: ignore[arg-type]


def event(payloads: Sequence[bytes]) -> bytes:
    """An invocation's event, as Lambda receives it."""
    return json.dumps(kinesis(payloads)).encode()
