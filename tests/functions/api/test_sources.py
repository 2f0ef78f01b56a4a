"""Flow sources: decided here, told to the collectors, and every change on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from flowlens.store.connection import tenant_transaction

from tests.functions.api.estate import NOW, Estate, now
from tests.functions.api.gateway import Ask, Reply
from tests.functions.api.test_problems import problem


def create(ask: Ask, **fields: object) -> Reply:
    return ask("/sources", method="POST", body={"exporter": "192.0.2.1", **fields})


def patch(ask: Ask, source: int, etag: str, **fields: object) -> Reply:
    return ask(f"/sources/{source}", method="PATCH", body=fields, headers={"if-match": etag})


def audit(estate: Estate) -> list[tuple[Any, ...]]:
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        query = "SELECT actor, action, target, detail FROM audit_events ORDER BY audit_event_id"
        return conn.execute(query).fetchall()


def told() -> dict[str, str]:
    """What collectors would read."""
    rows = boto3.client("dynamodb").scan(TableName="flow-sources")["Items"]
    return {row["exporter"]["S"]: row["state"]["S"] for row in rows}


def test_a_source_is_announced_placed_decided_on_and_forgotten(ask: Ask, estate: Estate) -> None:
    plant = estate.space("Plant 2")
    made = create(ask, name="core-1", address_space_id=plant, state="held")
    source = made.json()["id"]
    assert (made.status, made.headers["location"], made.headers["etag"]) == (201, f"/api/v1/sources/{source}", '"1"')
    assert (made.json()["status"], made.json()["address_space_id"]) == ("held", plant)
    assert told() == {"192.0.2.1": "held"}

    changed = patch(ask, source, '"1"', state="accepted", note="rack 12\nunit 3")
    assert (changed.status, changed.headers["etag"], changed.json()["status"]) == (200, '"2"', "never")
    assert (changed.json()["name"], changed.json()["note"]) == ("core-1", "rack 12\nunit 3")
    assert told() == {"192.0.2.1": "accepted"}

    gone = ask(f"/sources/{source}", method="DELETE", headers={"if-match": '"2"'})
    assert (gone.status, gone.body, told()) == (204, b"", {})
    assert ask(f"/sources/{source}").status == 404
    assert [(actor, action) for actor, action, _, _ in audit(estate)] == [
        ("administrator", "source.create"),
        ("administrator", "source.update"),
        ("administrator", "source.delete"),
        ("administrator", "denied.unknown"),
    ]
    assert audit(estate)[1][2:] == (f"source {source}", {"state": "accepted", "note": "rack 12\nunit 3"})


def test_a_change_names_the_version_it_is_based_on(ask: Ask, estate: Estate) -> None:
    source = estate.source("192.0.2.1")
    for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
        blind = ask(f"/sources/{source}", method=method, body=body)
        assert (blind.status, problem(blind).type) == (428, "/problems/precondition-required")
        stale = ask(f"/sources/{source}", method=method, body=body, headers={"if-match": '"7"'})
        assert (stale.status, problem(stale).type, stale.headers["etag"]) == (412, "/problems/stale-version", '"1"')
        odd = ask(f"/sources/{source}", method=method, body=body, headers={"if-match": "yesterday"})
        assert odd.status == 428
    assert patch(ask, source, "*", name="x").status == 200
    assert (len(audit(estate)), len(told())) == (1, 1)


def test_of_two_changes_based_on_the_same_version_one_is_refused(ask: Ask, estate: Estate) -> None:
    source = estate.source("192.0.2.1")
    etag = ask(f"/sources/{source}").headers["etag"]
    assert [patch(ask, source, etag, name=name).status for name in ("mine", "yours")] == [200, 412]
    assert ask(f"/sources/{source}").json()["name"] == "mine"


def test_an_exporter_is_known_once(ask: Ask, estate: Estate) -> None:
    assert create(ask).status == 201
    again = create(ask, exporter="::ffff:192.0.2.1")  # the same address, as IPv6 writes it
    assert (again.status, problem(again).type) == (409, "/problems/conflict")
    assert len(audit(estate)) == 1


@pytest.mark.parametrize(
    "exporter", ["", "router-1", "10.0.0.0/8", "10.0.0.256", "fe80::1%eth0", "1\x00", 7, None, ["10.0.0.1"]]
)
def test_an_exporter_is_an_address(ask: Ask, exporter: object) -> None:
    reply = create(ask, exporter=exporter)
    assert reply.status in (201, 422)
    assert (reply.status == 201) == (exporter == 7)  # a number is an address, too: 0.0.0.7


def test_another_tenants_address_space_is_as_unknown_as_one_that_never_was(
    ask: Ask, estate: Estate, foreign: Estate
) -> None:
    theirs, never = foreign.space("Theirs"), 2**31 - 1
    source = estate.source("192.0.2.9")
    answers = []
    for space in (theirs, never):
        for reply in (create(ask, address_space_id=space), patch(ask, source, '"1"', address_space_id=space)):
            assert reply.status == 422
            answers.append(problem(reply).detail.replace(str(space), "N"))
    assert len(set(answers)) == 1
    assert audit(estate) == []


@pytest.mark.parametrize(
    "field",
    ["id", "tenant_id", "version", "exporter", "formats", "first_seen", "last_seen", "created_at", "status", "role"],
)
def test_what_is_not_an_operators_to_say_cannot_be_said(ask: Ask, estate: Estate, field: str) -> None:
    source = estate.source("192.0.2.1")
    before = ask(f"/sources/{source}").json()
    reply = patch(ask, source, '"1"', **{field: before.get(field, "1"), "name": "x"})
    assert (reply.status, problem(reply).errors[0].pointer) == (422, f"/body/{field}")
    assert ask(f"/sources/{source}").json() == before


def test_a_change_of_nothing_is_an_error(ask: Ask, estate: Estate) -> None:
    assert patch(ask, estate.source("192.0.2.1"), '"1"').status == 422


@pytest.mark.parametrize(
    ("state", "minutes", "status"),
    [
        ("accepted", 1, "active"),
        ("accepted", 6, "silent"),
        ("accepted", None, "never"),
        ("held", 1, "held"),
        ("refused", 1, "refused"),
    ],
)
def test_a_sources_status_is_what_was_decided_or_what_it_does(
    ask: Ask, estate: Estate, state: str, minutes: int | None, status: str
) -> None:
    seen = None if minutes is None else now() - timedelta(minutes=minutes)
    source = estate.source("192.0.2.1", last_seen=seen, state=state)
    assert ask(f"/sources/{source}").json()["status"] == status


def test_losses_are_summed_over_collectors_and_their_runs(ask: Ask, estate: Estate) -> None:
    source = estate.source("192.0.2.1")
    for hours in range(3):
        counters = {"received": 100, "malformed": hours, "malformed.truncated": hours, "template_missing": 0}
        estate.counted(source, counters, started=NOW - timedelta(hours=hours))
    found = ask(f"/sources/{source}").json()
    assert found["counters"] == {"malformed": 3, "malformed.truncated": 3, "received": 300, "template_missing": 0}
    assert found["losses"] == {"malformed": 3}


@pytest.mark.parametrize(
    ("counters", "lost"),
    [
        ({"sequence_sent_flows": 900, "flows": 900}, (0, 0, 0)),
        ({"sequence_sent_flows": 900, "sequence_lost_flows": 4, "collector_down_flows": 5}, (9, 9, 9)),
        ({"sequence_sent_flows": 900, "sequence_lost_flows": 4, "sequence_uncertain_flows": 6}, (4, 10, 7)),
        ({"sequence_sent_datagrams": 9, "sequence_lost_datagrams": 2, "received": 10, "flows": 240}, (0, None, 48)),
    ],
)
def test_flows_are_lost_to_the_unit_within_an_interval_or_at_least(
    ask: Ask, estate: Estate, counters: dict[str, int], lost: tuple[int, int | None, int]
) -> None:
    source = estate.source("192.0.2.1")
    estate.counted(source, counters)
    found = ask(f"/sources/{source}").json()["lost_flows"]
    assert (found["least"], found["most"], found["estimate"]) == lost
    text = ask("/metrics").body.decode()
    assert f"flowlens_lost_flows_least {lost[0]}" in text
    assert (f"flowlens_lost_flows_most {lost[1]}" in text) is (lost[1] is not None)


def test_a_source_says_whether_its_sampling_rate_is_true(ask: Ask, estate: Estate) -> None:
    silent, true, false = (estate.source(f"192.0.2.{n}") for n in range(1, 4))
    counters = {f"interface_{name}": 100 for name in ("counted_packets", "sampled_packets", "counted_octets")}
    estate.counted(true, counters | {"interface_sampled_octets": 98})
    estate.counted(false, {"samples_pool_packets": 9, "samples_claimed_packets": 18, "sampling_disagreements": 1})
    checks = [ask(f"/sources/{source}").json()["sampling_check"] for source in (silent, true, false)]
    assert [check["verdict"] for check in checks] == ["unknown", "agrees", "disagrees"]
    assert checks[1]["octets"] == {"counted": 100, "sampled": 98, "disagreements": 0}
    assert checks[2]["pool"] == {"counted": 9, "sampled": 18, "disagreements": 1}
    assert checks[2]["packets"] is None


def test_a_deleted_source_takes_its_counters_with_it(ask: Ask, estate: Estate) -> None:
    source = estate.source("192.0.2.1")
    estate.counted(source, {"received": 1})
    assert ask(f"/sources/{source}", method="DELETE", headers={"if-match": "*"}).status == 204
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        assert conn.execute("SELECT count(*) FROM source_counters").fetchone() == (0,)


def test_a_decision_stands_when_the_collectors_cannot_be_told_now(ask: Ask, estate: Estate) -> None:
    source = estate.source("192.0.2.1")
    boto3.client("dynamodb").delete_table(TableName="flow-sources")
    assert patch(ask, source, '"1"', state="refused").status == 200
    assert ask(f"/sources/{source}").json()["state"] == "refused"


def test_address_spaces_are_made_once_and_listed(ask: Ask, estate: Estate) -> None:
    made = ask("/address-spaces", method="POST", body={"name": " Plant 2 "})
    assert (made.status, made.json()["name"], made.json()["is_default"]) == (201, "Plant 2", False)
    again = ask("/address-spaces", method="POST", body={"name": "Plant 2"})
    assert (again.status, problem(again).type) == (409, "/problems/conflict")
    assert [space["name"] for space in ask("/address-spaces").json()["items"]] == ["Default", "Plant 2"]
    assert [action for _, action, _, _ in audit(estate)] == ["address_space.create"]
