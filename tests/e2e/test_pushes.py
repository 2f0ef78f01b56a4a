"""Clouds push to a running FlowLens: Google's entries become edges within seconds, Azure's word wakes a visit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from cdk.local import aws
from cdk.local.resources import LOG_BUCKET
from tests import azurite_storage, front
from tests.azurite_storage import Storage, signature
from tests.estates import EDGES
from tests.front import Asked, Front, Reply
from tests.functions.api import pusher
from tests.functions.api.pusher import ACCOUNT, Google, envelope
from tests.functions.logs.test_pushes import entries
from tests.functions.objects.test_read import azure_records
from tests.stack import RunningStack, start, until

NAME = "flowLogResourceID=/SUB_RG/WATCHER_FLOWLOG/y=2026/m=11/d=27/h=04/m=00/macAddress=000D3A/PT1H.json"


@dataclass(frozen=True, slots=True)
class World:
    """A stack that may ask the issuer and the storage of these tests."""

    stack: RunningStack
    issuer: Front
    azurite: Storage

    def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx2.Response:
        bearer = {"authorization": f"Bearer {self.stack.token}"}
        return httpx2.request(
            method, f"{self.stack.url}/api/v1{path}", headers={**bearer, **headers}, json=body, timeout=60
        )

    def feed(self, kind: str, settings: dict[str, str], **more: str) -> dict[str, Any]:
        made = self.call("POST", "/feeds", {"kind": kind, "name": kind, "settings": settings, **more})
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    def edges(self) -> set[tuple[str, str, int, int]]:
        found = self.stack.read("/dependencies?limit=200")["items"]
        return {(one["client"]["address"], one["server"]["address"], one["protocol"], one["port"]) for one in found}

    def flows(self, feed: int) -> int:
        return int(self.stack.read(f"/feeds/{feed}")["flows"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("pushes")
    google = Google()

    def judge(asked: Asked) -> Reply:
        told: object = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"}
        if asked.path == "/keys":
            told = {"keys": [{**google.key.as_dict(private=False), "kid": "one", "use": "sig"}]}
        return Reply(200, json.dumps(told).encode())

    with (
        azurite_storage.running(folder / "azurite") as azurite,
        front.running(folder / "issuer", judge=judge, behind="") as issuer,
    ):
        azurite.create()
        known = folder / "authorities.pem"
        known.write_bytes(issuer.certificate.read_bytes() + azurite.certificate.read_bytes())
        stack = start(folder / "home", "--outbound", "127.0.0.1/32", "--authorities", str(known))
        yield World(stack, issuer, azurite)
        stack.stop()


def test_an_estate_that_google_pushes_twice_and_exports_is_the_same_edges_once(world: World) -> None:
    feed = world.feed("gcp_pubsub", {"account": ACCOUNT, "issuer": world.issuer.url})
    gate = world.call("GET", f"/feeds/{feed['id']}/push").json()["gate"]
    token = Google().token(gate["audience"], but={"iss": world.issuer.url})
    said = entries()

    def push(id: str, text: str, bearing: str) -> int:
        headers = {"authorization": f"Bearer {bearing}"}
        return httpx2.post(world.stack.url + gate["path"], headers=headers, json=envelope(text, id=id)).status_code

    stranger = Google().token(gate["audience"], key=pusher.STRANGER, but={"iss": world.issuer.url})
    assert [push("0", said[0], stranger), push("0", said[0], "x")] == [401, 401]
    assert {push(str(number), text, token) for number, text in enumerate(said)} == {204}
    until(lambda: world.flows(feed["id"]) == len(said), "what was pushed is read")
    until(lambda: world.edges() == EDGES, "the estate is on the map")
    total = world.stack.read("/topology")["totals"]
    assert {push(f"again{number}", text, token) for number, text in enumerate(said)} == {204}
    until(lambda: world.flows(feed["id"]) == 2 * len(said), "what was pushed again is read again")
    buckets = aws.client("s3", str(world.stack.told["aws_endpoint"]))
    buckets.put_object(Bucket=LOG_BUCKET, Key="google/S0.json", Body="\n".join([*said, ""]).encode())
    until(lambda: exported(world) == len(said), "the object is read")
    until(lambda: world.stack.read("/health")["status"] == "ok", "the stack is well")
    assert world.edges() == EDGES
    assert world.stack.read("/topology")["totals"]["dependencies"] == total["dependencies"]
    assert world.stack.read("/dead-letters")["items"] == []
    refused = world.call("GET", f"/feeds/{feed['id']}/push").json()["gate"]["refusals"]
    assert {one["reason"]: one["times"] for one in refused} == {"push_signature": 2}


def exported(world: World) -> int:
    return sum(one["flows"] for one in world.stack.read("/feeds")["items"] if one["kind"] == "aws_s3")


def test_word_of_event_grid_has_the_container_visited_at_once(world: World) -> None:
    given = {"container": world.azurite.url, "prefix": "word/"}
    feed = world.feed("azure_blob", given, secret=signature())
    gate = world.call("POST", f"/feeds/{feed['id']}/push", **{"if-match": f'"{feed["version"]}"'}).json()
    world.azurite.append(f"word/{NAME}", azure_records(4), before=0)
    container = world.azurite.url.rpartition("/")[2]
    event = {
        "id": "1", "eventType": "Microsoft.Storage.BlobCreated", "eventTime": "2026-11-27T10:00:00Z",
        "topic": f"/subscriptions/0f/providers/Microsoft.Storage/storageAccounts/{azurite_storage.ACCOUNT}",
        "subject": f"/blobServices/default/containers/{container}/blobs/word/{NAME}",
        "data": {"url": "http://127.0.0.1:1/"},
    }  # fmt: skip
    at = f"{world.stack.url}{gate['path']}"
    assert httpx2.post(at, json=[event]).status_code == 401
    assert httpx2.options(at, params={"secret": gate["secret"]}, headers=origin("evil.example")).status_code == 400
    allowed = httpx2.options(at, params={"secret": gate["secret"]}, headers=origin("eventgrid.azure.net"))
    assert (allowed.status_code, allowed.headers["webhook-allowed-origin"]) == (200, "eventgrid.azure.net")
    assert httpx2.post(at, params={"secret": gate["secret"]}, json=[event]).status_code == 200
    until(lambda: world.flows(feed["id"]) > 0, "the blob is fetched and read")
    visit = world.stack.read(f"/feeds/{feed['id']}")["visit"]
    assert (visit["problem"], visit["waiting"]) == ("", 0)


def origin(name: str) -> dict[str, str]:
    return {"webhook-request-origin": name}
