"""The table `visit-marks`: how far each fetched log was read, and what came of the last visit of each feed."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass
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
    began = NumberAttribute(default=0)  # the first visit since then that did not end yet, or never did
    rest = NumberAttribute(default=0)  # until then the place wants to be left alone
    since = NumberAttribute(default=0)  # logs that were not changed since then are done
    waiting = NumberAttribute(default=0)  # logs that the next visit must look at
    problem = UnicodeAttribute(default="")
    detail = UnicodeAttribute(default="")
    expires = NumberAttribute(default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Of a visit, as State keeps it."""

    since: int
    waiting: int
    rest: int = 0
    problem: str = ""
    detail: str = ""


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


def begin(table: str, feed: str, *, now: int) -> State | None:
    """What came of the visit before. Writes down that one began: if it never ends, that is seen."""
    found = state(table, feed)
    if found and found.rest > now:
        return found
    one = found or _states(table)(feed, _STATE)
    one.began, one.expires = one.began or now, now + _KEPT_SECONDS
    one.save()
    return found


def conclude(table: str, feed: str, outcome: Outcome, *, now: int) -> None:
    """Writes down what came of a visit that began then."""
    _states(table)(feed, _STATE, visited=now, expires=now + _KEPT_SECONDS, **asdict(outcome)).save()


def _key(log: str) -> str:
    """Names may be longer than a key."""
    return f"log/{hashlib.blake2b(log.encode(), digest_size=20).hexdigest()}"
