"""The table `visit-marks`: how far each fetched log was read, and what came of the last visit of each feed."""

from __future__ import annotations

import hashlib
import time
from functools import cache

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.models import Model

_KEPT_SECONDS = 60 * 86_400
_STATE = "state"


class Mark(Model):
    """How far one log was read. `pending` is where a piece ends that was begun: it is finished before all else."""

    feed = UnicodeAttribute(hash_key=True)
    log = UnicodeAttribute(range_key=True)
    offset = NumberAttribute(default=0)
    pending = NumberAttribute(default=0)
    size = NumberAttribute(default=0)  # when it was looked at last
    edition = UnicodeAttribute(default="")  # of which nothing is left to do
    turn = NumberAttribute(default=0)
    expires = NumberAttribute(default=0)


class State(Model):
    """What came of the last visit. Times are s since 1970 UTC."""

    feed = UnicodeAttribute(hash_key=True)
    log = UnicodeAttribute(range_key=True)
    visited = NumberAttribute(default=0)
    since = NumberAttribute(default=0)  # logs that were not changed since then are done
    waiting = NumberAttribute(default=0)  # logs that the next visit must look at
    problem = UnicodeAttribute(default="")
    detail = UnicodeAttribute(default="")
    expires = NumberAttribute(default=0)


class Overtaken(Exception):
    """Another visit wrote this mark meanwhile: what it wrote holds."""


@cache
def _marks(table: str) -> type[Mark]:
    """The model on the table of this name, which differs by deployment."""

    class Meta:
        table_name = table
        connect_timeout_seconds = 2
        read_timeout_seconds = 5
        max_retry_attempts = 2

    return type("Mark", (Mark,), {"Meta": Meta})


@cache
def _states(table: str) -> type[State]:
    class Meta:
        table_name = table
        connect_timeout_seconds = 2
        read_timeout_seconds = 5
        max_retry_attempts = 2

    return type("State", (State,), {"Meta": Meta})


def mark(table: str, feed: str, log: str) -> Mark:
    """A new one where the log was never read."""
    model = _marks(table)
    key = _key(log)
    found = next(iter(model.query(feed, model.log == key, limit=1, consistent_read=True)), None)
    return found or model(feed, key)


def put(table: str, one: Mark) -> None:
    """Overtaken unless it is still as it was read."""
    model, before = _marks(table), one.turn
    one.turn, one.expires = before + 1, int(time.time()) + _KEPT_SECONDS
    try:
        one.save(condition=(model.turn == before) if before else model.turn.does_not_exist())
    except PutError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            raise Overtaken from error
        raise


def forget(table: str, feed: str, log: str) -> None:
    """The log is read from its beginning at the next visit."""
    _marks(table)(feed, _key(log)).delete()


def state(table: str, feed: str) -> State | None:
    model = _states(table)
    return next(iter(model.query(feed, model.log == _STATE, limit=1, consistent_read=True)), None)


def conclude(table: str, feed: str, *, since: int, waiting: int, problem: str, detail: str) -> None:
    """Writes down what came of a visit."""
    now = int(time.time())
    one = _states(table)(feed, _STATE, visited=now, since=since, waiting=waiting, expires=now + _KEPT_SECONDS)
    one.problem, one.detail = problem, detail
    one.save()


def _key(log: str) -> str:
    """Names may be longer than a key."""
    return f"log/{hashlib.blake2b(log.encode(), digest_size=20).hexdigest()}"
