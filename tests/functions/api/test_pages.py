"""Cursors: every row once, however the pages are cut."""

from __future__ import annotations

import base64
import json

import pytest

from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask


def walk(ask: Ask, path: str, limit: int) -> list[int]:
    """The ids of all pages."""
    ids: list[int] = []
    cursor: dict[str, object] = {}
    while True:
        page = ask(path, {"limit": limit, **cursor}).json()
        assert len(page["items"]) <= limit
        ids += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return ids
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 1000])
@pytest.mark.parametrize("path", ["/assets", "/dependencies", "/sources"])
def test_the_pages_of_a_list_hold_every_row_once(ask: Ask, estate: Estate, path: str, limit: int) -> None:
    other = estate.space("Plant 2")
    for n in range(1, 5):
        estate.depends(f"10.0.0.{n} > 10.0.{n}.1")
        estate.depends(f"2001:db8::{n} > 10.0.{n}.1", space=other)
        estate.source(f"192.0.2.{n}")
        estate.source(f"2001:db8:ffff::{n}")
    ids = walk(ask, path, limit)
    assert len(ids) == len(set(ids)) == {"/assets": 16, "/dependencies": 8, "/sources": 8}[path]


def test_rows_that_arrive_while_someone_reads_repeat_nothing(ask: Ask, estate: Estate) -> None:
    first = [estate.depends(f"10.0.0.{n} > 10.0.9.9") for n in range(1, 7)]
    page = ask("/dependencies", {"limit": 3}).json()
    estate.depends("10.0.0.77 > 10.0.9.9")
    rest = ask("/dependencies", {"limit": 100, "cursor": page["next_cursor"]}).json()
    assert sorted(item["id"] for item in page["items"] + rest["items"]) == first


def test_assets_come_in_the_order_of_space_and_address(ask: Ask, estate: Estate) -> None:
    other = estate.space("Plant 2")
    for address, space in (("10.0.0.10", other), ("10.0.0.9", None), ("10.0.0.10", None), ("::1", None)):
        estate.asset(address, space)
    items = ask("/assets").json()["items"]
    assert [(i["address_space_id"] == other, i["address"]) for i in items] == [
        (False, "10.0.0.9"),
        (False, "10.0.0.10"),
        (False, "::1"),
        (True, "10.0.0.10"),
    ]


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "____",
        "!!",
        "é",
        packed([]),
        packed({}),
        packed(None),
        packed([1]),
        packed(["1"]),
        packed([-1]),
        packed([2**63]),
        packed([True]),
        packed([1, 2]),
        packed([1, "x"]),
        packed([1, "internet"]),
        packed([1, "10.0.0.0/8"]),
        packed([2**40, "10.0.0.1"]),
        packed(["10.0.0.1", 1]),
        "A" * 201,
    ],
)
def test_a_cursor_that_we_did_not_make_is_refused_or_harmless(ask: Ask, estate: Estate, cursor: str) -> None:
    estate.depends("10.0.0.1 > 10.0.0.2")
    own = {"/dependencies": packed([1]), "/sources": packed([1])}
    for path in ("/assets", "/dependencies", "/sources", "/assets/1/dependencies"):
        reply = ask(path, {"cursor": cursor})
        assert reply.status == 422 or own.get(path, packed([1])) == cursor, (path, reply.body)
