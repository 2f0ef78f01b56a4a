"""Feeds whose logs are fetched: what opens their place is never shown and opens no other; a trial shows one log."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any

import pytest
from flowlens.aws import functions

from functions.outbound import ask as asking
from tests import azurite_storage
from tests.azurite_storage import Storage, signature
from tests.functions.api.gateway import Ask, Reply
from tests.functions.objects.test_read import azure_records
from tests.lambdas import context

NAME = "flowLogResourceID=/SUB/y=2026/m=11/d=27/h=04/m=00/macAddress=000D3A/PT1H.json"


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Generator[Storage]:
    with azurite_storage.running(tmp_path_factory.mktemp("azurite")) as storage:
        storage.create()
        yield storage


@pytest.fixture
def outside(azurite: Storage, cloud: None, monkeypatch: pytest.MonkeyPatch) -> Generator[Storage]:  # noqa: ARG001
    """The function that asks others answers, and may ask azurite."""
    monkeypatch.setenv("OUTBOUND_NETWORKS", "127.0.0.1/32")
    monkeypatch.setenv("OUTBOUND_AUTHORITIES", azurite.certificate.read_text())
    asking.client.cache_clear()

    def call(name: str, event: Mapping[str, Any]) -> dict[str, Any]:
        assert name == "outbound-ask"
        given: dict[str, Any] = asking.handler(json.loads(json.dumps(event)), context())
        return given

    monkeypatch.setattr(functions, "call", call)
    yield azurite
    asking.client.cache_clear()


def made(ask: Ask, storage: Storage, prefix: str, **more: object) -> Reply:
    settings = {"container": storage.url, "prefix": prefix}
    return ask("/feeds", method="POST", body={"kind": "azure_blob", "name": prefix, "settings": settings, **more})


def test_a_trial_shows_what_is_understood_of_a_blob_of_any_size(ask: Ask, outside: Storage) -> None:
    records = azure_records(3)
    outside.append("small/" + NAME, records, before=0)
    outside.put("large/" + NAME, json.dumps({"records": records * 500}).encode())
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
