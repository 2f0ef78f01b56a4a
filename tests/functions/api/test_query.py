"""The filter language through the API: the map, the lists, completion, and the place of a fault."""

from __future__ import annotations

from tests.functions.api.estate import Carried, Estate
from tests.functions.api.gateway import Ask


def call_it(ask: Ask, asset: int, name: str, *, version: int) -> int:
    headers = {"if-match": f'"{version}"'}
    return ask(f"/assets/{asset}", method="PATCH", body={"name": name}, headers=headers).status


def _estate(estate: Estate, ask: Ask) -> list[int]:
    """Three dependencies; 10.1.0.0/24 is production, and 10.2.0.1 is called web-7."""
    made = [
        estate.depends("10.1.0.1 > 10.2.0.1", 443, Carried(octets_sent=5000, octets_received=0)),
        estate.depends("10.1.0.2 > 8.8.8.8", 53, Carried(octets_sent=10, octets_received=0), protocol=17),
        estate.depends("10.3.0.1 > 10.2.0.1", 22, Carried(octets_sent=1, octets_received=0)),
    ]
    rule = {
        "address_space_id": estate.default_space(),
        "network": "10.1.0.0/24",
        "attributes": {"environment": "production"},
    }
    assert ask("/classification-rules", method="POST", body=rule).status == 201
    web = ask("/assets", {"q": "10.2.0.1"}).json()["items"][0]["id"]
    assert call_it(ask, web, "web-7", version=0) == 200
    return made


def test_the_map_shows_what_a_query_holds_of_and_counts_what_it_hides(ask: Ask, estate: Estate) -> None:
    made = _estate(estate, ask)
    found = ask("/topology", {"group": "none", "q": "env=production and bytes > 1 kB"}).json()
    assert found["edges"]["dependency_id"] == made[:1]
    assert found["totals"]["dependencies"] == 1
    assert found["hidden"] == {"dependencies": 2, "octets": 11, "packets": 6, "flows": 2}
    assert ask("/topology", {"group": "none"}).json()["hidden"]["dependencies"] == 0


def test_a_change_of_what_assets_are_called_is_another_answer(ask: Ask, estate: Estate) -> None:
    _estate(estate, ask)
    query = {"group": "none", "q": "name=web-7"}
    before = ask("/topology", query)
    web = ask("/assets", {"q": "web-7 and internal"}).json()["items"][0]["id"]
    assert call_it(ask, web, "db-1", version=1) == 200
    after = ask("/topology", query)
    assert (before.json()["totals"]["dependencies"], after.json()["totals"]["dependencies"]) == (2, 0)
    assert before.headers["etag"] != after.headers["etag"]


def test_the_lists_understand_the_same(ask: Ask, estate: Estate) -> None:
    first, second, third = _estate(estate, ask)
    for query, wanted in (
        ("env=production", [second, first]),
        ("name=web-*", [third, first]),
        ("not internal or port=22", [third, second]),
        ("8.8.8.8", [second]),
    ):
        items = ask("/dependencies", {"q": query}).json()["items"]
        assert [one["id"] for one in items] == wanted, query
    for query, hosts in (
        ("env=production", ["10.1.0.1", "10.1.0.2"]),
        ("port=22 and internal", ["10.2.0.1", "10.3.0.1"]),
    ):
        assert [one["address"] for one in ask("/assets", {"q": query}).json()["items"]] == hosts, query
    page = ask("/dependencies", {"q": "internal", "limit": 1}).json()
    assert [one["id"] for one in page["items"]] == [third]
    rest = ask("/dependencies", {"q": "internal", "limit": 1, "cursor": page["next_cursor"]}).json()
    assert [one["id"] for one in rest["items"]] == [first]


def test_a_fault_is_pointed_at(ask: Ask, estate: Estate) -> None:
    del estate
    for path in ("/topology", "/assets", "/dependencies"):
        reply = ask(path, {"q": "env=production and colour=red"})
        assert reply.status == 422
        (fault,) = reply.json()["errors"]
        assert (fault["pointer"], fault["at"], fault["end"]) == ("/query/q", 19, 25)
        assert "colour" in fault["detail"]


def test_a_search_takes_text_as_it_is(ask: Ask, estate: Estate) -> None:
    _estate(estate, ask)
    assert ask("/search", {"q": '(10.1 "'}).json() == {"assets": [], "dependencies": []}
    assert len(ask("/search", {"q": "10.1.0"}).json()["assets"]) == 2


def test_what_is_there_is_suggested(ask: Ask, estate: Estate) -> None:
    _estate(estate, ask)
    found = ask("/query/completions", {"q": "env=pr"}).json()
    assert [(one["text"], one["at"], one["end"]) for one in found["suggestions"]] == [("production", 4, 6)]
    assert found["fault"] is None
    assert [one["text"] for one in ask("/query/completions", {"q": "name="}).json()["suggestions"]] == ["web-7"]
    wrong = ask("/query/completions", {"q": "env=production or "}).json()
    assert wrong["fault"] == {"said": "here something to look for is missing", "at": 18, "end": 18}


def test_another_tenants_values_are_not_suggested(ask: Ask, estate: Estate, foreign: Estate, gateway: Ask) -> None:
    _estate(estate, ask)
    theirs = gateway.as_(foreign.administrator())
    assert theirs("/query/completions", {"q": "env="}).json()["suggestions"] == []
    assert theirs("/dependencies", {"q": "env=production"}).json()["items"] == []
