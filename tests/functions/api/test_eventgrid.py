"""Word from Event Grid: who bears the gate's secret has the feed's own container visited, and nothing else happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from flowlens.access import sessions
from flowlens.aws import functions
from flowlens.services import errands, pushes
from flowlens.store.connection import tenant_transaction
from flowlens.tables import throttles

from functions.api.settings import settings
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply
from tests.postgres import OTHER, TENANT

CONTAINER = "https://shopflows.blob.core.windows.net/insights-logs-flowlogflowevent"
ACCOUNT = "/subscriptions/0f/resourceGroups/flows/providers/Microsoft.Storage/storageAccounts/shopflows"
BLOB = "/blobServices/default/containers/insights-logs-flowlogflowevent/blobs/flowLogResourceID=/S/PT1H.json"
CODE = "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"


@pytest.fixture(autouse=True)
def _nobody_is_asked(monkeypatch: pytest.MonkeyPatch, cloud: None) -> None:  # noqa: ARG001 (a fixture for its effect)
    """Whatever events name: the functions that ask outside are never called."""

    def called(*_: object) -> object:
        raise AssertionError("nothing outside is asked because of an event")

    monkeypatch.setattr(functions, "call", called)


@pytest.fixture
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a minute ended after each call."""
    monkeypatch.setattr(throttles, "count", lambda *_: 0)


def gate_of(ask: Ask, name: str = "azure", **said: Any) -> dict[str, Any]:
    """A feed with a gate that was just made, so that its secret is told."""
    given = {"container": CONTAINER, "prefix": "flowLogResourceID=/", **said}
    feed = ask("/feeds", method="POST", body={"kind": "azure_blob", "name": name, "settings": given, "secret": "sig=x"})
    assert feed.status == 201, feed.json()
    made = renewed(ask, feed.json())
    return {**made.json(), "feed": feed.json()}


def renewed(ask: Ask, feed: dict[str, Any]) -> Reply:
    return ask(f"/feeds/{feed['id']}/push", method="POST", headers={"if-match": f'"{feed["version"]}"'})


def written(subject: str = BLOB, topic: str = ACCOUNT, kind: str = "Microsoft.Storage.BlobCreated") -> dict[str, Any]:
    """In Event Grid's own schema; the URL is somebody else's, and is never asked."""
    data = {"api": "PutBlockList", "url": "http://169.254.169.254/latest/meta-data/", "contentLength": 1}
    return {
        "id": str(uuid4()), "topic": topic, "subject": subject, "eventType": kind, "dataVersion": "",
        "metadataVersion": "1", "eventTime": "2026-11-27T10:00:00Z", "data": data,
    }  # fmt: skip


def cloud_event(subject: str = BLOB, source: str = ACCOUNT) -> dict[str, Any]:
    return {
        "specversion": "1.0", "type": "Microsoft.Storage.BlobCreated", "source": source, "id": str(uuid4()),
        "time": "2026-11-27T10:00:00Z", "subject": subject, "data": {"api": "PutBlockList"},
    }  # fmt: skip


def tell(gateway: Ask, gate: dict[str, Any], body: object, *, secret: str | None = None, **headers: str) -> Reply:
    given = gate["secret"] if secret is None else secret
    path = str(gate["path"])
    return gateway(path, {"secret": given} if given else "", method="POST", body=body, headers=headers)


def woken() -> list[errands.Errand]:
    """Messages to whoever visits, those that wait for their time too."""
    url = boto3.client("sqs").get_queue_url(QueueName="visits")["QueueUrl"]
    found = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["ApproximateNumberOfMessages"] == "0", "a visit waits until the minute's blobs are all written"
    count = int(found["ApproximateNumberOfMessagesDelayed"])
    return [errands.read(one) for one in delayed(url, count)]


def delayed(url: str, count: int) -> Iterator[str]:
    from moto.sqs.models import sqs_backends

    (queue,) = [
        one
        for by in sqs_backends.values()
        for region in by.values()
        for one in region.queues.values()
        if one.name == "visits"
    ]
    messages = [one.body for one in queue._messages]
    assert (len(messages), bool(url)) == (count, True)
    yield from messages


def test_an_event_has_the_feed_visited_where_its_settings_say(ask: Ask, gateway: Ask, untold: None) -> None:
    gate = gate_of(ask)
    assert tell(gateway, gate, [written()], **{"aeg-event-type": "Notification"}).status == 200
    assert tell(gateway, gate, cloud_event(), **{"content-type": "application/cloudevents+json"}).status == 200
    assert tell(gateway, gate, [cloud_event(), cloud_event(subject="/elsewhere")]).status == 200
    (first, *others) = woken()
    assert (len(others), first.tenant, first.feed, first.kind) == (2, TENANT, gate["feed"]["id"], "azure_blob")
    assert (first.settings["container"], "169.254" in first.model_dump_json()) == (CONTAINER, False)
    shown = ask(f"/feeds/{gate['feed']['id']}/push").json()["gate"]
    assert (shown["refusals"], shown["secret"], shown["has_secret"], shown["audience"]) == ([], "", True, "")
    assert shown["heard_at"]
    assert untold is None


def test_a_burst_of_events_has_it_visited_once_a_minute(ask: Ask, gateway: Ask) -> None:
    gate, other = gate_of(ask), gate_of(ask, "other")
    for _ in range(20):
        assert tell(gateway, gate, [written(), written()]).status == 200
    assert tell(gateway, other, [written()]).status == 200
    assert 2 <= len(woken()) <= 3, "a minute may have ended meanwhile"


def test_event_grid_learns_that_events_are_wanted_here(ask: Ask, gateway: Ask) -> None:
    gate = gate_of(ask)
    asked = {
        "id": "1", "topic": ACCOUNT, "subject": "", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "data": {"validationCode": CODE, "validationUrl": "https://rp-eastus.eventgrid.azure.net/validate?id=1"},
    }  # fmt: skip
    answer = tell(gateway, gate, [asked], **{"aeg-event-type": "SubscriptionValidation"})
    assert (answer.status, answer.json()) == (200, {"validationResponse": CODE})
    assert tell(gateway, gate, [asked], secret="x" * 43).status == 401

    said = {"webhook-request-origin": "eventgrid.azure.net", "webhook-request-rate": "1000"}
    secret = {"secret": gate["secret"]}
    allowed = gateway(gate["path"], secret, method="OPTIONS", headers=said)
    assert (allowed.status, allowed.headers["webhook-allowed-origin"]) == (200, "eventgrid.azure.net")
    assert allowed.headers["webhook-allowed-rate"] == "120"
    for origin in ("evil.example", "eventgrid.azure.net.evil.example", "EVENTGRID.AZURE.NET", None):
        other = {} if origin is None else {"webhook-request-origin": origin}
        refused = gateway(gate["path"], secret, method="OPTIONS", headers=other)
        assert (refused.status, "webhook-allowed-origin" in refused.headers) == (400, False)
    assert gateway(gate["path"], method="OPTIONS", headers=said).status == 401
    assert woken() == []


def hostile(mine: str, theirs: str) -> Iterator[str]:
    yield from ("", "x", "x" * 43, mine[:-1], f"{mine}x", mine.swapcase(), mine[::-1], f" {mine}", f"{mine} ", theirs)
    yield from (
        f"{mine}\0",
        f"{mine},{mine}",
        f"Bearer {mine}",
        pushes.digest(mine).hex(),
        "\u00e4" * 43,
        "%00",
        "null",
    )
    yield from (mine[:at] + ("A" if mine[at] != "A" else "B") + mine[at + 1 :] for at in range(len(mine)))
    yield from (sessions.make() for _ in range(20))


def test_whoever_bears_another_secret_wakes_nobody(ask: Ask, gateway: Ask, foreign: Estate, untold: None) -> None:
    stranger = gateway.as_(foreign.administrator())
    gate, sibling, theirs = gate_of(ask), gate_of(ask, "sibling"), gate_of(stranger, "theirs")
    tried: dict[str, int] = {"push_unsigned": 0, "push_secret": 0}
    for secret in hostile(gate["secret"], theirs["secret"]):
        for how in ("query", "header"):
            if how == "header" and (secret.strip() != secret or not secret.isascii() or not secret.isprintable()):
                continue
            headers = {"x-flowlens-secret": secret} if how == "header" else {}
            answer = tell(gateway, gate, [written()], secret=secret if how == "query" else "", **headers)
            assert (answer.status, answer.json()["type"]) == (401, "/problems/unauthenticated"), (secret, how)
            tried["push_secret" if secret else "push_unsigned"] += 1
    for other in (sibling, theirs):
        assert tell(gateway, other, [written()], secret=gate["secret"]).status == 401
    for path in (f"/pushes/{uuid4()}/eventgrid", gate["path"].replace("eventgrid", "pubsub")):
        assert gateway(path, {"secret": gate["secret"]}, method="POST", body=[written()]).status == 401
    assert (sum(tried.values()) > 100, woken()) == (True, [])
    shown = ask(f"/feeds/{gate['feed']['id']}/push").json()["gate"]["refusals"]
    assert {one["reason"]: one["times"] for one in shown} == tried
    assert tell(gateway, gate, [written()]).status == 200
    header = {"x-flowlens-secret": theirs["secret"]}
    assert tell(gateway, theirs, [written()], secret="", **header).status == 200
    assert [(one.tenant, one.feed) for one in woken()] == [(TENANT, gate["feed"]["id"]), (OTHER, theirs["feed"]["id"])]
    assert untold is None


@pytest.mark.parametrize(
    ("reason", "body"),
    [
        ("push_json", b""),
        ("push_json", b"[{"),
        ("push_json", b"\xff"),
        ("push_json", b'[{"data":{"x":' + b"[" * 100_000),
        ("push_events", b"null"),
        ("push_events", b"[]"),
        ("push_events", b"[1]"),
        ("push_events", b"{}"),
        ("push_events", [{"subject": BLOB}]),
        ("push_events", [written(), {"eventType": 1}]),
        ("push_many", [{"type": "a"}] * 5_001),
        ("push_elsewhere", [written(topic=ACCOUNT.replace("shopflows", "another"))]),
        ("push_elsewhere", [written(topic=f"{ACCOUNT}x")]),
        ("push_elsewhere", [written(topic=f"{ACCOUNT}/storageAccounts/evil")]),
        ("push_elsewhere", [written(topic="shopflows")]),
        ("push_elsewhere", [written(subject=BLOB.replace("flowevent", "flowevent2"))]),
        ("push_elsewhere", [written(subject=BLOB.replace("flowLogResourceID", "other"))]),
        ("push_elsewhere", [written(subject=f"x{BLOB}")]),
        ("push_elsewhere", [written(subject="")]),
        ("push_elsewhere", [written(kind="Microsoft.Storage.BlobDeleted")]),
        ("push_elsewhere", [written(kind="Microsoft.EventGrid.SubscriptionDeletedEvent")]),
        ("push_elsewhere", cloud_event(source="https://shopflows.blob.core.windows.net")),
    ],
)
def test_what_is_no_event_of_the_container_has_a_name_and_wakes_nobody(
    ask: Ask, gateway: Ask, reason: str, body: object
) -> None:
    gate = gate_of(ask)
    answer = tell(gateway, gate, body if isinstance(body, bytes) else json.dumps(body).encode())
    assert (answer.status, answer.json()["type"]) == (400, "/problems/malformed")
    assert answer.json()["detail"].startswith(f"{reason}: ")
    (shown,) = ask(f"/feeds/{gate['feed']['id']}/push").json()["gate"]["refusals"]
    assert (shown["reason"], shown["times"], woken()) == (reason, 1, [])


def test_a_secret_is_told_once_kept_as_a_digest_and_changed_with_a_day_between(
    ask: Ask, gateway: Ask, estate: Estate, untold: None
) -> None:
    gate = gate_of(ask)
    feed, path = gate["feed"], f"/feeds/{gate['feed']['id']}/push"
    second = renewed(ask, feed).json()
    assert (second["path"], second["secret"] != gate["secret"]) == (gate["path"], True)
    assert second["former_until"]
    for secret in (gate["secret"], second["secret"]):
        assert tell(gateway, gate, [written()], secret=secret).status == 200
    with tenant_transaction(estate.conn, TENANT) as conn:
        kept = str(conn.execute("SELECT push_gates::text FROM push_gates").fetchall())
        conn.execute("UPDATE push_gates SET former_until = now()")
    assert (gate["secret"] in kept, pushes.digest(second["secret"]).hex() in kept) == (False, True)
    assert tell(gateway, gate, [written()], secret=gate["secret"]).status == 401
    assert tell(gateway, gate, [written()], secret=second["secret"]).status == 200
    shown = ask(path).json()["gate"]
    assert (shown["secret"], shown["former_until"]) == ("", None)
    for told in (ask("/audit"), ask("/feeds"), ask(path)):
        assert not any(secret in told.body.decode() for secret in (gate["secret"], second["secret"]))
    assert untold is None


def test_a_gate_is_made_and_shut_by_who_may_and_both_are_in_the_trail(
    ask: Ask, gateway: Ask, estate: Estate, foreign: Estate
) -> None:
    given = {"container": CONTAINER}
    feed = ask("/feeds", method="POST", body={"kind": "azure_blob", "name": "azure", "settings": given}).json()
    path, based = f"/feeds/{feed['id']}/push", {"if-match": f'"{feed["version"]}"'}
    assert ask(path).json() == {"gate": None}
    assert ask(path, method="DELETE", headers=based).status == 404
    reader = gateway.as_(estate.token("sources:read"))
    stranger = gateway.as_(foreign.administrator())
    for method in ("GET", "POST", "DELETE"):
        assert reader(path, method=method, headers=based).status == 403
        assert stranger(path, method=method, headers=based).status == 404
    gate = renewed(ask, feed).json()
    assert ask(path, method="DELETE", headers={"if-match": '"9"'}).status == 412
    assert ask(path, method="DELETE", headers=based).status == 204
    assert tell(gateway, gate, [written()]).status == 401
    again = renewed(ask, feed).json()
    assert again["path"] != gate["path"], "a gate that was shut does not open again"
    noted = [one["detail"] for one in ask("/audit").json()["items"] if one["action"] == "feed.gate"]
    assert [(one.get("way"), one.get("shut")) for one in noted] == [
        ("eventgrid", None),
        (None, True),
        ("eventgrid", None),
    ]


def test_a_feed_that_is_pushed_to_keeps_its_gate(ask: Ask) -> None:
    body = {"kind": "gcp_pubsub", "name": "google", "settings": {"account": "push@shop.iam.gserviceaccount.com"}}
    feed = ask("/feeds", method="POST", body=body).json()
    assert ask(f"/feeds/{feed['id']}/push", method="DELETE", headers={"if-match": '"1"'}).status == 409


def test_a_paused_feed_is_told_later(ask: Ask, gateway: Ask, untold: None) -> None:
    gate = gate_of(ask)
    path = f"/feeds/{gate['feed']['id']}"
    assert ask(path, method="PATCH", body={"state": "paused"}, headers={"if-match": '"1"'}).status == 200
    assert tell(gateway, gate, [written()]).status == 503
    assert tell(gateway, gate, [written()], secret="x" * 43).status == 401
    ask(path, method="PATCH", body={"state": "active"}, headers={"if-match": '"2"'})
    assert tell(gateway, gate, [written()]).status == 200
    assert (len(woken()), untold, bool(settings().visits_queue)) == (1, None, True)
