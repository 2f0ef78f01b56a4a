"""The aggregate: records of the stream become rows, each once; what cannot be counted is kept and named."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import boto3
import numpy as np
import psycopg
import pytest
from flowlens.aws import archive, parquet, secrets
from flowlens.flows import report
from flowlens.flows.batch import REPORT, Identity, pack, unpack
from flowlens.flows.report import ExporterReport, Report
from flowlens.services import merging
from flowlens.store import retention
from flowlens.store.connection import Connection, tenant_transaction
from moto import mock_aws

from functions.stream import aggregate
from tests.lambdas import context, failed, kinesis
from tests.postgres import APP, TENANT, Server
from tests.traffic import SPOOL, flows, record

NOW = int(time.time() * 1000)
LINE = "10.1.0.1:40000 > 10.200.0.1:443 tcp octets=100"
COLLECTOR = UUID("00000000-0000-7000-8000-0000000000c0")
Send = Callable[..., list[int]]


@pytest.fixture
def kept(tmp_path: Path) -> archive.Archive:
    return archive.at(tmp_path.as_uri())


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch, postgres: Server, app: Connection, kept: archive.Archive) -> Generator[Send]:
    """Hands payloads to the handler as one batch and says which failed."""
    monkeypatch.setenv("DATABASE_SECRET", "database")
    monkeypatch.setenv("ARCHIVE_URL", kept.url)
    for cached in (aggregate.settings, aggregate.database, aggregate.archived, secrets.client):
        cached.cache_clear()
    with mock_aws():
        secret = json.dumps(postgres.secret(APP, app.info.dbname))
        boto3.client("secretsmanager").create_secret(Name="database", SecretString=secret)

        def sent(*payloads: bytes) -> list[int]:
            answer = failed(aggregate.handler(kinesis(payloads), context()))
            merging.merge_all(app, TENANT)
            return answer

        yield sent
    aggregate.database().close()


def good(number: int, *lines: str) -> bytes:
    return record(number, flows(*(lines or (LINE,)), now=NOW), tenant=TENANT)


def one(app: Connection, query: str) -> tuple[object, ...]:
    with tenant_transaction(app, TENANT):
        return app.execute(query.encode()).fetchone() or ()


def totals(app: Connection) -> tuple[object, ...]:
    return one(app, "SELECT count(*), sum(flows), sum(octets_sent), sum(octets_received) FROM dependencies")


def test_a_conversation_is_counted_with_its_evidence(send: Send, app: Connection) -> None:
    answers = "10.200.0.1:443 > 10.1.0.1:40000 tcp octets=900"
    assert send(good(1, LINE + " flags=S", answers)) == []
    assert totals(app) == (1, 2, 100, 900)
    ends = """SELECT host(c.address), host(s.address), d.port, d.protocol, d.by_flags, d.first_evidence
                FROM dependencies d
                JOIN assets c ON c.asset_id = d.client_id
                JOIN assets s ON s.asset_id = d.server_id"""
    *edge, evidence = one(app, ends)
    assert edge == ["10.1.0.1", "10.200.0.1", 443, 6, 2]
    assert evidence == {
        "exporter": "192.0.2.1",
        "format": "ipfix",
        "domain": 0,
        "evidence": "flags",
        "source": str(SPOOL),
        "epoch": 7,
        "record": 1,
    }


def test_a_conversation_is_kept_by_minute_and_its_hour_waits_to_be_folded(send: Send, app: Connection) -> None:
    send(good(1), good(2))
    assert one(app, "SELECT sum(flows), sum(octets_sent), count(DISTINCT minute) FROM conversation_minutes") == (
        2,
        200,
        1,
    )
    (stale,) = one(app, "SELECT array_agg(extract(epoch FROM hour)::bigint) FROM stale_hours")
    assert stale == [NOW // 3_600_000 * 3600]


def test_a_record_that_comes_again_counts_once(send: Send, app: Connection) -> None:
    assert send(good(1), good(2), good(1)) == []
    assert send(good(2)) == []
    assert totals(app)[1] == 2


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("poison", ["bytes", "body", "tenant"])
def test_the_others_of_a_batch_count_wherever_the_poison_is(
    send: Send, app: Connection, kept: archive.Archive, position: int, poison: str
) -> None:
    bad = {
        "bytes": b"no record",
        "body": pack(Identity(TENANT, SPOOL, 7, 99), 1, b"no flows"),
        "tenant": record(99, flows(LINE), tenant=UUID(int=1)),
    }[poison]
    payloads = [good(1), good(2)]
    payloads.insert(position, bad)
    assert send(*payloads) == [position]
    assert totals(app)[1] == 2
    assert send(bad) == [0]
    (file,) = Path(kept.url.removeprefix("file://")).glob("dead/*")
    assert file.read_bytes() == bad


def test_a_poison_record_with_a_readable_header_is_noted_once(
    send: Send, app: Connection, kept: archive.Archive
) -> None:
    bad = pack(Identity(TENANT, SPOOL, 7, 99), 1, b"no flows")
    send(bad)
    send(bad)
    source, epoch, number, reason, location = one(
        app, "SELECT source, epoch, record, reason, location FROM dead_letters"
    )
    assert (source, epoch, number, reason) == (SPOOL, 7, 99, "body_ipc")
    assert kept.get(str(location).removeprefix(kept.url + "/")) == bad


def test_a_record_that_counts_after_all_is_no_longer_dead(send: Send, app: Connection) -> None:
    assert send(pack(Identity(TENANT, SPOOL, 7, 1), 1, b"no flows")) == [0]
    assert send(good(1)) == []
    assert one(app, "SELECT count(*) FROM dead_letters") == (0,)


def test_something_else_under_a_counted_name_is_refused_and_kept(
    send: Send, app: Connection, kept: archive.Archive
) -> None:
    other = good(1, LINE.replace("octets=100", "octets=7"))
    assert send(good(1)) == []
    assert send(good(2), other, good(3)) == [1]
    assert send(other) == [0]
    assert totals(app) == (1, 3, 300, 0)
    reason, location = one(app, "SELECT reason, location FROM dead_letters")
    assert reason == "record_conflict"
    assert kept.get(str(location).removeprefix(kept.url + "/")) == other
    assert len(list(Path(kept.url.removeprefix("file://")).glob("*/*/*/7/1-*.parquet"))) == 2


def test_of_two_contents_under_one_name_in_a_batch_the_first_counts(send: Send, app: Connection) -> None:
    assert send(good(1), good(1, LINE.replace("octets=100", "octets=7"))) == [1]
    assert totals(app) == (1, 1, 100, 0)


def test_a_damaged_copy_of_a_counted_record_is_a_conflict_not_a_loss(send: Send, app: Connection) -> None:
    assert send(good(1)) == []
    assert send(good(1)[:-1] + b"?") == [0]
    assert one(app, "SELECT reason FROM dead_letters") == ("record_conflict",)


def test_a_name_whose_digest_is_forgotten_still_counts_once(send: Send, app: Connection, owner: Connection) -> None:
    assert send(good(1)) == []
    with tenant_transaction(owner, TENANT):
        assert retention.forget_digests(owner, TENANT, datetime.now(UTC) + retention.DIGESTS) == 1
    assert send(good(1)) == []
    assert totals(app)[1] == 1


def test_a_report_with_the_name_of_another_is_refused(send: Send, app: Connection) -> None:
    first, second = (
        pack(Identity(TENANT, SPOOL, 7, 1), REPORT, report.encode(Report(COLLECTOR, NOW, at, (), {})))
        for at in (NOW, NOW + 1)
    )
    assert send(first) == []
    assert send(first) == []
    assert send(second) == [0]
    assert one(app, "SELECT reason FROM dead_letters") == ("record_conflict",)


def test_each_counted_record_is_archived_as_parquet(send: Send, kept: archive.Archive) -> None:
    sent = flows(LINE, "[2001:db8::1]:40000 > [2001:db8::2]:53 udp", now=NOW)
    bytes_sent = record(5, sent, tenant=TENANT)
    send(bytes_sent)
    digest = unpack(bytes_sent).digest.hex()[:8]
    day = time.strftime("%Y-%m-%d", time.gmtime(NOW / 1000))
    columns, metadata = parquet.decode(kept.get(f"{TENANT}/{day}/{SPOOL}/7/5-{digest}.parquet"))
    assert json.loads(metadata["exporters"]) == ["192.0.2.1"]
    for name, values in sent.values.items():
        assert np.array_equal(columns[name], values), name


def test_flows_of_a_time_beyond_the_partitions_count_in_totals_only(send: Send, app: Connection) -> None:
    assert send(good(1, LINE + f" sent={-400 * 86_400_000}", LINE)) == []
    assert totals(app)[1] == 2
    assert one(app, "SELECT sum(flows) FROM conversation_minutes") == (1,)


def test_a_late_record_lands_in_its_own_minute(send: Send, app: Connection) -> None:
    send(good(2))
    send(good(1, LINE + " sent=-86400000"))
    assert one(app, "SELECT count(DISTINCT minute), sum(flows) FROM conversation_minutes") == (2, 2)
    alive = "SELECT array_length(array_agg(part), 1) FROM dependencies, unnest(during) AS part"
    assert one(app, alive) == (2,)


def test_a_lying_counter_stops_at_the_most_and_poisons_nothing(send: Send, app: Connection) -> None:
    lie = good(1, *[LINE.replace("octets=100", f"octets={2**64 - 1}")] * 9000)
    others = [
        record(n, flows(*[LINE.replace("octets=100", f"octets={2**64 - 1}")] * 9000, now=NOW), tenant=TENANT)
        for n in (2, 3)
    ]
    assert send(lie, *others, good(4, LINE.replace(":443", ":80"))) == []
    assert one(app, "SELECT max(octets_sent), min(octets_sent) FROM dependencies") == (2**62 - 1, 100)


def test_the_handler_fails_as_a_whole_when_the_database_is_out_of_reach(
    send: Send, app: Connection, postgres: Server
) -> None:
    send(good(1))
    aggregate.database().close()
    gone = json.dumps({**postgres.secret(APP, app.info.dbname), "port": 1})
    boto3.client("secretsmanager").put_secret_value(SecretId="database", SecretString=gone)
    with pytest.raises(psycopg.OperationalError):
        aggregate.handler(kinesis([good(2)]), context(left_ms=1000))  # with more time it waits


def told(number: int, at_ms: int, state: report.State, received: int) -> bytes:
    exporter = ExporterReport("192.0.2.9", state, (10,), 1000, at_ms, {"received": received})
    body = report.encode(Report(COLLECTOR, 500, at_ms, (exporter,), {"kernel_dropped": received}))
    return pack(Identity(TENANT, SPOOL, 7, number), REPORT, body)


def test_a_report_makes_the_source_that_it_holds_and_keeps_its_counters(send: Send, app: Connection) -> None:
    assert send(told(1, 2000, "held", 5)) == []
    source = "SELECT host(exporter), state, formats, extract(epoch FROM last_seen)::bigint FROM flow_sources"
    assert one(app, source) == ("192.0.2.9", "held", [10], 2)
    assert one(app, "SELECT collector, counters FROM source_counters") == (COLLECTOR, {"received": 5})
    assert one(app, "SELECT collector, counters FROM collector_counters") == (COLLECTOR, {"kernel_dropped": 5})


def test_of_two_reports_the_later_one_holds_whatever_their_order(send: Send, app: Connection) -> None:
    send(told(2, 3000, "accepted", 7))
    send(told(1, 2000, "accepted", 5))
    assert one(app, "SELECT counters FROM source_counters") == ({"received": 7},)


def test_a_source_that_only_its_flows_speak_of_is_seen_in_them(send: Send, app: Connection) -> None:
    send(good(2, LINE + " at=-50000"), good(1, LINE + " at=-90000"))
    seen = "SELECT formats, extract(epoch FROM last_seen - first_seen)::int FROM flow_sources"
    assert one(app, seen) == ([10], 40)


def test_a_source_that_a_collector_reports_is_seen_by_the_collectors_clock(send: Send, app: Connection) -> None:
    exporter = ("192.0.2.9",)
    send(told(1, 2000, "accepted", 5))
    send(record(2, flows(LINE, now=NOW), tenant=TENANT, exporters=exporter))
    assert one(app, "SELECT extract(epoch FROM last_seen)::bigint FROM flow_sources") == (2,)


def test_a_report_changes_no_decision(send: Send, app: Connection) -> None:
    send(told(1, 2000, "held", 5))
    send(told(2, 3000, "accepted", 6))
    assert one(app, "SELECT state FROM flow_sources") == ("held",)


def test_an_exporter_that_is_no_address_is_set_aside(send: Send, app: Connection) -> None:
    assert send(record(1, flows(LINE, now=NOW), tenant=TENANT, exporters=("nonsense",)), good(2)) == [0]
    assert totals(app)[1] == 1
