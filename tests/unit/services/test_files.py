"""Flow logs onto the stream: everything is put, a full stream is waited for, one that stays full is given up."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import pytest
from flowlens.aws.stream import Stream
from flowlens.services.files import Log, Unshipped, ship

from tests.bench import files

TENANT = UUID(int=1)


class Kinesis:
    """Refuses every second record for the first calls, as a busy shard does."""

    def __init__(self, *, busy: int) -> None:
        self.busy = busy
        self.taken: list[bytes] = []

    def put_records(self, *, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert StreamName == "flows"
        self.busy -= 1
        answers = []
        for at, record in enumerate(Records):
            if self.busy >= 0 and at % 2 == 0:
                answers.append({"ErrorCode": "ProvisionedThroughputExceededException"})
            else:
                answers.append({"SequenceNumber": "1"})
                self.taken.append(record["Data"])
        return {"Records": answers}


def log(rows: int) -> Log:
    return Log(io.BytesIO(files.text(files.columns(rows))), "s3://logs/one#v1")


def shipped(kinesis: Any, rows: int) -> tuple[int, int]:
    pauses: list[float] = []
    found = ship(log(rows), Stream("flows", kinesis), tenant=TENANT, patience=5, pause=pauses.append)
    return found.flows, len(pauses)


def test_a_busy_stream_gets_every_record_once() -> None:
    calm, busy = Kinesis(busy=0), Kinesis(busy=2)
    assert shipped(calm, 60_000) == (54_000, 0)
    assert shipped(busy, 60_000) == (54_000, 2)
    assert sorted(calm.taken) == sorted(busy.taken)


def test_a_stream_that_takes_nothing_is_given_up_with_its_reason() -> None:
    with pytest.raises(Unshipped, match="ProvisionedThroughputExceeded"):
        shipped(Kinesis(busy=1_000), 10)
