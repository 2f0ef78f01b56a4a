"""Dead letters: listed with their reason, tried again or ignored, each decision on record."""

from __future__ import annotations

from uuid import UUID

import boto3
from flowlens.store import dead_letters
from flowlens.store.connection import tenant_transaction
from flowlens.store.dead_letters import DeadLetter, LogLetter

from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply

MESSAGE = '{"detail-type": "Object Created"}'
NAME = "s3://flow-logs/a.txt#1"


def bury(estate: Estate, *, digest: bytes = b"1", reason: str = "file_format") -> None:
    letter = LogLetter(digest, "object", NAME, reason, "by its first line", NAME, MESSAGE)
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        dead_letters.keep_log(conn, estate.tenant, letter)


def decide(ask: Ask, letter: int, what: str, etag: str = "*") -> Reply:
    return ask(f"/dead-letters/{letter}/{what}", method="POST", headers={"if-match": etag})


def told() -> list[str]:
    url = boto3.client("sqs").get_queue_url(QueueName="flow-logs")["QueueUrl"]
    return [one["Body"] for one in boto3.client("sqs").receive_message(QueueUrl=url).get("Messages", [])]


def test_a_log_is_tried_again_and_is_open_again_when_it_fails_again(ask: Ask, estate: Estate) -> None:
    bury(estate)
    (letter,) = ask("/dead-letters").json()["items"]
    assert (letter["kind"], letter["name"], letter["reason"], letter["state"]) == (
        "object",
        NAME,
        "file_format",
        "open",
    )
    again = decide(ask, letter["id"], "retry", '"1"')
    assert (again.status, again.json()["state"], told()) == (200, "retrying", [MESSAGE])
    bury(estate, reason="object_gone")
    (letter,) = ask("/dead-letters").json()["items"]
    assert (letter["reason"], letter["state"], letter["version"]) == ("object_gone", "open", 3)
    assert decide(ask, letter["id"], "retry", '"1"').status == 412
    assert told() == []


def test_what_is_ignored_stays_ignored_and_leaves_the_open_ones(ask: Ask, estate: Estate) -> None:
    bury(estate)
    bury(estate, digest=b"2")
    first = ask("/dead-letters").json()["items"][1]["id"]
    assert decide(ask, first, "ignore").json()["state"] == "ignored"
    bury(estate)
    assert [one["id"] for one in ask("/dead-letters", "state=ignored").json()["items"]] == [first]
    assert len(ask("/dead-letters", "state=open").json()["items"]) == 1
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        row = conn.execute("SELECT action, target, detail FROM audit_events").fetchone()
    assert row == ("dead_letter.ignore", f"dead letter {first}", {"name": NAME, "reason": "file_format"})


def test_a_record_of_the_stream_waits_for_the_workflow_and_is_told_to_nobody(ask: Ask, estate: Estate) -> None:
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        dead_letters.keep(conn, estate.tenant, DeadLetter(UUID(int=1), 2, 3, b"3", "body_ipc", "file:///dead/3"))
    (letter,) = ask("/dead-letters").json()["items"]
    assert (letter["kind"], letter["source"], letter["record"]) == ("record", str(UUID(int=1)), 3)
    assert decide(ask, letter["id"], "retry").json()["state"] == "retrying"
    assert told() == []


def record(estate: Estate, number: int, reason: str) -> None:
    letter = DeadLetter(UUID(int=1), 7, number, bytes([number]) * 16, reason, f"file:///archive/dead/{number}")
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        dead_letters.keep(conn, estate.tenant, letter)


def all_of(ask: Ask, what: str, **which: object) -> Reply:
    return ask(f"/dead-letters/{what}", method="POST", body=which)


def test_letters_are_counted_by_kind_reason_and_state(ask: Ask, estate: Estate) -> None:
    for number, reason in enumerate(("body_ipc", "body_ipc", "record_digest"), 1):
        record(estate, number, reason)
    record(estate, 1, "body_ipc")  # comes again
    bury(estate)
    groups = ask("/dead-letters/reasons").json()["items"]
    assert {(g["kind"], g["reason"], g["state"]): g["letters"] for g in groups} == {
        ("record", "body_ipc", "open"): 2,
        ("record", "record_digest", "open"): 1,
        ("object", "file_format", "open"): 1,
    }


def test_records_are_retried_and_ignored_by_reason_and_what_is_ignored_stays(
    ask: Ask, estate: Estate, foreign: Estate
) -> None:
    for number, reason in enumerate(("body_ipc", "body_ipc", "record_digest"), 1):
        record(estate, number, reason)
    record(foreign, 4, "body_ipc")
    assert all_of(ask, "ignore", kind="record", reason="record_digest").json() == {"changed": 1}
    assert all_of(ask, "retry", kind="record").json() == {"changed": 2}
    assert all_of(ask, "retry", kind="record").json() == {"changed": 0}
    states = [(one["record"], one["state"]) for one in ask("/dead-letters").json()["items"]]
    assert states == [(3, "ignored"), (2, "retrying"), (1, "retrying")]
    with tenant_transaction(foreign.conn, foreign.tenant) as conn:
        assert [one.state for one in dead_letters.page(conn, foreign.tenant, limit=9)] == ["open"]
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        audit = conn.execute("SELECT action, detail FROM audit_events ORDER BY audit_event_id").fetchall()
    assert audit == [
        ("dead_letter.ignore", {"kind": "record", "reason": "record_digest", "letters": 1}),
        ("dead_letter.retry", {"kind": "record", "reason": None, "letters": 2}),
    ]


def test_logs_are_not_retried_all_at_once_and_a_selection_names_a_kind(ask: Ask, estate: Estate) -> None:
    bury(estate)
    assert all_of(ask, "retry", kind="object").status == 409
    assert all_of(ask, "ignore", kind="object").json() == {"changed": 1}
    assert [all_of(ask, "retry", **which).status for which in ({}, {"kind": "all"}, {"reason": "x"})] == [422] * 3


def test_who_may_only_read_decides_nothing(gateway: Ask, estate: Estate) -> None:
    record(estate, 1, "body_ipc")
    reader = gateway.as_(estate.token("sources:read"))
    assert reader("/dead-letters/reasons").status == 200
    assert [all_of(reader, what, kind="record").status for what in ("retry", "ignore")] == [403, 403]
    assert [all_of(gateway, what, kind="record").status for what in ("retry", "ignore")] == [401, 401]


def test_a_foreign_letter_does_not_exist(ask: Ask, estate: Estate, foreign: Estate) -> None:
    bury(foreign)
    assert ask("/dead-letters").json()["items"] == []
    with tenant_transaction(foreign.conn, foreign.tenant) as conn:
        letter = dead_letters.page(conn, foreign.tenant, limit=1)[0].id
    assert (decide(ask, letter, "retry").status, decide(ask, letter, "ignore").status) == (404, 404)
    assert (told(), estate.tenant != foreign.tenant) == ([], True)
