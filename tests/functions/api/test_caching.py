"""ETags, 304 and gzip, through Lambda's base64."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import timedelta

import pytest

from functions.api.handler import handler
from tests.functions.api.estate import LIFETIME, NOW, Estate
from tests.functions.api.gateway import Ask, event

GETS = ["/assets", "/dependencies", "/sources", "/address-spaces", "/me", "/topology", "/search?q=10"]


@pytest.mark.parametrize("path", GETS)
def test_what_the_caller_has_already_is_not_sent_again(ask: Ask, estate: Estate, path: str) -> None:
    estate.depends("10.0.0.1 > 10.0.0.2")
    place, _, query = path.partition("?")
    tag = ask(place, query).headers["etag"]
    for known in (tag, f'"other", {tag}', "*"):
        again = ask(place, query, headers={"if-none-match": known})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert ask(place, query, headers={"if-none-match": 'W/"other"'}).status == 200


@pytest.mark.parametrize("path", ["/assets", "/dependencies", "/topology", "/topology?group=none"])
def test_a_new_dependency_is_a_new_answer(ask: Ask, estate: Estate, path: str) -> None:
    estate.depends("10.0.0.1 > 10.0.0.2")
    place, _, query = path.partition("?")
    tag = ask(place, query).headers["etag"]
    estate.depends("10.0.0.1 > 10.9.0.3")
    again = ask(place, query, headers={"if-none-match": tag})
    assert (again.status, again.headers["etag"] != tag) == (200, True)


def test_a_map_that_the_caller_has_is_not_drawn_again(
    ask: Ask, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate.depends("10.0.0.1 > 10.0.0.2")
    tag = ask("/topology").headers["etag"]
    monkeypatch.setattr("flowlens.services.topology.show", None)  # whoever draws, fails
    assert ask("/topology", headers={"if-none-match": tag}).status == 304
    assert ask("/topology", headers={"if-none-match": 'W/"other"'}).status == 500


def test_a_dependency_that_grows_too_old_for_a_query_makes_another_answer(
    ask: Ask, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate.depends("10.0.0.1 > 10.0.0.2", first=NOW)
    query = {"q": "age < 2h"}
    before = ask("/topology", query)
    now = (NOW + timedelta(hours=3)).timestamp() * 1e6
    monkeypatch.setattr("flowlens.services.filtering._now", lambda: now)
    after = ask("/topology", query, headers={"if-none-match": before.headers["etag"]})
    assert (before.json()["totals"]["dependencies"], after.status) == (1, 200)
    assert after.json()["totals"]["dependencies"] == 0


def test_views_that_differ_have_tags_that_differ(ask: Ask, estate: Estate) -> None:
    estate.depends("10.0.0.1 > 10.0.0.2")
    queries = [
        "",
        "group=none",
        "limit=7",
        "expand=10.0.0.0/8",
        f"space={estate.default_space()}",
        "at=2026-01-01T00:00:00Z",
    ]
    assert len({ask("/topology", query).headers["etag"] for query in queries}) == len(queries)


def test_gzip_travels_through_the_gateway_as_base64(ask: Ask, estate: Estate) -> None:
    for n in range(20):
        estate.depends(f"10.0.0.{n} > 10.0.1.1")
    headers = {"authorization": f"Bearer {ask.token}", "accept-encoding": "br, gzip"}
    answer = handler(event("GET", "/api/v1/dependencies", "", headers, b""), None)  # type: ignore[arg-type]
    assert (answer["isBase64Encoded"], answer["headers"]["content-encoding"]) == (True, "gzip")
    raw = base64.b64decode(answer["body"])
    assert int(answer["headers"]["content-length"]) == len(raw)
    assert len(json.loads(gzip.decompress(raw))["items"]) == 20
    assert "Accept-Encoding" in answer["headers"]["vary"]


def test_a_caller_who_does_not_know_gzip_gets_plain_text(ask: Ask, estate: Estate) -> None:
    for n in range(20):
        estate.depends(f"10.0.0.{n} > 10.0.1.1")
    assert "content-encoding" not in ask("/dependencies").headers


def test_a_remembered_topology_forgets_what_time_has_ended(ask: Ask, estate: Estate) -> None:
    estate.depends("10.0.0.1 > 10.0.0.2", first=NOW - LIFETIME, last=NOW - LIFETIME)  # ended just now
    estate.depends("10.0.0.1 > 10.0.0.3")
    assert ask("/topology").json()["totals"]["dependencies"] == 1
