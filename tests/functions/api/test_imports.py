"""Imports: previewed by row, applied whole or not at all, undone, and exported as they came."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply
from tests.functions.api.test_problems import problem
from tests.functions.api.test_sources import audit

ASSETS, RULES = "assets", "classification_rules"


def sent(ask: Ask, content: str | bytes, kind: str = ASSETS, *, size: int = 100_000) -> str:
    """The path of a new import whose parts were sent."""
    made = ask("/imports", method="POST", body={"kind": kind, "name": "cmdb.csv"})
    assert made.status == 201, made.body
    path = f"/imports/{made.json()['id']}"
    data = content.encode() if isinstance(content, str) else content
    for part, at in enumerate(range(0, len(data), size), start=1):
        put(ask, path, part, data[at : at + size])
    return path


def put(ask: Ask, path: str, part: int, data: bytes) -> None:
    reply = ask(f"{path}/parts/{part}", method="PUT", body=data, headers={"content-type": "application/octet-stream"})
    assert reply.status == 204, reply.body


def preview(ask: Ask, path: str, **settings: object) -> dict[str, Any]:
    reply = ask(f"{path}/preview", method="POST", body=settings)
    assert reply.status == 200, reply.body
    return dict(reply.json())


def apply(ask: Ask, path: str, **settings: object) -> Reply:
    digest = preview(ask, path, **settings)["digest"]
    return ask(f"{path}/apply", method="POST", body={"digest": digest, **settings})


def described(ask: Ask, asset: int) -> tuple[str, str, dict[str, str]]:
    found = ask(f"/assets/{asset}").json()
    return found["name"], found["note"], found["attributes"]


def test_nobody_imports_or_exports_without_the_permissions(gateway: Ask, estate: Estate) -> None:
    reader = gateway.as_(estate.token("assets:read"))
    writer = gateway.as_(estate.token("assets:read", "assets:write"))
    body = {"kind": ASSETS, "name": "x"}
    assert gateway("/imports", method="POST", body=body).status == 401
    assert [who("/imports", method="POST", body=body).status for who in (reader, writer)] == [403, 403]
    assert [reader(f"/exports/{what}").status for what in ("assets", "dependencies")] == [403, 403]
    selected = {"ids": [1], "attributes": {"owner": "x"}}
    assert writer("/imports/selection", method="POST", body=selected).status == 403


def test_another_tenants_imports_are_not_there(ask: Ask, gateway: Ask, foreign: Estate) -> None:
    other = gateway.as_(foreign.administrator())
    foreign.asset("10.1.0.1")
    path = sent(other, "address,owner\n10.1.0.1,Rome\n")
    digest = preview(other, path)["digest"]
    assert ask("/imports").json() == {"items": []}
    assert ask(f"{path}/preview", method="POST", body={}).status == 404
    assert ask(f"{path}/apply", method="POST", body={"digest": digest}).status == 404
    assert ask(f"{path}/parts/1", method="PUT", body=b"x").status == 404


def test_a_preview_says_what_would_change_and_writes_nothing(ask: Ask, estate: Estate) -> None:
    first, second = estate.asset("10.1.0.1"), estate.asset("10.1.0.2")
    ask(f"/assets/{second}", method="PATCH", body={"name": "old"}, headers={"if-match": "*"})
    path = sent(ask, "IP Address;Hostname;Env;Serial\n10.1.0.1;web-1;production;7\n10.1.0.2;new;;\n10.9.9.9;gone;;\n")
    found = preview(ask, path)
    assert [column["means"] for column in found["columns"]] == ["address", "name", "environment", None]
    assert {name: found[name] for name in ("rows", "new", "changed", "unchanged", "unseen", "wrong")} == {
        "rows": 3,
        "new": 1,
        "changed": 1,
        "unchanged": 0,
        "unseen": 1,
        "wrong": 0,
    }
    assert found["changes"][1] == {"row": 3, "subject": "10.1.0.2", "new": False, "fields": {"name": ["old", "new"]}}
    assert described(ask, first) == ("", "", {})


def test_what_was_previewed_is_applied_and_can_be_undone_once(ask: Ask, estate: Estate) -> None:
    first, second = estate.asset("10.1.0.1"), estate.asset("10.1.0.2")
    ask(f"/assets/{second}", method="PATCH", body={"attributes": {"owner": "Ana"}}, headers={"if-match": "*"})
    path = sent(ask, 'address,name,note,owner,tag:rack\n10.1.0.1,web-1,"two\nlines",Billing,\n10.1.0.2,,,Billing,r7\n')
    done = apply(ask, path)
    assert (done.status, done.json()["state"], done.json()["changed"]) == (200, "applied", 2)
    assert described(ask, first) == ("web-1", "two\nlines", {"owner": "Billing"})
    assert described(ask, second) == ("", "", {"owner": "Billing", "tag:rack": "r7"})
    assert ask(f"{path}/apply", method="POST", body={"digest": "0" * 32}).status == 409
    assert ask(f"{path}/undo", method="POST", body={}).json()["state"] == "undone"
    assert described(ask, first) == ("", "", {})
    assert described(ask, second) == ("", "", {"owner": "Ana"})
    assert [one["version"] for one in ask(f"/assets/{second}/history").json()["items"]] == [3, 2, 1]
    assert ask(f"{path}/undo", method="POST", body={}).status == 409
    assert {"import.apply", "import.undo"} <= {action for _, action, *_ in audit(estate)}


def test_what_changed_since_the_preview_is_not_overwritten(ask: Ask, estate: Estate) -> None:
    asset = estate.asset("10.1.0.1")
    path = sent(ask, "address,owner\n10.1.0.1,Billing\n")
    digest = preview(ask, path)["digest"]
    ask(f"/assets/{asset}", method="PATCH", body={"attributes": {"owner": "Ana"}}, headers={"if-match": "*"})
    assert problem(ask(f"{path}/apply", method="POST", body={"digest": digest})).type == "/problems/conflict"
    assert described(ask, asset)[2] == {"owner": "Ana"}


def test_what_others_changed_since_is_not_undone_unless_it_may_stay(ask: Ask, estate: Estate) -> None:
    first, second = estate.asset("10.1.0.1"), estate.asset("10.1.0.2")
    path = sent(ask, "address,owner\n10.1.0.1,Billing\n10.1.0.2,Billing\n")
    apply(ask, path)
    ask(f"/assets/{second}", method="PATCH", body={"attributes": {"owner": "Ana"}}, headers={"if-match": "*"})
    assert "10.1.0.2" in problem(ask(f"{path}/undo", method="POST", body={})).detail
    assert described(ask, first)[2] == {"owner": "Billing"}
    assert ask(f"{path}/undo", method="POST", body={"keep_changed": True}).json()["kept"] == 1
    assert (described(ask, first)[2], described(ask, second)[2]) == ({}, {"owner": "Ana"})


WRONG: dict[str, tuple[str | bytes, int, str, str]] = {
    "no address": ("address,owner\n10.1.0.1,a\n10.1.0.300,b\n", 3, "address", "is no address"),
    "an address twice": ("IP,owner\n10.1.0.1,a\n10.1.0.1,b\n", 3, "IP", "in row 2 already"),
    "an empty address": ("IP,owner\n,a\n", 2, "IP", "it is empty"),
    "a formula": ('address,owner\n10.1.0.1,"=HYPERLINK(""x"")"\n', 2, "owner", "formula"),
    "a space nobody knows": ("address,address_space\n10.1.0.1,Mars\n", 2, "address_space", "no address space 'Mars'"),
    "too many cells": ("address,owner\n10.1.0.1,a,b\n", 2, "", "3 cells"),
    "a long value": (f"address,owner\n10.1.0.1,{'x' * 101}\n", 2, "owner", "1 to 100"),
    "an open quote": ('address,owner\n10.1.0.1,"a\n', 2, "", "cannot be read"),
    "latin-1": (b"address,owner\n10.1.0.1,Jos\xe9\n", 2, "byte 13", "E9 is not UTF-8"),
    "NUL": (b"address,owner\n10.1.0.1,a\x00b\n", 2, "", "NUL"),
    "a million columns": ("address," + ",".join(f"c{n}" for n in range(1_000_000)) + "\n", 1, "", "60,000"),
    "three hundred columns": ("address," + ",".join(f"c{n}" for n in range(300)) + "\n", 1, "c199", "301 columns"),
    "a column twice": ("address,owner,owner\n", 1, "owner", "two columns"),
    "nothing": ("\n\n", 0, "", "empty"),
    "no JSON": ('[{"address": "10.1.0.1"},\n oops]', 2, "character 2", "no JSON"),
    "deep JSON": ("[" * 100_000, 1, "character", "no JSON"),
    "a list in JSON": ('[{"address": "10.1.0.1", "owner": []}]', 1, "owner", "text or a number"),
    "no object": ("[7]", 1, "", "must be an object"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_at_its_place_and_nothing_is_written(ask: Ask, estate: Estate, name: str) -> None:
    content, row, column, detail = WRONG[name]
    asset = estate.asset("10.1.0.1")
    path = sent(ask, content, size=3_000_000)
    found = preview(ask, path)
    assert found["wrong"] == 1
    fault = found["faults"][0]
    assert (fault["row"], fault["column"][: len(column)]) == (row, column), fault
    assert detail in fault["detail"]
    assert apply(ask, path).status == 422
    assert described(ask, asset) == ("", "", {})


def test_wrong_rows_can_be_left_out(ask: Ask, estate: Estate) -> None:
    asset = estate.asset("10.1.0.1")
    path = sent(ask, "address,owner\n10.1.0.1,a\nnonsense,b\n")
    digest = preview(ask, path)["digest"]
    reply = ask(f"{path}/apply", method="POST", body={"digest": digest, "skip_wrong": True})
    assert reply.json()["changed"] == 1
    assert described(ask, asset)[2] == {"owner": "a"}


def test_columns_can_be_told_what_they_mean_and_empty_cells_can_clear(ask: Ask, estate: Estate) -> None:
    asset = estate.asset("10.1.0.1")
    body = {"name": "web", "attributes": {"owner": "Ana", "team": "Net"}}
    ask(f"/assets/{asset}", method="PATCH", body=body, headers={"if-match": "*"})
    path = sent(ask, '{"where": "10.1.0.1", "owner": "", "name": "x"}\n')
    settings = {"columns": {"where": "address", "name": None}, "clear": True}
    assert apply(ask, path, **settings).status == 200
    assert described(ask, asset) == ("web", "", {"team": "Net"})
    nameless = sent(ask, "x,y\n1,2\n")
    assert ask(f"{nameless}/preview", method="POST", body={}).status == 422


def test_rules_are_imported_by_their_network_and_classify_at_once(ask: Ask, estate: Estate) -> None:
    asset = estate.asset("10.1.2.3")
    ask("/classification-rules", method="POST", body={"network": "10.0.0.0/8", "attributes": {"site": "Rome"}})
    path = sent(ask, "cidr,site,owner\n10.0.0.0/8,Berlin,\n10.1.0.0/16,,Billing\n10.2.0.1/16,x,y\n", RULES)
    found = preview(ask, path)
    assert (found["new"], found["changed"], found["wrong"]) == (1, 1, 1)
    assert found["faults"][0]["row"] == 4
    assert "did you mean 10.2.0.0/16" in found["faults"][0]["detail"]
    reply = ask(f"{path}/apply", method="POST", body={"digest": found["digest"], "skip_wrong": True})
    assert reply.json()["changed"] == 2
    assert described(ask, asset)[2] == {"site": "Berlin", "owner": "Billing"}
    assert ask(f"{path}/undo", method="POST", body={}).status == 200
    assert described(ask, asset)[2] == {"site": "Rome"}


def test_an_export_imports_again_unchanged_whatever_is_said(ask: Ask, estate: Estate) -> None:
    space = estate.space("Borealis")
    said = ["=1+1", "'quoted", "@x", "+49 30", "-", "-5", "a;b", 'say "hi"', "\uff1dfull", "tab\there"[:3], "x,y"]
    for number, text in enumerate(said):
        asset = estate.asset(f"10.1.0.{number}", space if number % 2 else None)
        body = {"name": text, "note": f"{text}\nand more", "attributes": {"owner": text, "tag:rack": "7"}}
        assert ask(f"/assets/{asset}", method="PATCH", body=body, headers={"if-match": "*"}).status == 200
    for form in ("csv", "jsonl"):
        exported = ask("/exports/assets", {"form": form})
        assert exported.headers["content-type"].startswith("text/csv" if form == "csv" else "application/x-ndjson")
        if form == "csv":
            cells = [cell for line in exported.body.decode().splitlines() for cell in line.replace('"', "").split(",")]
            assert not [cell for cell in cells if cell[:1] in "=+@\uff1d" and cell]
            found = preview(ask, sent(ask, exported.body))
            assert (found["rows"], found["unchanged"], found["wrong"]) == (len(said), len(said), 0), found["faults"]


def test_a_selection_is_changed_at_once_and_undone_as_an_import(ask: Ask, estate: Estate) -> None:
    ids = [estate.asset(f"10.1.0.{n}") for n in (1, 2)]
    body = {"ids": ids, "attributes": {"owner": "Billing", "team": None}}
    made = ask("/imports/selection", method="POST", body=body)
    assert (made.status, made.json()["changed"], made.json()["name"]) == (201, 2, "2 selected assets")
    assert [described(ask, asset)[2] for asset in ids] == [{"owner": "Billing"}] * 2
    assert ask(f"/imports/{made.json()['id']}/undo", method="POST", body={}).status == 200
    assert [described(ask, asset)[2] for asset in ids] == [{}] * 2
    wrong = {"ids": [10**9], "attributes": {"owner": "x"}}
    assert ask("/imports/selection", method="POST", body=wrong).status == 404


def test_a_part_may_be_larger_than_other_bodies_and_none_may_be_missing(ask: Ask, estate: Estate) -> None:
    estate.asset("10.1.0.1")
    path = sent(ask, "address,owner\n10.1.0.1," + "x" * 80_000, size=1_000_000)
    assert preview(ask, path)["wrong"] == 1
    put(ask, path, 3, b"more")
    assert "missing" in problem(ask(f"{path}/preview", method="POST", body={})).detail
    assert ask(f"{path}/parts/2", method="PUT", body=b"x" * (3 << 20 | 1)).status == 413
    assert ask(f"{path}/parts/101", method="PUT", body=b"x").status == 422


def test_dependencies_are_exported_with_what_they_carried(ask: Ask, estate: Estate) -> None:
    estate.depends("10.1.0.1 > 10.2.0.1", 5432)
    lines = ask("/exports/dependencies").body.decode().splitlines()
    assert lines[0].startswith("address_space,client,server,protocol,port,service")
    assert "10.1.0.1,10.2.0.1,6,5432,postgresql" in lines[1]
    assert ask("/exports/classification-rules").body.decode() == "network,address_space,note\r\n"
