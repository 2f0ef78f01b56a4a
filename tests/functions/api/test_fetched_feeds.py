"""Feeds whose logs are fetched: what opens their place is never shown and opens no other; a trial shows one log."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Mapping
from typing import Any, cast

import boto3
import pytest
from cfnlint.api import lint_all  # type: ignore[import-untyped]
from flowlens.aws import functions
from flowlens.tables import visits as marks

from functions.outbound import visit
from tests import azurite_storage, google_storage, other_account
from tests.azurite_storage import Storage, signature
from tests.estates import aws_log, google_log
from tests.functions.api.estate import Estate
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


def test_a_role_is_made_from_what_the_feed_says_and_trusts_no_other_feed_of_anybody(
    ask: Ask, gateway: Ask, foreign: Estate, outside: Storage
) -> None:
    other_account.begin()
    other_account.put("2026/11/27/a.log", aws_log())
    body = {"kind": "aws_role", "name": "theirs", "settings": other_account.SETTINGS}
    feed = ask("/feeds", method="POST", body=body).json()
    path = f"/feeds/{feed['id']}"
    denied = ask(f"{path}/trial", method="POST", body={}).json()
    assert (denied["problem"], feed["has_secret"]) == ("role_denied", False)
    said = ask(f"{path}/trust").json()
    assert (said["role"], said["trusted"]) == (other_account.ROLE, "arn:aws:iam::123456789012:role/local")
    assert [one for one in lint_all(json.dumps(said["template"])) if one.rule.id[0] != "I"] == []
    other_account.let_in(said["template"])
    told = ask(f"{path}/trial", method="POST", body={}).json()
    assert (told["problem"], told["format"], told["whole"]) == ("", "aws_vpc", True)
    assert told["name"] == f"{other_account.PREFIX}2026/11/27/a.log"

    stranger = gateway.as_(foreign.administrator())
    same = stranger("/feeds", method="POST", body=body).json()
    theirs = stranger(f"/feeds/{same['id']}/trust").json()
    assert theirs["external_id"] != said["external_id"]
    refused = stranger(f"/feeds/{same['id']}/trial", method="POST", body={}).json()
    assert (refused["problem"], refused["lines"]) == ("role_denied", 0)
    assert stranger(f"{path}/trust").status == 404
    assert outside is not None


def test_a_log_group_of_another_account_shows_its_role_and_its_latest_events(ask: Ask, outside: Storage) -> None:
    other_account.begin()
    settings = {"role": other_account.ROLE, "region": other_account.REGION, "log_group": "/vpc/flow-logs"}
    feed = ask("/feeds", method="POST", body={"kind": "aws_role_logs", "name": "theirs", "settings": settings}).json()
    path = f"/feeds/{feed['id']}"
    said = ask(f"{path}/trust").json()
    assert [one for one in lint_all(json.dumps(said["template"])) if one.rule.id[0] != "I"] == []
    assert [one["Action"] for one in said["rights_policy"]["Statement"]] == ["logs:FilterLogEvents"]
    assert ask(f"{path}/trial", method="POST", body={}).json()["problem"] == "role_denied"
    other_account.let_in(said["template"])
    assert ask(f"{path}/trial", method="POST", body={}).json()["problem"] == "group_missing"
    end = int(time.time()) - 60
    with other_account.inside():
        groups = boto3.client("logs", region_name=other_account.REGION)
        groups.create_log_group(logGroupName="/vpc/flow-logs")
        groups.create_log_stream(logGroupName="/vpc/flow-logs", logStreamName="eni-1-all")
        message = (
            f"2 210987654321 eni-0123456789abcdef0 10.0.0.1 10.0.0.2 40000 443 6 10 840 {end - 60} {end} ACCEPT OK"
        )
        told = [{"timestamp": (end - 60) * 1000, "message": message}]
        groups.put_log_events(logGroupName="/vpc/flow-logs", logStreamName="eni-1-all", logEvents=told)
    trial = ask(f"{path}/trial", method="POST", body={}).json()
    assert (trial["problem"], trial["name"], trial["format"]) == ("", "the latest events", "aws_vpc")
    assert (trial["lines"], trial["flows"], trial["exporters"], outside is not None) == (1, 1, 1, True)


@pytest.mark.parametrize("field", ["external_id", "externalId"])
def test_nobody_sets_an_external_id(ask: Ask, outside: Storage, field: str) -> None:
    body: dict[str, Any] = {"kind": "aws_role", "name": "theirs", "settings": other_account.SETTINGS}
    assert ask("/feeds", method="POST", body={**body, field: str(TENANT)}).status == 422
    settings = {**other_account.SETTINGS, field: str(TENANT)}
    assert ask("/feeds", method="POST", body={**body, "settings": settings}).status == 422
    made = ask("/feeds", method="POST", body=body).json()
    before = ask(f"/feeds/{made['id']}/trust").json()["external_id"]
    path, based = f"/feeds/{made['id']}", {"if-match": f'"{made["version"]}"'}
    assert ask(path, method="PATCH", body={field: str(TENANT)}, headers=based).status == 422
    elsewhere = {**other_account.SETTINGS, "bucket": "another"}
    assert ask(path, method="PATCH", body={"settings": elsewhere}, headers=based).status == 200
    assert ask(f"{path}/trust").json()["external_id"] == before
    assert outside is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "arn:aws:iam::210987654321:role/administrator"),
        ("role", "arn:aws:iam::210987654321:role/path/flowlens-read-x"),
        ("role", "arn:aws:iam::210987654321:user/flowlens-read-x"),
        ("region", "169.254.169.254/"),
        ("region", "us-east-1.evil.example"),
        ("prefix", "logs/*"),
        ("prefix", "${aws:username}/"),
        ("bucket", "A/../b"),
    ],
)
def test_a_role_feed_names_a_role_that_was_made_for_it_and_one_place(
    ask: Ask, outside: Storage, field: str, value: str
) -> None:
    settings = {**other_account.SETTINGS, field: value}
    refused = ask("/feeds", method="POST", body={"kind": "aws_role", "name": "x", "settings": settings})
    assert (refused.status, f"settings.{field}" in refused.json()["detail"]) == (422, True)
    assert outside is not None


def test_feeds_of_other_kinds_are_read_by_no_role(ask: Ask, outside: Storage) -> None:
    feed = made(ask, outside, "no-role/", secret=signature()).json()
    assert ask(f"/feeds/{feed['id']}/trust").status == 409


def test_a_visit_that_never_ended_is_told_on_its_feed(ask: Ask, outside: Storage) -> None:
    feed = made(ask, outside, "ends/", secret=signature()).json()
    marks.begin("visit-marks", f"{TENANT}/{feed['id']}", now=int(time.time()) - 300)
    path = f"/feeds/{feed['id']}"
    assert ask(path).json()["visit"]["problem"] == "", "it may be on its way"
    marks.begin("visit-marks", f"{TENANT}/{feed['id']}", now=1)
    marks.conclude("visit-marks", f"{TENANT}/{feed['id']}", marks.Outcome(since=1, waiting=0), now=1)
    marks.begin("visit-marks", f"{TENANT}/{feed['id']}", now=int(time.time()) - 900)
    assert ask(path).json()["visit"]["problem"] == "visit_cut_off"
