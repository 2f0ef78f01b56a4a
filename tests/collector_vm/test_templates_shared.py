"""Collectors that are replaced and restarted: the next one reads data whose template only the last one saw."""

from __future__ import annotations

import os
import signal
import socket
import struct
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import pytest
from flowlens.flows.decoding import DecoderState
from flowlens.tables.templates import templates
from moto.server import ThreadedMotoServer

from tests.collector_vm.kinesis import Sink
from tests.collector_vm.running import Running, collector, eventually, send
from tests.recordings import TOTALS, payloads
from tests.unit.flows.decoding.test_lessons import feed, has_template
from tests.unit.flows.decoding.wire import flow_set, record, template, v9

TABLE = "templates"
TEMPLATED = [name for name in TOTALS if "v9" in name or "ipfix" in name]
WIDE = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 8), (2, 8))  # what an upgrade made of template 256


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[str]:
    """An emulated DynamoDB for processes, with the table."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    given = {
        "AWS_ENDPOINT_URL_DYNAMODB": address,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        templates(TABLE).create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        yield address
    server.stop()


@pytest.fixture
def empty(dynamodb: str) -> str:  # noqa: ARG001
    for row in templates(TABLE).scan():
        row.delete()
    return TABLE


def stored() -> int:
    return sum(1 for _ in templates(TABLE).scan())


def divided(name: str) -> tuple[list[bytes], list[bytes]]:
    """The datagrams of a recording that hold templates, and the first ones that hold none."""
    with_: list[bytes] = []
    without: list[bytes] = []
    for _, datagram in payloads(name):
        (with_ if has_template(datagram) else without).append(datagram)
    return with_, without[:40]


def decoded(started: Running) -> int:
    return started.counter("flows")


def all_flows(with_: list[bytes], without: list[bytes]) -> int:
    """As many as one process finds in them that has seen the templates."""
    state = DecoderState()
    feed(state, *with_)
    return feed(state, *without).rows


@pytest.mark.parametrize("name", TEMPLATED)
def test_a_collector_in_anothers_place_decodes_the_first_datagram(tmp_path: Path, empty: str, name: str) -> None:
    with_, without = divided(name)
    expected = all_flows(with_, without)
    assert expected > 40
    with Sink().serving() as endpoint:
        with collector(endpoint, tmp_path / "one", templates_table=empty) as first:
            send(with_, first.netflow)
            assert eventually(lambda: stored() > 0)
            assert first.stop() == 0
        with collector(endpoint, tmp_path / "two", templates_table=empty) as second:
            send(without, second.netflow)
            assert eventually(lambda: decoded(second) == expected), decoded(second)
            assert second.counter("template_missing") == 0
            assert second.counter("templates_recalled") > 0
            assert second.stop() == 0


def test_after_kill_9_the_copy_beside_the_spool_is_enough(tmp_path: Path) -> None:
    with_, without = divided("softflowd_v9")
    with Sink().serving() as endpoint, collector(endpoint, tmp_path / "spool") as started:
        send(with_, started.netflow)
        assert eventually((tmp_path / "spool/worker-0/templates").exists)
        (worker,) = started.workers()
        os.kill(worker, signal.SIGKILL)
        assert eventually(lambda: started.well() and started.workers() not in ([], [worker]))
        send(without, started.netflow)
        assert eventually(lambda: decoded(started) == all_flows(with_, without))
        assert started.counter("template_missing") == 0
        assert started.stop() == 0


def test_a_refused_exporter_teaches_nobody(tmp_path: Path, empty: str) -> None:
    with_, _ = divided("softflowd_v9")
    with Sink().serving() as endpoint:
        with collector(endpoint, tmp_path / "one", templates_table=empty, unknown_exporters="hold") as first:
            send(with_, first.netflow)
            assert eventually(lambda: first.counter("not_enrolled", "other") == len(with_))
            assert first.stop() == 0
        assert stored() == 0


@contextmanager
def silent() -> Iterator[str]:
    """Takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("table", [nullcontext("http://127.0.0.1:9"), silent()], ids=["away", "silent"])
def test_while_the_table_gives_no_answer_nothing_is_lost_that_was_not_lost_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: AbstractContextManager[str]
) -> None:
    datagrams = [payload for _, payload in payloads("softflowd_ipfix")]
    with table as address, Sink().serving() as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", address)
        with collector(endpoint, tmp_path / "one", templates_table=TABLE) as started:
            send(datagrams, started.netflow)
            assert eventually(lambda: decoded(started) == TOTALS["softflowd_ipfix"].flows)
            assert eventually(lambda: "template_store_failures_total 0" not in started.get("/metrics")[1], 60)
            assert started.counter("template_missing") == 0
            assert started.stop() == 0


def test_of_two_collectors_with_two_firmwares_templates_each_believes_the_wire(tmp_path: Path, empty: str) -> None:
    row = struct.pack(">IIHHBQQ", 0x0A000001, 0x0A000002, 40_000, 443, 6, 1 << 33, 10)
    with (
        Sink().serving() as endpoint,
        collector(endpoint, tmp_path / "one", templates_table=empty) as old,
        collector(endpoint, tmp_path / "two", templates_table=empty) as new,
    ):
        send([v9(template(256))], old.netflow)
        assert eventually(lambda: stored() == 1)
        send([v9(flow_set(256, record()))], new.netflow)  # it knows template 256 from the table
        assert eventually(lambda: decoded(new) == 1)
        send([v9(template(256, WIDE)), v9(flow_set(256, row))], new.netflow)
        assert eventually(lambda: decoded(new) == 2)
        send([v9(flow_set(256, record()))] * 3, old.netflow)
        assert eventually(lambda: decoded(old) == 3)
        assert new.counter("template_redefined") == 1
        assert old.counter("template_redefined") == 0
        assert (old.stop(), new.stop()) == (0, 0)
