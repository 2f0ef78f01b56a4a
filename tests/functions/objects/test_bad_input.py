"""The issue's list of bad input, by name: each is refused with its reason, listed, and disturbs nothing beside it."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable

import pytest
from flowlens.store import dead_letters
from flowlens.store.connection import Connection, tenant_transaction

from tests.bench import files
from tests.functions.objects.test_read import aside, count, put, tell, world
from tests.postgres import TENANT

__all__ = ["world"]  # a fixture
GOOD = 9  # flows of ten lines, of which one was rejected


def good(app: Connection) -> None:
    """A log beside the bad one is counted."""
    assert tell(put(files.text(files.columns(10, begins=int(time.time()) - 120)), key="good.log")) == []
    assert count(app)[1] == GOOD


def long_line() -> bytes:
    """A line of 1 GB, packed."""
    return b"".join(gzip.compress(bytes([65 + n % 26]) * (10 << 20), 1) for n in range(103))


def bomb() -> bytes:
    """A log and 200 MB of nothing."""
    return gzip.compress(files.text(files.columns(10))) + gzip.compress(b"\n" * (20 << 20), 9) * 10


HEADER = b"version account-id interface-id srcaddr srcport\n2 1 eni-0 10.0.0.1 5\n"
BAD: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "gzip bomb": (bomb, {"file_bomb"}),
    "1 GB line": (long_line, {"file_line", "file_bomb", "file_format"}),
    "wrong encoding": (lambda: "srcaddr dstaddr end".encode("utf-16"), {"file_format"}),
    "header without required fields": (lambda: HEADER, {"file_header"}),
    "cut gzip": (lambda: gzip.compress(files.text(files.columns(10)))[:-20], {"file_gzip"}),
}


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("case", BAD)
def test_what_is_bad_has_a_name_is_listed_and_disturbs_nothing(app: Connection, case: str) -> None:
    made, reasons = BAD[case]
    told = put(made(), key=f"bad/{case}")
    assert tell(told) == []
    good(app)
    (reason,) = aside(app)
    assert reason in reasons
    with tenant_transaction(app, TENANT):
        (letter,) = dead_letters.page(app, TENANT, limit=2)
        dead_letters.decide(app, TENANT, letter.id, "retrying")
    assert tell(told) == []
    assert aside(app) == [reason], "a retry that comes to the same is open again"
    with tenant_transaction(app, TENANT):
        dead_letters.decide(app, TENANT, letter.id, "ignored")
    assert tell(told) == []
    assert aside(app) == [], "what was ignored stays so"
    assert count(app)[1] == GOOD


@pytest.mark.usefixtures("world")
def test_an_object_of_somebody_elses_bucket_is_not_read(app: Connection) -> None:
    told = put(files.text(files.columns(10)), bucket="somebody-elses")
    assert tell(told) == []
    good(app)
    assert aside(app) == ["object_bucket"]
