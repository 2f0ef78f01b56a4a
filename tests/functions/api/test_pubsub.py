"""Pushes of Pub/Sub: what Google signs for a gate is let in there and nowhere else, and nothing else is."""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import pytest
from flowlens.aws import functions
from flowlens.aws.stream import Outcome, Stream
from flowlens.store.connection import tenant_transaction
from flowlens.tables import throttles

from tests.estates import google_log
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask
from tests.functions.api.pusher import (
    ACCOUNT,
    KEY,
    STRANGER,
    SUBSCRIPTION,
    Google,
    envelope,
    gate_of,
    push,
    waiting,
)
from tests.unit.access import nearly

LINE = google_log().splitlines()[0].decode()


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch, cloud: None) -> Google:  # noqa: ARG001 (a fixture for its effect)
    made = Google()
    monkeypatch.setattr(functions, "call", made.call)
    return made


def test_what_google_signs_for_a_gate_waits_on_the_stream(ask: Ask, gateway: Ask, google: Google) -> None:
    gate = gate_of(ask)
    token = google.token(gate["audience"])
    for number in range(3):
        answer = push(gateway, gate["path"], token, envelope(LINE, id=str(number)))
        assert (answer.status, answer.body) == (204, b"")
    assert [(one["feed"], one["name"], one["text"]) for one in waiting()] == [
        (gate["feed"]["id"], str(number), LINE) for number in range(3)
    ]
    assert google.asked == 2, "keys are kept"
    shown = ask(f"/feeds/{gate['feed']['id']}/push").json()["gate"]
    assert (shown["refusals"], shown["secret"], bool(shown["heard_at"])) == ([], "", True)


def forged(google: Google, mine: str, other: str) -> Iterator[tuple[str, str | None]]:
    """Tokens for the gate with the audience `mine`, each with what makes it none."""
    now = int(time.time())
    yield "push_unsigned", None
    yield "push_audience", google.token(other)  # what another feed is pushed to with
    audiences = ("", "urn:flowlens:push:", mine.upper(), f"{mine}/", mine[:-1], "https://flowlens.example")
    issuers = ("accounts.google.com", "https://accounts.google.com/", "http://accounts.google.com", None)
    accounts = ("evil@shop.iam.gserviceaccount.com", ACCOUNT.upper(), f"{ACCOUNT}.evil.example", "", None, [ACCOUNT])
    wrong: list[tuple[str, str, tuple[object, ...]]] = [
        ("push_audience", "aud", (*audiences, [mine], [mine, other], None, 1, {mine: 1})),
        ("push_issuer", "iss", (*issuers, "https://evil.example")),
        ("push_account", "email", accounts),
        ("push_account", "email_verified", (False, None, "true", 1)),
        ("push_expired", "exp", (now - 61, now - 86_400, 0)),
        ("push_time", "exp", (None, "soon", now + 9_000)),
        ("push_time", "iat", (None, now + 300, now - 9_000)),
        ("push_time", "nbf", (now + 300,)),
    ]
    for reason, claim, values in wrong:
        yield from ((reason, google.token(mine, but={claim: value})) for value in values)
    yield from (("push_signature", token) for token in unsigned(google, mine))


def unsigned(google: Google, mine: str) -> Iterator[str]:
    """What Google did not sign, or not so."""
    yield google.token(mine, key=STRANGER)
    yield google.token(mine, kid="two")
    yield nearly.raw('{"alg":"RS256","kid":"one"}', json.dumps({"aud": mine}), STRANGER)
    good = google.token(mine)
    header, payload, signature = good.split(".")
    others = (
        {"alg": "none"},
        {"alg": "HS256", "kid": "one"},
        {"alg": "RS256", "kid": "one", "jku": "https://evil.example"},
    )
    yield from (f"{nearly.b64(json.dumps(said))}.{payload}.{signature}" for said in others)
    yield f"{nearly.b64(json.dumps({'alg': 'none'}))}.{payload}."
    yield from (
        good[:-1],
        f"{good}A",
        f"{header}.{payload}",
        f"{header}.{payload}.",
        f"{good}.{signature}",
        "x" * 8_193,
    )
    yield "fl_x"
    for at in range(0, len(payload), 6):
        yield f"{header}.{payload[:at]}{'A' if payload[at] != 'A' else 'B'}{payload[at + 1 :]}.{signature}"


def test_nobody_else_is_let_in_and_the_feed_shows_why(
    ask: Ask, gateway: Ask, foreign: Estate, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with a control: the right token before and after."""
    monkeypatch.setattr(throttles, "count", lambda *_: 0)
    gate, sibling = gate_of(ask), gate_of(ask, "sibling")
    theirs = gate_of(gateway.as_(foreign.administrator()), "theirs")
    assert len({one["audience"] for one in (gate, sibling, theirs)}) == 3
    right = google.token(gate["audience"])
    assert push(gateway, gate["path"], right, envelope(LINE)).status == 204
    tried: Counter[str] = Counter()
    for reason, token in forged(google, gate["audience"], sibling["audience"]):
        answer = push(gateway, gate["path"], token, envelope(LINE, id="forged"))
        assert (answer.status, answer.json()["type"]) == (401, "/problems/unauthenticated"), (reason, token)
        assert reason not in answer.body.decode(), "whoever forges is not told what to mend"
        tried[reason] += 1
    elsewhere = 0
    for path in (
        sibling["path"],
        theirs["path"],
        f"/pushes/{uuid4()}/pubsub",
        gate["path"].replace("pubsub", "eventgrid"),
    ):
        elsewhere += 1
        answer = push(gateway, path, right, envelope(LINE, id="replayed"))
        assert answer.status in (401, 404), path
    for scheme in ("Basic", "bearer:", "Token", ""):
        tried["push_unsigned"] += 1
        answer = gateway(
            gate["path"], method="POST", body=envelope(LINE), headers={"authorization": f"{scheme} {right}"}
        )
        assert answer.status == 401
    assert tried.total() + elsewhere > 100
    assert push(gateway, gate["path"], right, envelope(LINE, id="last")).status == 204
    assert [one["name"] for one in waiting()] == ["1", "last"]
    shown = ask(f"/feeds/{gate['feed']['id']}/push").json()["gate"]["refusals"]
    assert {one["reason"]: one["times"] for one in shown} == dict(tried)
    for other in (sibling, theirs):
        asker = ask if other is sibling else gateway.as_(foreign.administrator())
        (only,) = asker(f"/feeds/{other['feed']['id']}/push").json()["gate"]["refusals"]
        assert (only["reason"], only["times"]) == ("push_audience", 1)


@pytest.mark.parametrize(
    ("reason", "body"),
    [
        ("push_json", b""),
        ("push_json", b"{"),
        ("push_json", b"\xff\xfe"),
        ("push_json", b'{"a":' + b"[" * 100_000),
        ("push_envelope", b"[]"),
        ("push_envelope", b"null"),
        ("push_envelope", LINE.encode()),
        ("push_envelope", {"message": None}),
        ("push_envelope", {"message": {"data": 1}}),
        ("push_envelope", {"message": {"data": "e30="}, "subscription": SUBSCRIPTION}),
        ("push_envelope", envelope(LINE, id="x" * 201)),
        ("push_envelope", envelope(LINE, id="")),
        ("push_base64", envelope(LINE, data="no base64!")),
        ("push_base64", envelope(LINE, data="e30")),
        ("push_base64", envelope(LINE, data="\u00e4\u00e4\u00e4\u00e4")),
        ("push_empty", envelope("")),
        ("push_empty", envelope(" \n")),
        ("push_size", envelope("x" * 65_537)),
        ("push_packed", envelope(gzip.compress(LINE.encode()))),
        ("push_packed", envelope(gzip.compress(b"0" * 50_000_000))),
        ("push_text", envelope(b"\xff\xfe{}")),
        ("push_subscription", envelope(LINE, subscription="projects/shop/subscriptions/another")),
        ("push_subscription", envelope(LINE, subscription="")),
    ],
)
def test_what_is_no_message_has_a_name(ask: Ask, gateway: Ask, google: Google, reason: str, body: object) -> None:
    gate = gate_of(ask)
    token = google.token(gate["audience"])
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = push(gateway, gate["path"], token, sent)
    assert (answer.status, answer.json()["type"]) == (400, "/problems/malformed")
    assert answer.json()["detail"].startswith(f"{reason}: ")
    assert waiting() == []
    (shown,) = ask(f"/feeds/{gate['feed']['id']}/push").json()["gate"]["refusals"]
    assert (shown["reason"], shown["times"], bool(shown["detail"])) == (reason, 1, True)


def test_a_body_that_is_too_large_is_not_read(ask: Ask, gateway: Ask, google: Google) -> None:
    gate = gate_of(ask)
    token = google.token(gate["audience"])
    assert push(gateway, gate["path"], token, b"x" * 131_073).status == 413
    assert push(gateway, gate["path"], token, envelope("y" * 65_536)).status == 204
    assert len(waiting()) == 1


def test_what_cannot_be_done_now_comes_again(
    ask: Ask, gateway: Ask, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_of(ask)
    token = google.token(gate["audience"])
    google.away = True
    answer = push(gateway, gate["path"], token, envelope(LINE))
    assert (answer.status, answer.json()["type"], answer.headers["retry-after"]) == (503, "/problems/not-now", "2")
    google.away = False
    monkeypatch.setattr("flowlens.services.published._AGAIN", 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(Stream, "put", lambda *_: Outcome((0,), Counter(["Throttled"])))
        assert push(gateway, gate["path"], token, envelope(LINE)).status == 503
    path = f"/feeds/{gate['feed']['id']}"
    paused = ask(path, method="PATCH", body={"state": "paused"}, headers={"if-match": '"1"'})
    assert (paused.status, push(gateway, gate["path"], token, envelope(LINE)).status) == (200, 503)
    assert push(gateway, gate["path"], google.token("other"), envelope(LINE)).status == 401
    ask(path, method="PATCH", body={"state": "active"}, headers={"if-match": '"2"'})
    assert waiting() == []
    assert push(gateway, gate["path"], token, envelope(LINE)).status == 204
    assert ask(path, method="DELETE", headers={"if-match": '"3"'}).status == 204
    assert push(gateway, gate["path"], token, envelope(LINE)).status == 401


def test_google_changes_its_keys(ask: Ask, gateway: Ask, google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = gate_of(ask)
    assert push(gateway, gate["path"], google.token(gate["audience"]), envelope(LINE)).status == 204
    monkeypatch.setattr("flowlens.services.published._AGAIN", 0.0)
    google.key, google.kid = STRANGER, "two"
    assert push(gateway, gate["path"], google.token(gate["audience"]), envelope(LINE)).status == 204
    old = google.token(gate["audience"], key=KEY, kid="one")
    assert push(gateway, gate["path"], old, envelope(LINE)).status == 401


def test_another_address_shuts_the_old_one_and_is_in_the_trail(
    ask: Ask, gateway: Ask, foreign: Estate, google: Google
) -> None:
    gate = gate_of(ask)
    path, based = f"/feeds/{gate['feed']['id']}/push", {"if-match": '"1"'}
    stranger = gateway.as_(foreign.administrator())
    assert (stranger(path).status, stranger(path, method="POST", headers=based).status) == (404, 404)
    assert ask(path, method="POST", headers={"if-match": '"7"'}).status == 412
    renewed = ask(path, method="POST", headers=based).json()
    assert renewed["path"] != gate["path"]
    assert renewed["audience"] != gate["audience"]
    assert push(gateway, gate["path"], google.token(gate["audience"]), envelope(LINE)).status == 401
    assert push(gateway, renewed["path"], google.token(gate["audience"]), envelope(LINE)).status == 401
    assert push(gateway, renewed["path"], google.token(renewed["audience"]), envelope(LINE)).status == 204
    lines = ask("/audit").json()["items"]
    assert ("feed.gate", f"feed {gate['feed']['id']}") in {(one["action"], one["target"]) for one in lines}
    (denied,) = [one for one in lines if one["action"] == "denied"]
    assert (denied["actor"], denied["detail"]["reason"]) == ("push", "push_audience")
    assert denied["target"] == f"feed {gate['feed']['id']}"


def test_a_flood_of_forged_calls_writes_little(ask: Ask, gateway: Ask, google: Google, estate: Estate) -> None:
    gate = gate_of(ask)
    for _ in range(130):
        assert push(gateway, gate["path"], google.token("other"), envelope(LINE)).status == 401
    (shown,) = ask(f"/feeds/{gate['feed']['id']}/push").json()["gate"]["refusals"]
    assert 120 <= shown["times"] < 130 or shown["times"] == 130, "a minute may have ended meanwhile"
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        rows = conn.execute("SELECT count(*) FROM push_refusals").fetchone()
    assert rows is not None
    assert rows[0] <= 2
    assert len([one for one in ask("/audit").json()["items"] if one["action"] == "denied"]) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account", ""),
        ("account", "someone"),
        ("subscription", "projects/shop/topics/flows"),
        ("issuer", "http://accounts.google.com"),
        ("issuer", "https://accounts.google.com?x=1"),
        ("audience", "urn:flowlens:push:mine"),
        ("gate", "0b7c1f1e-6f5a-4f0e-9c57-1d2f6a7b8c9d"),
    ],
)
def test_nobody_chooses_gate_or_audience_and_settings_hold(ask: Ask, google: Google, field: str, value: str) -> None:
    body = {"kind": "gcp_pubsub", "name": "x", "settings": {"account": ACCOUNT, field: value}}
    refused = ask("/feeds", method="POST", body=body)
    assert (refused.status, f"settings.{field}" in refused.json()["detail"]) == (422, True)
    assert google.asked == 0


def test_feeds_that_are_not_pushed_to_have_no_gate(ask: Ask, cloud: None) -> None:
    body = {"kind": "aws_s3", "name": "x", "settings": {"bucket": "flow-logs"}}
    feed = ask("/feeds", method="POST", body=body).json()
    path = f"/feeds/{feed['id']}/push"
    assert (ask(path).status, ask(path, method="POST", headers={"if-match": '"1"'}).status) == (409, 409)
    assert ask("/feeds/4711/push").status == 404
    assert cloud is None
