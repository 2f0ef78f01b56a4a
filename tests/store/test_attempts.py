"""Attempts: what was denied is kept by edge, sums in any order, and is no dependency."""

from __future__ import annotations

import io
import time
from uuid import UUID

import pytest
from flowlens.flows.columns import Format
from flowlens.flows.files import aws_vpc
from flowlens.flows.reading import About
from flowlens.flows.reading.records import records
from flowlens.flows.reading.tally import Tally
from flowlens.services import merging
from flowlens.services import records as services
from flowlens.store.attempts import MOST_PORTS, Wanted, page
from flowlens.store.connection import Connection, tenant_transaction

from tests.postgres import TENANT

END = int(time.time()) - 120
HEADER = "account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"
ENI = "123456789012 eni-0123456789abcdef0"


def log(*lines: str) -> bytes:
    return (HEADER + "".join(f"{ENI} {line} {END - 60} {END} {way}\n" for line, way in map(_split, lines))).encode()


def _split(line: str) -> tuple[str, str]:
    flow, _, action = line.rpartition(" ")
    return flow, f"{action} OK"


def payloads(number: int, *lines: str) -> list[bytes]:
    bodies = aws_vpc.read(io.BytesIO(log(*lines)), About(), Tally())
    return [data for data, _ in records(bodies, tenant=TENANT, source=UUID(int=number), most=1 << 20)]


class _Nowhere:
    url = "memory:"

    def put(self, files: object) -> None:
        """The archive is not what is tested."""


def count(app: Connection, *given: bytes) -> None:
    assert services.Desk(app, _Nowhere(), given).settle().errors == [None] * len(given)  # type: ignore[arg-type]
    merging.merge_all(app, TENANT)


def attempts(app: Connection, **wanted: object) -> list[tuple[object, ...]]:
    with tenant_transaction(app, TENANT):
        found = page(app, TENANT, Wanted(**wanted), limit=100)  # type: ignore[arg-type]
    return sorted((a.client, a.server, a.protocol, a.port, a.flows, a.packets, a.allowed) for a in found)


def dependencies(app: Connection) -> int:
    with tenant_transaction(app, TENANT):
        return int((app.execute("SELECT count(*) FROM dependencies").fetchone() or (0,))[0])


REFUSED = "203.0.113.9 10.0.0.5 40000 22 6 3 180 REJECT"
ALLOWED = "10.0.0.7 10.0.0.5 40001 443 6 5 500 ACCEPT"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_attempts_add_up_in_any_order_and_a_repeated_record_adds_nothing(
    app: Connection, order: tuple[int, int]
) -> None:
    both = [*payloads(1, REFUSED, ALLOWED), *payloads(2, REFUSED)]
    count(app, both[order[0]])
    count(app, both[order[1]])
    count(app, *both)
    assert attempts(app) == [("203.0.113.9", "10.0.0.5", 6, 22, 2, 6, False)]
    assert dependencies(app) == 1


def test_what_was_refused_alone_is_no_dependency_and_makes_no_asset(app: Connection) -> None:
    count(app, *payloads(1, REFUSED, "2001:db8::1 2001:db8::2 1024 53 17 1 60 REJECT"))
    assert [row[:4] for row in attempts(app)] == [
        ("2001:db8::1", "2001:db8::2", 17, 53),
        ("203.0.113.9", "10.0.0.5", 6, 22),
    ]
    assert dependencies(app) == 0
    with tenant_transaction(app, TENANT):
        assert app.execute("SELECT count(*) FROM assets").fetchone() == (0,)


def test_an_edge_that_is_allowed_too_says_so_and_attempts_are_found_by_their_ends(app: Connection) -> None:
    count(app, *payloads(1, ALLOWED, ALLOWED.replace("ACCEPT", "REJECT"), REFUSED))
    assert attempts(app, server="10.0.0.5", port=443) == [("10.0.0.7", "10.0.0.5", 6, 443, 1, 5, True)]
    assert attempts(app, client="10.0.0.8") == []


def scan(ports: range, *, client: str = "203.0.113.9", protocol: int = 6) -> list[str]:
    return [f"{client} 10.0.0.5 65535 {port} {protocol} 1 40 REJECT" for port in ports]


def test_a_scan_of_all_ports_is_few_rows_and_nothing_of_it_is_lost(app: Connection) -> None:
    given = [*payloads(1, *scan(range(1, 20_001))), *payloads(2, *scan(range(15_001, 65_535)))]
    count(app, *given)
    count(app, *given)
    with tenant_transaction(app, TENANT):
        rows = app.execute("SELECT port, flows FROM attempts ORDER BY port").fetchall()
    assert [port for port, _ in rows] == list(range(MOST_PORTS + 1))
    assert sum(flows for _, flows in rows) == 20_000 + 50_534, "each once, though some were tried in both records"


def test_the_next_port_of_a_scan_is_folded_and_a_known_port_and_another_client_are_not(app: Connection) -> None:
    count(app, *payloads(1, *scan(range(1, MOST_PORTS + 1))))
    others = scan(range(22, 23), client="203.0.113.10")
    count(app, *payloads(2, *scan(range(7, 8)), *scan(range(8_000, 8_003)), *others))
    count(app, *payloads(3, *scan(range(9_000, 9_001)), *scan(range(1), protocol=1)))
    with tenant_transaction(app, TENANT):
        rows = app.execute("SELECT host(client), protocol, port, flows FROM attempts WHERE flows > 1 OR port = 0")
        found = sorted(rows.fetchall())
        (total,) = app.execute("SELECT count(*) FROM attempts").fetchone() or (0,)
    assert found == [("203.0.113.9", 1, 0, 1), ("203.0.113.9", 6, 0, 4), ("203.0.113.9", 6, 7, 2)]
    assert total == MOST_PORTS + 3


def test_an_interface_whose_flows_are_all_refused_was_seen(app: Connection) -> None:
    count(app, *payloads(11, REFUSED))
    with tenant_transaction(app, TENANT):
        seen = app.execute("SELECT formats, extract(epoch FROM last_seen)::bigint FROM flow_sources").fetchall()
    assert seen == [([Format.AWS_VPC], END)]
