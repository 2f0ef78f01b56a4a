"""One small estate, and how three clouds log it: who talks to whom, and how much went each way."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import NamedTuple

NOW = int(time.time()) // 60 * 60 - 120  # s; a whole minute, lately


class Talk(NamedTuple):
    """A client, a server, a service, and what went each way as (packets, octets)."""

    client: str
    server: str
    protocol: int
    port: int
    source_port: int
    there: tuple[int, int]
    back: tuple[int, int]

    @property
    def ways(self) -> list[tuple[str, str, int, int, tuple[int, int], bool]]:
        return [
            (self.client, self.server, self.source_port, self.port, self.there, True),
            (self.server, self.client, self.port, self.source_port, self.back, False),
        ]


ESTATE = [
    Talk("10.1.0.10", "10.2.0.5", 6, 443, 40_001, (12, 1_800), (20, 24_000)),
    Talk("10.1.0.11", "10.2.0.5", 6, 443, 40_002, (7, 900), (9, 8_000)),
    Talk("10.2.0.5", "10.3.0.9", 6, 5432, 41_000, (100, 9_000), (300, 400_000)),
    Talk("10.1.0.10", "10.4.0.1", 17, 53, 50_000, (1, 70), (1, 200)),
    Talk("10.1.0.12", "198.51.100.7", 6, 22, 42_000, (5, 600), (5, 700)),
]
EDGES = {(t.client, t.server, t.protocol, t.port) for t in ESTATE}
THERE, BACK = sum(t.there[1] for t in ESTATE), sum(t.back[1] for t in ESTATE)


def aws_log() -> bytes:
    """Each end's interface logs both ways."""
    lines = [
        "account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action tcp-flags"
    ]
    for t in ESTATE:
        for src, dst, sport, dport, (packets, octets), asks in t.ways:
            for end in (t.client, t.server):
                flags = (2 if asks else 18) if t.protocol == 6 else 0
                what = f"{src} {dst} {sport} {dport} {t.protocol} {packets} {octets} {NOW} {NOW + 10} ACCEPT {flags}"
                lines.append(f"123456789012 eni-{int(ip_address(end)):017x} {what}")
    return "\n".join([*lines, ""]).encode()


def azure_log() -> bytes:
    """Each end's interface logs one tuple, which says who began."""
    records = [
        {
            "flowLogResourceID": "/flowlog",
            "targetResourceID": "/vnet",
            "macAddress": end,
            "flowRecords": {"flows": [{"flowGroups": [{"rule": "r", "flowTuples": [_tuple(t, end == t.client)]}]}]},
        }
        for t in ESTATE
        for end in (t.client, t.server)
    ]
    return json.dumps({"records": records}).encode()


def _tuple(t: Talk, outbound: bool) -> str:
    ends = f"{t.client},{t.server},{t.source_port},{t.port},{t.protocol},{'O' if outbound else 'I'}"
    return f"{NOW}500,{ends},E,NX,{t.there[0]},{t.there[1]},{t.back[0]},{t.back[1]}"


def google_log() -> bytes:
    """Both ends report each way."""
    at = datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%dT%H:%M:%S.5Z")
    lines = []
    for t in ESTATE:
        for src, dst, sport, dport, (packets, octets), _ in t.ways:
            ends = {"src_instance": {"vm_name": src}, "dest_instance": {"vm_name": dst}}
            connection = {"src_ip": src, "dest_ip": dst, "src_port": sport, "dest_port": dport, "protocol": t.protocol}
            counted = {"packets_sent": str(packets), "bytes_sent": str(octets), "start_time": at, "end_time": at}
            entry = {"connection": connection} | ends | counted
            lines += [json.dumps({"jsonPayload": {"reporter": reporter} | entry}) for reporter in ("SRC", "DEST")]
    return "\n".join([*lines, ""]).encode()
