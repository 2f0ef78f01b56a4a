"""Events of a log group of another account: each is read once, in the stretch in which it came in, however late."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count as numbers
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from flowlens.model.errors import Unopened
from flowlens.outbound.stores import Broken, Gone, Throttled, aws_role_logs
from flowlens.services import looks, trust, visits
from flowlens.store.connection import Connection
from moto.logs.models import logs_backends

from cdk.local.emulation.trust import OURS
from functions.outbound import visit
from tests import other_account
from tests.functions.objects.test_read import aside, count, feed, tell, world
from tests.functions.objects.visiting import Cut, cut, errand, fetched, octets, set_up, state, visiting
from tests.other_account import ACCOUNT, REGION, ROLE

__all__ = ["world"]  # a fixture
GROUP = "/vpc/flow-logs"
SETTINGS: dict[str, Any] = {"role": ROLE, "region": REGION, "log_group": GROUP, "prefix": "", "hours": 1}
NOW = int(time.time()) // 300 * 300  # s; the end of a stretch
HOSTS = numbers(1)


@pytest.fixture(autouse=True)
def place(
    world: None,  # noqa: ARG001 (a fixture for its effect)
    monkeypatch: pytest.MonkeyPatch,
) -> Generator[None]:
    """The function can be called, and there is another account with a log group."""
    with visiting(monkeypatch):
        other_account.begin()
        with other_account.inside():
            groups = boto3.client("logs", region_name=REGION)
            groups.create_log_group(logGroupName=GROUP)
            for stream in ("eni-1-all", "tgw-2"):
                groups.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        yield


def of(app: Connection, *, trusting: bool = True, **other: Any) -> int:
    id = set_up(app, "aws_role_logs", {**SETTINGS, **other})
    if trusting:
        external_id = str(errand(app, "aws_role_logs", id).external_id)
        other_account.let_in(trust.written({**SETTINGS, **other}, OURS, external_id).template)
    return id


def line(end: int, *, fate: str = "ACCEPT") -> str:
    """Of a client of its own, so that each is an edge."""
    host = next(HOSTS)
    addresses = f"10.9.{host // 250}.{host % 250 + 1} 10.8.0.1"
    return f"2 {ACCOUNT} eni-0123456789abcdef0 {addresses} 40000 443 6 10 840 {end - 60} {end} {fate} OK"


def write(came_in: int, messages: list[str], *, began: int | None = None, stream: str = "eni-1-all") -> None:
    """As the flow log does; AWS says when they came in."""
    with other_account.inside():
        at = (came_in - 90 if began is None else began) * 1000
        told = [{"timestamp": at, "message": message} for message in messages]
        boto3.client("logs", region_name=REGION).put_log_events(
            logGroupName=GROUP, logStreamName=stream, logEvents=told
        )
    events = logs_backends[ACCOUNT][REGION].groups[GROUP].streams[stream].events
    for one in events[-len(messages) :]:
        one.ingestion_time = came_in * 1000


def go(app: Connection, id: int, at: int) -> visits.Visited:
    desk = replace(visit.desk(), now=lambda: datetime.fromtimestamp(at, UTC))
    return visits.visit(errand(app, "aws_role_logs", id), desk, lambda: True)


def test_each_event_is_read_once_in_the_stretch_in_which_it_came_in(app: Connection) -> None:
    id = of(app)
    write(NOW - 200, [line(NOW - 260) for _ in range(3)])
    write(NOW + 10, [line(NOW - 50) for _ in range(2)])
    assert go(app, id, NOW + 119).logs == 0, "what comes in may still not be found"
    assert (go(app, id, NOW + 121).logs, go(app, id, NOW + 180).logs) == (1, 0)
    assert tell(*fetched()) == []
    assert (count(app), state(id)) == ((3, 3), ("", 0))
    write(NOW + 250, [line(NOW - 3_000)], began=NOW - 3_060)  # an hour late, nearly
    write(NOW + 299, [line(NOW + 200)], stream="tgw-2")
    assert (go(app, id, NOW + 421).logs, go(app, id, NOW + 425).logs) == (1, 0)
    assert tell(*fetched(), *fetched()) == []
    one = feed(app)
    assert (count(app), aside(app), one.logs, one.lines, one.unreadable) == ((7, 7), [], 2, 7, {})
    names = sorted(key.rpartition("/")[2] for key in octets())
    assert names == [f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%MZ}@1" for at in (NOW - 300, NOW)]


def test_events_are_read_in_the_format_that_is_said(app: Connection) -> None:
    id = of(app, log_format="${action} ${end} ${dstport} ${srcport} ${protocol} ${dstaddr} ${srcaddr}")
    write(NOW - 10, [f"ACCEPT {NOW - 60} 443 40000 6 10.0.0.2 10.0.0.{n}" for n in range(3, 7)])
    assert go(app, id, NOW + 121).logs == 1
    assert tell(*fetched()) == []
    assert (count(app), feed(app).unreadable) == ((4, 4), {})


def test_only_streams_that_are_meant_and_times_that_can_be_are_asked_for(app: Connection) -> None:
    store = opened(app, of(app, prefix="eni-"))
    (one,) = list(store.listed(datetime.fromtimestamp(NOW - 420, UTC)))
    asked = {
        "logGroupName": GROUP,
        "logStreamNamePrefix": "eni-",
        "startTime": (NOW - 600 - 3_600) * 1000,
        "endTime": (NOW - 300) * 1000,
    }
    came = [(NOW - 601, "before"), (NOW - 600, "first"), (NOW - 301, "last"), (NOW - 300, "after")]
    events = [{"eventId": what, "message": what, "timestamp": 0, "ingestionTime": at * 1000} for at, what in came]
    with Stubber(store._session()) as stub:
        stub.add_response("filter_log_events", {"events": events}, asked)
        assert store.piece(one, 0, 1) == b"first\nlast\n"
    with Stubber(store._session()) as stub:
        stub.add_response("filter_log_events", {"events": [events[0], events[3]]}, asked)
        with pytest.raises(Gone):
            store.piece(one, 0, 1)


def opened(app: Connection, id: int, at: int = NOW) -> aws_role_logs.Group:
    desk = replace(visit.desk(), now=lambda: datetime.fromtimestamp(at, UTC))
    store = visits.place(errand(app, "aws_role_logs", id), desk)
    assert isinstance(store, aws_role_logs.Group)
    return store


def test_a_session_may_read_events_of_that_group_and_nothing_else(app: Connection) -> None:
    id = of(app)
    write(NOW - 10, [line(NOW - 60)])
    assert go(app, id, NOW + 121).logs == 1
    taken_on = other_account.sessions()[-1]
    assert taken_on["external_id"] == str(errand(app, "aws_role_logs", id).external_id)
    (statement,) = taken_on["policy"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "logs:FilterLogEvents",
        "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}:*",
    }
    written = trust.written(SETTINGS, OURS, "x")
    assert written.rights_policy["Statement"] == [statement]
    assert list(written.template["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]) == [
        statement
    ]


def test_a_role_that_trusts_one_feed_is_given_to_no_other(app: Connection) -> None:
    write(NOW - 10, [line(NOW - 60)])
    trusted, stranger = of(app), of(app, trusting=False)
    assert (go(app, trusted, NOW + 121).logs, go(app, stranger, NOW + 121).logs) == (1, 0)
    assert (state(trusted), state(stranger)[0]) == (("", 0), "role_denied")


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_visit_that_is_killed_is_repeated_to_the_octet(
    app: Connection, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    id = of(app)
    write(NOW - 10, [line(NOW - 60) for _ in range(4)])
    with cut(monkeypatch, where), pytest.raises(Cut):
        go(app, id, NOW + 121)
    before = octets()
    assert go(app, id, NOW + 121).problem == ""
    assert before.items() <= octets().items()
    assert (len(octets()), len(next(iter(octets().values())).splitlines())) == (1, 4)
    assert tell(*fetched()) == []
    assert count(app) == (4, 4)


def test_events_come_in_pages_and_too_many_are_named_for_a_person(
    app: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, said = of(app), [line(NOW - 60) for _ in range(3)]
    store = opened(app, id)
    (one,) = list(store.listed(datetime.fromtimestamp(NOW - 420, UTC)))
    events = [
        {"eventId": str(n), "message": text, "timestamp": 0, "ingestionTime": (NOW - 310) * 1000}
        for n, text in enumerate(said)
    ]
    with Stubber(store._session()) as stub:
        stub.add_response("filter_log_events", {"events": events[2:], "nextToken": "more"})
        stub.add_response("filter_log_events", {"events": events[:2]})
        assert store.piece(one, 0, 1).decode().splitlines() == said
        stub.assert_no_pending_responses()
    monkeypatch.setattr(aws_role_logs, "_MOST", 1)
    with Stubber(store._session()) as stub:
        stub.add_response("filter_log_events", {"events": events})
        with pytest.raises(Broken, match="events_size"):
            store.piece(one, 0, 1)
    elsewhere = [{**one, "ingestionTime": 0} for one in events]
    with Stubber(store._session()) as stub:
        stub.add_response("filter_log_events", {"events": elsewhere})
        with pytest.raises(Gone):
            store.piece(one, 0, 1)
    monkeypatch.setattr(aws_role_logs, "_PAGES", 2)
    with Stubber(store._session()) as stub:
        for _ in range(2):
            stub.add_response("filter_log_events", {"events": [], "nextToken": "more"})
        with pytest.raises(Broken, match="events_size"):
            store.piece(one, 0, 1)


CODES = {
    "AccessDeniedException": "role_rights",
    "ResourceNotFoundException": "group_missing",
    "ThrottlingException": "quota",
    "ExpiredTokenException": "role_denied",
    "InternalFailure": "answer",
}


@pytest.mark.parametrize("code", CODES)
def test_what_aws_refuses_has_a_name(app: Connection, code: str) -> None:
    store = opened(app, of(app))
    (one,) = list(store.listed(datetime.fromtimestamp(NOW - 420, UTC)))
    with Stubber(store._session()) as stub:
        stub.add_client_error("filter_log_events", code, "<secret>", 400)
        with pytest.raises(Unopened, match=CODES[code]) as raised:
            store.piece(one, 0, 1)
    assert ("secret" in str(raised.value), isinstance(raised.value, Throttled)) == (
        False,
        code == "ThrottlingException",
    )


def test_a_look_shows_the_latest_events_or_says_that_there_are_none(app: Connection) -> None:
    id = of(app)
    one = errand(app, "aws_role_logs", id)
    with pytest.raises(Unopened, match="events_none"):
        looks.look(one, visit.desk(), None)
    write(int(time.time()) - 5, [line(NOW - 60), line(NOW - 60)])
    found = looks.look(one, visit.desk(), None)
    assert (found.name, found.whole, len(found.head.splitlines())) == ("the latest events", True, 2)


def test_stretches_stay_the_same_whenever_they_are_looked_for(app: Connection) -> None:
    store = opened(app, of(app), NOW + 120)
    since = datetime.fromtimestamp(NOW - 3_600, UTC)
    names = [one.name for one in store.listed(since)]
    later = opened(app, of(app, trusting=False), NOW + 3_600)
    assert names == [one.name for one in later.listed(since + timedelta(seconds=299))][: len(names)]
    assert (len(names), len(set(names))) == (12, 12)
    assert json.dumps(names)
