"""Feeds: set up, changed, paused and deleted with an audit line each; what does not hold is refused by its field."""

from __future__ import annotations

from typing import Any

import pytest
from flowlens.flows.reading import interfaces
from flowlens.store.connection import tenant_transaction

from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply

FORMAT = "${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${end} ${action}"


def create(ask: Ask, *, name: str = "prod", kind: str = "aws_s3", **settings: object) -> Reply:
    body = {"kind": kind, "name": name, "settings": settings or {"bucket": "flow-logs"}}
    return ask("/feeds", method="POST", body=body)


def patch(ask: Ask, feed: int, etag: str, **fields: object) -> Reply:
    return ask(f"/feeds/{feed}", method="PATCH", body=fields, headers={"if-match": etag})


def audit(estate: Estate) -> list[tuple[Any, ...]]:
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        return conn.execute("SELECT action, target, detail FROM audit_events ORDER BY audit_event_id").fetchall()


def test_a_feed_is_set_up_changed_paused_and_deleted(ask: Ask, estate: Estate) -> None:
    made = create(ask)
    feed = made.json()["id"]
    assert (made.status, made.headers["location"], made.headers["etag"]) == (201, f"/api/v1/feeds/{feed}", '"1"')
    assert (made.json()["state"], made.json()["last_read"], made.json()["flows"]) == ("active", None, 0)
    changed = patch(ask, feed, '"1"', settings={"bucket": "flow-logs", "prefix": "AWSLogs/"}, state="paused")
    assert (changed.status, changed.json()["settings"]["prefix"], changed.json()["state"]) == (
        200,
        "AWSLogs/",
        "paused",
    )
    assert patch(ask, feed, '"1"', name="stale").status == 412
    assert ask(f"/feeds/{feed}", method="DELETE", headers={"if-match": '"2"'}).status == 204
    assert ask(f"/feeds/{feed}").status == 404
    done = ["feed.create", "feed.update", "feed.delete", "denied.unknown"]
    assert [action for action, _, _ in audit(estate)] == done
    assert audit(estate)[2][1:] == (f"feed {feed}", {"kind": "aws_s3", "name": "prod"})


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"bucket": "Not A Bucket"}, "settings.bucket"),
        ({"prefix": "x"}, "settings.bucket"),
        ({"bucket": "logs", "external_id": "mine"}, "settings.external_id"),
        ({"bucket": "logs", "log_format": "${version} ${nonsense}"}, "settings.log_format"),
        ({"bucket": "logs", "log_format": f"{FORMAT} ${{end}}"}, "settings.log_format"),
    ],
)
def test_settings_that_do_not_hold_are_refused_by_field(ask: Ask, settings: dict[str, Any], field: str) -> None:
    refused = create(ask, **settings)
    assert refused.status == 422
    assert field in refused.body.decode()
    assert ask("/feeds").json()["items"] == []


def test_a_kind_comes_with_its_form_and_an_unknown_one_is_refused(ask: Ask) -> None:
    kinds = {kind["name"]: kind for kind in ask("/feeds/kinds").json()["items"]}
    assert kinds["aws_s3"]["form"]["required"] == ["bucket"]
    assert create(ask, kind="telepathy").status == 422


def test_two_feeds_never_share_a_name_and_a_foreign_one_is_not_seen(ask: Ask, foreign: Estate) -> None:
    feed = create(ask).json()["id"]
    assert create(ask).status == 409
    other = create(ask, name="other").json()["id"]
    assert patch(ask, other, "*", name="prod").status == 409
    stranger = ask.as_(foreign.administrator())
    assert (stranger(f"/feeds/{feed}").status, stranger("/feeds").json()["items"]) == (404, [])
    assert patch(stranger, feed, "*", name="mine").status == 404


def test_what_was_not_covered_is_told_by_interface_and_the_least_covered_first(ask: Ask, estate: Estate) -> None:
    feed = create(ask).json()["id"]
    cloud, other = interfaces.address(123456789012, "eni-0a1b2c3d4e5f6a7b8"), "192.0.2.7"
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        for exporter, seconds, skipped in ((other, 60, 0), (cloud, 720, 3), (cloud, 60, 0)):
            conn.execute(
                "INSERT INTO feed_coverage"
                " SELECT %s, %s, %s, date_trunc('hour', now()) - %s * interval '1 min', 1, %s, %s",
                [estate.tenant, feed, exporter, seconds, seconds, skipped],
            )
    found = ask(f"/feeds/{feed}/coverage").json()["items"]
    assert [(one["interface"], one["exporter"], one["nodata_seconds"], one["skipped"]) for one in found] == [
        ("eni-0a1b2c3d4e5f6a7b8 in 123456789012", cloud, 780, 3),
        ("", other, 60, 0),
    ]
