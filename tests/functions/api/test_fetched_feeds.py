"""Feeds whose logs are fetched: what opens their place is never shown and opens no other; a trial shows one log."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Mapping
from typing import Any, cast

import pytest
from flowlens.aws import functions
from flowlens.tables import visits as marks

from functions.outbound import visit
from tests import azurite_storage, google_storage
from tests.azurite_storage import Storage, signature
from tests.estates import google_log
from tests.functions.api.gateway import Ask, Reply
from tests.functions.objects.test_read import azure_records
from tests.lambdas import context
from tests.postgres import TENANT

NAME = "flowLogResourceID=/SUB/y=2026/m=11/d=27/h=04/m=00/macAddress=000D3A/PT1H.json"


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Generator[Storage]:
    with azurite_storage.running(tmp_path_factory.mktemp("azurite")) as storage:
        storage.create()
        yield storage


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Generator[google_storage.Storage]:
    with google_storage.running(tmp_path_factory.mktemp("google")) as storage:
        yield storage


@pytest.fixture
def outside(
    azurite: Storage,
    google: google_storage.Storage,
    cloud: None,  # noqa: ARG001 (a fixture for its effect)
    monkeypatch: pytest.MonkeyPatch,
) -> Generator[Storage]:
    """The function that visits answers, and may ask the emulators."""
    monkeypatch.setenv("OUTBOUND_NETWORKS", "127.0.0.1/32")
    known = (azurite.certificate, google.front.certificate)
    monkeypatch.setenv("OUTBOUND_AUTHORITIES", "\n".join(one.read_text() for one in known))
    visit.desk.cache_clear()

    def call(name: str, event: Mapping[str, Any]) -> dict[str, Any]:
        assert name == "outbound-visit"
        given = visit.handler(json.loads(json.dumps(event)), context())
        return cast("dict[str, Any]", json.loads(json.dumps(given)))

    monkeypatch.setattr(functions, "call", call)
    yield azurite
    visit.desk.cache_clear()


def made(ask: Ask, storage: Storage, prefix: str, **more: object) -> Reply:
    settings = {"container": storage.url, "prefix": prefix}
    return ask("/feeds", method="POST", body={"kind": "azure_blob", "name": prefix, "settings": settings, **more})


def test_a_trial_shows_what_is_understood_of_a_blob_of_any_size(ask: Ask, outside: Storage) -> None:
    records = azure_records(3)
    outside.append("small/" + NAME, records, before=0)
    outside.put("large/" + NAME, json.dumps({"records": records * 4000}).encode())
    for prefix, whole in (("small/", True), ("large/", False)):
        feed = made(ask, outside, prefix, secret=signature()).json()
        told = ask(f"/feeds/{feed['id']}/trial", method="POST", body={}).json()
        assert (told["name"], told["problem"], told["format"]) == (prefix + NAME, "", "azure_vnet")
        assert (told["flows"] >= len(records) * 3, told["whole"]) == (True, whole)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, "credential_missing"),
        ({"secret": "sesame"}, "credential_form"),
        ({"secret": signature(key="b3RoZXI=")}, "credential_rights"),
        ({"secret": signature()}, "object_none"),
    ],
)
def test_what_a_trial_cannot_open_has_a_name(ask: Ask, outside: Storage, said: dict[str, str], problem: str) -> None:
    feed = made(ask, outside, f"nothing/{problem}/", **said).json()
    assert ask(f"/feeds/{feed['id']}/trial", method="POST", body={}).json()["problem"] == problem


def test_a_secret_is_never_shown_and_opens_no_other_place(ask: Ask, outside: Storage) -> None:
    secret = signature()
    feed = made(ask, outside, "secret/", secret=secret).json()
    assert (feed["has_secret"], feed["visit"]) == (True, {"at": None, "waiting": 0, "problem": "", "detail": ""})
    elsewhere = {"settings": {"container": "https://evil.example/devstoreaccount1/x"}}
    path = f"/feeds/{feed['id']}"
    refused = ask(path, method="PATCH", body=elsewhere, headers={"if-match": f'"{feed["version"]}"'})
    assert (refused.status, "enter it again" in refused.json()["detail"]) == (422, True)
    for shown in (ask(path), ask("/feeds"), ask("/audit")):
        assert shown.status == 200
        assert "sig=" not in json.dumps(shown.json())
    body = {"kind": "aws_s3", "name": "another", "settings": {"bucket": "flow-logs"}, "secret": "x"}
    assert ask("/feeds", method="POST", body=body).status == 422


def test_a_trial_shows_what_is_understood_of_an_object_of_google_and_what_hinders_it(
    ask: Ask, google: google_storage.Storage, outside: Storage
) -> None:
    google.put("trial/2026/11/27/a.json", google_log())
    google.put("trial/2026/11/27/b.json", google_log() * 2)
    body = {"kind": "gcp_storage", "name": "google", "settings": google.settings("trial/"), "secret": google.key()}
    feed = ask("/feeds", method="POST", body=body).json()
    path = f"/feeds/{feed['id']}/trial"
    told = ask(path, method="POST", body={}).json()
    assert (told["name"], told["problem"], told["format"]) == ("trial/2026/11/27/b.json", "", "gcp_vpc")
    assert (told["whole"], told["lines"]) == (True, 40)
    one = ask(path, method="POST", body={"key": "trial/2026/11/27/a.json"}).json()
    assert (one["name"], one["lines"]) == ("trial/2026/11/27/a.json", 20)
    for key in ("trial/2026/11/27/none.json", "elsewhere/a.json"):
        assert ask(path, method="POST", body={"key": key}).json()["problem"] == "object_none"
    google.front.plan("/token", 400, b'{"error":"invalid_grant"}')
    assert ask(path, method="POST", body={}).json()["problem"] == "credential_refused"
    assert outside is not None


def test_a_visit_that_never_ended_is_told_on_its_feed(ask: Ask, outside: Storage) -> None:
    feed = made(ask, outside, "ends/", secret=signature()).json()
    marks.begin("visit-marks", f"{TENANT}/{feed['id']}", now=int(time.time()) - 300)
    path = f"/feeds/{feed['id']}"
    assert ask(path).json()["visit"]["problem"] == "", "it may be on its way"
    marks.begin("visit-marks", f"{TENANT}/{feed['id']}", now=1)
    marks.conclude("visit-marks", f"{TENANT}/{feed['id']}", marks.Outcome(since=1, waiting=0), now=1)
    marks.begin("visit-marks", f"{TENANT}/{feed['id']}", now=int(time.time()) - 900)
    assert ask(path).json()["visit"]["problem"] == "visit_cut_off"
