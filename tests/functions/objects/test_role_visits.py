"""Logs of another account are read by a role that trusts one feed, counted once, and nobody else gets in."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber
from flowlens.model.errors import Unopened
from flowlens.outbound.stores import Broken, Changed, Gone, Throttled, aws_role
from flowlens.services import trust, visits
from flowlens.store.connection import Connection

from cdk.local.emulation.trust import OURS, trusts
from functions.outbound import visit
from tests import other_account
from tests.bench import files
from tests.functions.objects.test_read import aside, count, feed, tell, world
from tests.functions.objects.visiting import (
    Cut,
    cut,
    errand,
    fetched,
    go,
    octets,
    set_up,
    state,
    taken,
    two_at_once,
    visiting,
)
from tests.other_account import ACCOUNT, ROLE, SETTINGS

__all__ = ["world"]  # a fixture
NAME = f"{ACCOUNT}_vpcflowlogs_us-east-1_fl-0123456789abcdef0_20261127T0900Z_0a1b2c3d.log.gz"
TODAY = f"{datetime.now(UTC):%Y/%m/%d}/{NAME}"


@pytest.fixture(autouse=True)
def place(
    world: None,  # noqa: ARG001 (a fixture for its effect)
    monkeypatch: pytest.MonkeyPatch,
) -> Generator[None]:
    """The function can be called, and there is another account."""
    with visiting(monkeypatch):
        other_account.begin()
        yield


def of(app: Connection, *, trusting: bool = True, **other: str) -> int:
    """The owner of the other account has made the role that the feed asks for, unless not."""
    id = set_up(app, "aws_role", {**SETTINGS, **other})
    if trusting:
        other_account.let_in(trust.written(SETTINGS, OURS, str(errand(app, "aws_role", id).external_id)).template)
    return id


def log(seed: int = 1, rows: int = 100) -> bytes:
    return gzip.compress(files.text(files.columns(rows, seed=seed, begins=int(time.time()) - 120)), mtime=0)


def test_logs_of_another_account_are_fetched_and_counted_once(app: Connection) -> None:
    other_account.put(TODAY, log())
    id = of(app)
    assert go() + go() == []
    assert len(fetched()) == 1
    other_account.put(TODAY.replace("0900Z", "0905Z"), log(2))
    assert go() + go() == []
    assert len(fetched()) == 2
    assert tell(*fetched(), *fetched()) == []
    first = count(app)
    assert tell(*fetched()) == []
    one = feed(app)
    assert (count(app), state(id), aside(app)) == (first, ("", 0), [])
    assert (one.logs, one.flows, one.has_secret) == (2, 180, False)


def test_a_session_may_read_those_logs_and_nothing_else_and_says_who_it_is(app: Connection) -> None:
    other_account.put(TODAY, log())
    id = of(app)
    assert go() == []
    (session,) = other_account.sessions()
    assert session["name"] == f"flowlens-feed-{id}"
    assert session["external_id"] == str(errand(app, "aws_role", id).external_id)
    rights = {one["Action"]: (one["Resource"], one.get("Condition")) for one in session["policy"]["Statement"]}
    bucket, prefix = f"arn:aws:s3:::{other_account.BUCKET}", other_account.PREFIX
    assert rights == {
        "s3:GetObject": (f"{bucket}/{prefix}*", None),
        "s3:ListBucket": (bucket, {"StringLike": {"s3:prefix": f"{prefix}*"}}),
        "kms:Decrypt": ("*", {"StringLike": {"kms:ViaService": "s3.us-east-1.amazonaws.com*"}}),
    }


def test_a_role_that_trusts_one_feed_is_given_to_no_other_though_it_names_it(app: Connection) -> None:
    other_account.put(TODAY, log())
    trusted = of(app)
    stranger = of(app, trusting=False)
    assert errand(app, "aws_role", trusted).external_id != errand(app, "aws_role", stranger).external_id
    assert go() == []
    assert (state(trusted), state(stranger)) == (("", 0), ("role_denied", 0))
    assert {one["name"] for one in other_account.sessions()} == {f"flowlens-feed-{trusted}"}
    assert all(f"/{trusted}/" in key for key in octets())


def test_a_role_that_does_not_exist_is_refused(app: Connection) -> None:
    id = of(app, trusting=False)
    assert go() == []
    assert (state(id), fetched()) == (("role_denied", 0), [])


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_visit_that_is_killed_is_repeated_to_the_octet(
    app: Connection, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    said = log()
    other_account.put(TODAY, said)
    id = of(app)
    with cut(monkeypatch, where), pytest.raises(Cut):
        visits.visit(errand(app, "aws_role", id), visit.desk(), lambda: True)
    before = octets()
    assert go() == []
    assert before.items() <= octets().items()
    assert list(octets().values()) == [said]
    assert tell(*fetched()) == []
    assert (state(id), feed(app).logs) == (("", 0), 1)


def test_two_visits_at_once_fetch_the_same_and_it_counts_once(app: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        other_account.put(f"{number}/{NAME}", log(number + 1))
    one = errand(app, "aws_role", of(app))
    two_at_once(one, monkeypatch)
    assert go() == []
    assert tell(*fetched(), *fetched()) == []
    assert (len(fetched()), feed(app).logs, feed(app).flows) == (5, 5, 450)


def test_a_list_comes_in_pages_and_begins_where_something_can_be_new(app: Connection) -> None:
    now, said = datetime.now(UTC), log()
    for back in (0, 1, 20, 21, 22, 23):
        other_account.put(f"{now - timedelta(days=back):%Y/%m/%d}/{NAME}", said)
    one = errand(app, "aws_role", of(app))
    recent = list(visits.place(one, visit.desk(), page=2).listed(now))
    every = list(visits.place(one, visit.desk(), page=2).listed(now - timedelta(90)))
    assert (len(recent), len(every)) == (2, 6)
    store = visits.place(one, visit.desk())
    assert store.piece(recent[0], 0, len(said)) == said
    assert store.piece(recent[0], 2, 9) == said[2:9]
    other_account.put(f"{now - timedelta(days=1):%Y/%m/%d}/{NAME}", log(7))
    other_account.remove(TODAY)
    with pytest.raises(Changed):
        store.piece(recent[0], 0, 9)
    with pytest.raises(Gone):
        store.piece(recent[1], 0, 9)


def test_an_object_that_is_too_large_is_named_and_others_are_read(
    app: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = log(1, 3000)
    other_account.put(f"a/{NAME}", large)
    other_account.put(f"b/{NAME}", log(2, 50))
    id = of(app)
    with monkeypatch.context() as patched:
        patched.setattr(visits, "_MOST", len(large) - 1)
        assert go() + go() == []
    assert tell(*taken("flow-logs"), *fetched()) == []
    assert (aside(app), state(id), len(fetched())) == (["object_size"], ("", 0), 1)


def test_a_bucket_that_is_gone_has_a_name(app: Connection) -> None:
    gone = set_up(app, "aws_role", {**SETTINGS, "bucket": "gone-for-good"})
    other_account.let_in(trust.written(SETTINGS, OURS, str(errand(app, "aws_role", gone).external_id)).template)
    assert go() == []
    assert state(gone) == ("bucket_missing", 0)


CODES: dict[str, Any] = {
    "AccessDenied": "role_rights",
    "PermanentRedirect": "bucket_region",
    "KMS.DisabledException": "role_rights",
    "SlowDown": "quota",
    "MalformedXML": "answer",
}


@pytest.mark.parametrize("code", CODES)
def test_what_s3_refuses_has_a_name_and_what_it_says_stays_out_of_it(app: Connection, code: str) -> None:
    store = visits.place(errand(app, "aws_role", of(app)), visit.desk())
    assert isinstance(store, aws_role.Bucket)
    client = store._session()
    with Stubber(client) as stub:
        stub.add_client_error("list_objects_v2", code, "<secret>", 503 if code == "SlowDown" else 403)
        with pytest.raises(Unopened, match=CODES[code]) as raised:
            list(store.listed(datetime.now(UTC)))
    assert "secret" not in str(raised.value)
    assert isinstance(raised.value, Throttled) == (code == "SlowDown")


def test_an_object_in_an_archive_is_named_for_a_person_to_restore(app: Connection) -> None:
    other_account.put(TODAY, log())
    store = visits.place(errand(app, "aws_role", of(app)), visit.desk())
    assert isinstance(store, aws_role.Bucket)
    (one,) = store.listed(datetime.now(UTC))
    with Stubber(store._session()) as stub:
        stub.add_client_error("get_object", "InvalidObjectState", "", 403)
        with pytest.raises(Broken, match="object_archived"):
            store.piece(one, 0, 9)


@pytest.mark.parametrize(
    ("condition", "taken_on"),
    [
        ({"StringEquals": {"sts:ExternalId": "ours"}}, True),
        ({"StringEquals": {"sts:ExternalId": "another"}}, False),
        ({"StringEquals": {"sts:ExternalId": "ours", "aws:PrincipalArn": "arn:aws:iam::123456789012:role/x"}}, False),
        ({"StringLike": {"sts:ExternalId": "o*"}}, True),
        ({"NumericLessThan": {"sts:ExternalId": "9"}}, False),
        ({}, True),
    ],
)
def test_the_emulation_looks_at_trust_policies(condition: dict[str, Any], taken_on: bool) -> None:
    account = {"AWS": "arn:aws:iam::123456789012:root"}
    allows = {"Effect": "Allow", "Principal": account, "Action": "sts:AssumeRole", "Condition": condition}
    known = {"aws:PrincipalArn": OURS, "sts:ExternalId": "ours"}
    assert trusts({"Statement": [allows]}, known) == taken_on
    assert not trusts({"Statement": [allows, {**allows, "Effect": "Deny"}]}, known)
    assert not trusts({"Statement": [{**allows, "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}]}, known)


def test_the_template_makes_the_role_that_the_feed_names_for_it_alone() -> None:
    said = trust.written(SETTINGS, OURS, "an id")
    (role,) = said.template["Resources"].values()
    assert role["Properties"]["RoleName"] == ROLE.rpartition("/")[2]
    assert json.dumps(said.rights_policy).count("*") == 2
    (statement,) = said.trust_policy["Statement"]
    assert statement["Condition"]["StringEquals"] == {"aws:PrincipalArn": OURS, "sts:ExternalId": "an id"}
