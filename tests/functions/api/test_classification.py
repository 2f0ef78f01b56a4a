"""CIDR rules and descriptions: evaluated on the next request, explained, previewed, and remembered as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flowlens.store.connection import tenant_transaction

from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply
from tests.functions.api.test_problems import problem
from tests.functions.api.test_sources import audit

RULES = "/classification-rules"


def rule(ask: Ask, network: str, space: int | None = None, **attributes: str) -> Reply:
    body = {"network": network, "attributes": attributes} | ({"address_space_id": space} if space else {})
    return ask(RULES, method="POST", body=body)


def test_nobody_reads_or_writes_rules_without_the_permission(gateway: Ask, estate: Estate) -> None:
    reader = gateway.as_(estate.token("assets:read"))
    blind = gateway.as_(estate.token("topology:read"))
    assert (gateway(RULES).status, blind(RULES).status, reader(RULES).status) == (401, 403, 200)
    assert rule(reader, "10.0.0.0/8", site="Berlin").status == 403
    asset = estate.asset("10.1.1.1")
    assert reader(f"/assets/{asset}", method="PATCH", body={}, headers={"if-match": "*"}).status == 403


def test_another_tenants_rules_and_assets_are_not_there(ask: Ask, gateway: Ask, foreign: Estate) -> None:
    other = gateway.as_(foreign.administrator())
    theirs = rule(other, "10.0.0.0/8", site="Rome").json()["id"]
    asset = foreign.asset("10.1.1.1")
    star = {"if-match": "*"}
    body = {"network": "10.0.0.0/8", "attributes": {"site": "Mine"}}
    assert ask(RULES).json() == {"items": []}
    for path in (f"{RULES}/{theirs}", f"{RULES}/{theirs}/history", f"/assets/{asset}/history"):
        assert ask(path).status == 404
    assert ask(f"{RULES}/{theirs}", method="PUT", body=body, headers=star).status == 404
    assert ask(f"{RULES}/{theirs}", method="DELETE", headers=star).status == 404
    assert ask(f"{RULES}/preview", method="POST", body={"rule_id": theirs}).status == 404
    assert ask(f"/assets/{asset}", method="PATCH", body={"name": "x"}, headers=star).status == 404
    assert rule(ask, "10.0.0.0/8", foreign.default_space(), site="x").status == 422
    assert other(RULES).json()["items"][0]["attributes"] == {"site": "Rome"}


def test_a_rule_classifies_on_the_next_request_and_the_asset_says_why(ask: Ask, estate: Estate) -> None:
    asset = estate.asset("10.1.2.3")
    assert ask(f"/assets/{asset}").json()["attributes"] == {}
    wide = rule(ask, "10.0.0.0/8", environment="production", datacenter="east").json()["id"]
    narrow = rule(ask, "10.1.0.0/16", datacenter="west").json()["id"]
    found = ask(f"/assets/{asset}").json()
    assert found["attributes"] == {"environment": "production", "datacenter": "west"}
    assert found["why"] == [
        {
            "attribute": "environment",
            "said": {"value": "production", "rule_id": wide, "network": "10.0.0.0/8", "database": False},
            "overruled": [],
        },
        {
            "attribute": "datacenter",
            "said": {"value": "west", "rule_id": narrow, "network": "10.1.0.0/16", "database": False},
            "overruled": [{"value": "east", "rule_id": wide, "network": "10.0.0.0/8", "database": False}],
        },
    ]
    assert ask("/assets").json()["items"][0]["attributes"] == found["attributes"]


def test_what_is_said_of_an_asset_goes_before_rules_and_has_a_history(ask: Ask, estate: Estate) -> None:
    asset = estate.asset("10.1.2.3")
    rule(ask, "10.0.0.0/8", owner="Network", site="Berlin")
    path = f"/assets/{asset}"
    assert ask(path).headers["etag"] == '"0"'
    body = {"name": "billing-db", "attributes": {"owner": "Billing", "tag:backup": "daily"}}
    said = ask(path, method="PATCH", body=body, headers={"if-match": '"0"'})
    assert (said.status, said.headers["etag"], said.json()["name"]) == (200, '"1"', "billing-db")
    assert said.json()["attributes"] == {"site": "Berlin", "owner": "Billing", "tag:backup": "daily"}
    assert ask(path, method="PATCH", body=body, headers={"if-match": '"0"'}).status == 412
    gone = ask(path, method="PATCH", body={"attributes": {"owner": None}}, headers={"if-match": '"1"'}).json()
    assert (gone["attributes"]["owner"], gone["attributes"]["tag:backup"]) == ("Network", "daily")
    versions = ask(f"{path}/history").json()["items"]
    assert [(v["version"], v["attributes"].get("owner"), v["until"] is None) for v in versions] == [
        (2, None, True),
        (1, "Billing", False),
    ]
    assert [action for _, action, _, _ in audit(estate)] == [
        "classification_rule.create",
        "asset.describe",
        "asset.describe",
    ]
    odd = ask(path, method="PATCH", body={"attributes": {"colour": "red"}}, headers={"if-match": "*"})
    assert (odd.status, "colour" in str(odd.json())) == (422, True)


def test_the_map_groups_by_an_attribute_and_lists_what_is_behind_a_link(ask: Ask, estate: Estate) -> None:
    estate.depends("10.1.0.1 > 10.2.0.1")
    estate.depends("10.1.0.2 > 10.3.0.1", 22)
    estate.depends("10.1.0.2 > 198.51.100.7", 443)
    rule(ask, "10.1.0.0/16", site="Berlin")
    rule(ask, "10.2.0.0/16", site="Oslo")
    space = estate.default_space()
    topology = ask("/topology", {"group": "site"}).json()
    names = dict(zip(topology["nodes"]["label"], topology["nodes"]["id"], strict=True))
    assert names == {
        "Berlin": f"site=Berlin@{space}",
        "Oslo": f"site=Oslo@{space}",
        "no site": f"site=@{space}",
        "Internet": f"internet@{space}",
    }
    assert set(topology["nodes"]["kind"]) == {"group", "internet"}
    for server, port in (("Oslo", 443), ("no site", 22)):
        rows = ask("/dependencies", {"client": names["Berlin"], "server": names[server]}).json()["items"]
        assert [row["port"] for row in rows] == [port], server
    assert ask("/dependencies", {"client": "site=Rome"}).json()["items"] == []
    opened = ask("/topology", {"group": "site", "expand": names["Berlin"]}).json()
    nodes = opened["nodes"]
    assert dict(zip(nodes["label"], nodes["value"], strict=True)) == {
        "10.1.0.1": "Berlin",
        "10.1.0.2": "Berlin",
        "Oslo": "Oslo",
        "no site": None,
        "Internet": None,
    }
    assert ask("/topology", {"group": "colour"}).status == 422


def test_the_same_question_is_answered_anew_when_only_a_rule_changed(ask: Ask, estate: Estate) -> None:
    estate.depends("10.1.0.1 > 10.2.0.1")
    made = rule(ask, "10.0.0.0/8", site="Berlin").json()
    first = ask("/topology", {"group": "site"})
    body = {"network": "10.0.0.0/8", "attributes": {"site": "Oslo"}}
    ask(f"{RULES}/{made['id']}", method="PUT", body=body, headers={"if-match": "*"})
    again = ask("/topology", {"group": "site"}, headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.json()["nodes"]["label"]) == (200, ["Oslo"])


def test_the_past_can_be_shown_with_the_rules_of_then(ask: Ask, estate: Estate) -> None:
    estate.depends("10.1.0.1 > 10.2.0.1")
    made = rule(ask, "10.0.0.0/8", site="Berlin").json()
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        conn.execute("UPDATE classification_rules SET since = now() - interval '2 hours'")
    body = {"network": "10.0.0.0/8", "attributes": {"site": "Oslo"}}
    changed = ask(f"{RULES}/{made['id']}", method="PUT", body=body, headers={"if-match": '"1"'})
    assert changed.headers["etag"] == '"2"'
    at = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
    assert ask("/topology", {"group": "site", "at": at}).json()["nodes"]["label"] == ["Oslo"]
    assert ask("/topology", {"group": "site", "at": at, "rules": "then"}).json()["nodes"]["label"] == ["Berlin"]
    assert [one["attributes"]["site"] for one in ask(RULES, {"at": at}).json()["items"]] == ["Berlin"]
    assert ask(f"{RULES}/{made['id']}", method="DELETE", headers={"if-match": '"2"'}).status == 204
    assert ask(f"{RULES}/{made['id']}").status == 404
    assert [v["version"] for v in ask(f"{RULES}/{made['id']}/history").json()["items"]] == [2, 1]


def test_a_preview_says_what_would_move_and_writes_nothing(ask: Ask, estate: Estate) -> None:
    for address in ("10.1.0.1", "10.1.0.2", "10.2.0.1"):
        estate.asset(address)
    made = rule(ask, "10.0.0.0/8", site="Berlin").json()
    wanted = {"network": "10.1.0.0/16", "attributes": {"site": "Oslo", "team": "Ops"}}
    new = ask(f"{RULES}/preview", method="POST", body={"rule": wanted}).json()["items"]
    assert [(m["attribute"], m["before"], m["after"], m["assets"]) for m in new] == [
        ("site", "Berlin", "Oslo", 2),
        ("team", None, "Ops", 2),
    ]
    assert new[0]["examples"] == ["10.1.0.1", "10.1.0.2"]
    gone = ask(f"{RULES}/preview", method="POST", body={"rule_id": made["id"]}).json()["items"]
    assert [(m["before"], m["after"], m["assets"]) for m in gone] == [("Berlin", None, 3)]
    assert (len(ask(RULES).json()["items"]), len(audit(estate))) == (1, 1)
    assert ask(f"{RULES}/preview", method="POST", body={}).status == 422


def test_the_list_says_what_each_rule_does_and_what_does_nothing(ask: Ask, estate: Estate) -> None:
    for address in ("10.1.0.1", "10.1.0.2", "10.2.0.1"):
        estate.asset(address)
    rule(ask, "10.0.0.0/8", site="Berlin")
    rule(ask, "10.1.0.0/16", site="Berlin")
    rule(ask, "10.2.0.0/24", team="Ops")
    found = {r["network"]: (r["assets"], r["decides"], r["findings"]) for r in ask(RULES).json()["items"]}
    assert found == {
        "10.0.0.0/8": (3, 1, []),
        "10.1.0.0/16": (2, 2, [{"attribute": "site", "kind": "repeated"}]),
        "10.2.0.0/24": (1, 1, []),
    }


@pytest.mark.parametrize(
    ("network", "says"),
    [
        ("10.1.2.3/16", "did you mean 10.1.0.0/16"),
        ("10.1.0.0/33", "must be a network"),
        ("berlin", "must be a network"),
        ("fe80::1%eth0/64", "must be a network"),
    ],
)
def test_a_network_that_is_none_is_refused_with_what_was_meant(ask: Ask, network: str, says: str) -> None:
    refused = rule(ask, network, site="x")
    assert refused.status == 422
    assert says in problem(refused).detail


def test_two_rules_of_one_network_are_one_too_many(ask: Ask, estate: Estate) -> None:
    plant = estate.space("Plant 2")
    assert rule(ask, "10.0.0.0/8", site="Berlin").status == 201
    assert rule(ask, "10.0.0.0/8", plant, site="Berlin").status == 201
    assert rule(ask, "10.0.0.0/8", site="Oslo").status == 409
    other = rule(ask, "10.1.0.0/16", site="Rome").json()["id"]
    body = {"network": "10.0.0.0/8", "attributes": {"site": "Oslo"}}
    assert ask(f"{RULES}/{other}", method="PUT", body=body, headers={"if-match": "*"}).status == 409
    assert ask(f"{RULES}/preview", method="POST", body={"rule": body}).status == 409
    assert ask(f"{RULES}/{other}").json()["network"] == "10.1.0.0/16"
    assert rule(ask, "10.5.0.0/16").status == 422


def test_the_assets_of_a_place_are_a_list(ask: Ask, estate: Estate) -> None:
    plant = estate.space("Plant 2")
    for address in ("10.1.0.1", "10.1.0.2", "10.2.0.1", "198.51.100.7"):
        estate.asset(address)
    estate.asset("10.1.0.1", plant)
    rule(ask, "10.1.0.0/16", site="Berlin")
    space = estate.default_space()

    def listed(within: str) -> list[str]:
        return [row["address"] for row in ask("/assets", {"within": within}).json()["items"]]

    assert listed(f"site=Berlin@{space}") == ["10.1.0.1", "10.1.0.2"]
    assert listed(f"site=@{space}") == ["10.2.0.1"]
    assert listed("site=Rome") == []
    assert listed("10.1.0.0/16") == ["10.1.0.1", "10.1.0.2", "10.1.0.1"]
    assert listed(f"internet@{space}") == ["198.51.100.7"]
    assert ask("/assets", {"within": "nowhere at all"}).status == 422
    assert ask("/assets", {"within": "colour=red"}).status == 422


def test_every_change_of_a_rule_is_in_the_trail_and_what_it_is_based_on_is_looked_at(ask: Ask, estate: Estate) -> None:
    estate.asset("10.1.0.1")
    body = {"network": "10.1.0.0/16", "attributes": {"site": "Berlin"}}
    made = ask(RULES, method="POST", body=body).json()["id"]
    one = f"{RULES}/{made}"
    for method, sent in (("PUT", body), ("DELETE", None)):
        assert ask(one, method=method, body=sent, headers={"if-match": '"7"'}).status == 412
        assert ask(f"{RULES}/987654", method=method, body=sent, headers={"if-match": '"1"'}).status == 404
    assert ask(one, method="PUT", body=body, headers={"if-match": '"1"'}).status == 200
    assert ask(one, method="DELETE", headers={"if-match": '"2"'}).status == 204
    noted = ask("/audit", "action=classification_rule.").json()["items"]
    assert [event["action"].partition(".")[2] for event in noted] == ["delete", "update", "create"]
    assert {event["target"] for event in noted} == {f"classification rule {made}"}
