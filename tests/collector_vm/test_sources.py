from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from flowlens.tables import flow_sources
from moto import mock_aws
from pynamodb.exceptions import QueryError

from collector_vm.enrolment import Enrolment

TENANT = UUID("00000000-0000-7000-8000-000000000001")


@contextmanager
def table(name: str) -> Iterator[type[flow_sources.FlowSource]]:
    with mock_aws():
        model = flow_sources.flow_sources(name)
        model.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        yield model


def test_the_states_of_one_tenant_are_read_from_the_table_that_is_named() -> None:
    with table("sources-a") as model:
        for tenant, exporter, state in (
            (TENANT, "192.0.2.1", "accepted"),
            (TENANT, "2001:db8::1", "refused"),
            (uuid4(), "192.0.2.3", "accepted"),
        ):
            model(str(tenant), exporter, state=state).save()
        assert flow_sources.states("sources-a", TENANT) == {"192.0.2.1": "accepted", "2001:db8::1": "refused"}


def test_many_sources_are_read_over_all_pages() -> None:
    with table("sources-b") as model, model.batch_write() as batch:
        for number in range(300):
            batch.save(model(str(TENANT), f"192.0.2.{number}", state="held", name="x" * 5_000))
        batch.commit()
        assert len(flow_sources.states("sources-b", TENANT)) == 300


def test_while_the_table_cannot_be_read_the_last_states_hold(capsys: pytest.CaptureFixture[str]) -> None:
    answers: list[dict[str, str] | Exception] = [
        {"192.0.2.1": "accepted", "192.0.2.2": "purple"},
        QueryError("away"),
        QueryError("still away"),
        {"192.0.2.1": "refused"},
    ]

    def read() -> dict[str, str]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    enrolment = Enrolment(read)
    taken = []
    for _ in range(4):
        enrolment.refresh()
        taken.append(enrolment.take())
    assert taken == [{"192.0.2.1": "accepted"}, None, None, {"192.0.2.1": "refused"}]
    assert capsys.readouterr().out.count("sources_unreadable") == 1


def test_reading_ends_when_it_is_told_to() -> None:
    stopping, reads = threading.Event(), list[int]()

    def read() -> dict[str, str]:
        reads.append(1)
        if len(reads) == 3:
            stopping.set()
        return {}

    Enrolment(read).run(stopping, 0.001)
    assert len(reads) == 3
