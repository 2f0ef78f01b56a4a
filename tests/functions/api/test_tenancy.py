"""Nobody sees, finds or changes what is another tenant's."""

from __future__ import annotations

import pytest

from tests.functions.api.estate import NOW, Carried, Estate
from tests.functions.api.gateway import Ask

_MISSING = 2**31 - 1


@pytest.fixture
def theirs(foreign: Estate) -> dict[str, int]:
    """Ids of another tenant's things."""
    dependency = foreign.depends("10.66.0.1 > 10.66.0.2", 5432)
    foreign.minute(dependency, NOW.replace(second=0), Carried())
    source = foreign.source("192.0.2.66")
    return {"assets": foreign.asset("10.66.0.1"), "dependencies": dependency, "sources": source}


@pytest.mark.parametrize(
    ("method", "kind", "rest"),
    [
        ("GET", "assets", ""),
        ("GET", "assets", "/dependencies"),
        ("GET", "dependencies", ""),
        ("GET", "dependencies", "/volumes"),
        ("GET", "sources", ""),
        ("PATCH", "sources", ""),
        ("DELETE", "sources", ""),
    ],
)
def test_a_foreign_id_and_a_missing_one_are_answered_alike(
    ask: Ask, theirs: dict[str, int], method: str, kind: str, rest: str
) -> None:
    body = {"name": "mine now"} if method == "PATCH" else None
    found = []
    for id_ in (theirs[kind], _MISSING):
        place = f"/{kind}/{id_}{rest}"
        reply = ask(place, method=method, body=body, headers={"if-match": '"1"'})
        assert reply.status == 404
        assert reply.json()["instance"].endswith(place)
        found.append({k: v for k, v in reply.json().items() if k not in ("request_id", "instance")})
    assert found[0] | {"detail": ""} == found[1] | {"detail": ""}
    assert found[0]["detail"] == found[1]["detail"].replace(str(_MISSING), str(theirs[kind]))


@pytest.mark.usefixtures("theirs")
@pytest.mark.parametrize("path", ["/assets", "/dependencies", "/sources", "/search?q=10.66", "/assets?q=10.66.0.0/16"])
def test_no_list_shows_a_foreign_row(ask: Ask, path: str) -> None:
    place, _, query = path.partition("?")
    assert not any(v for v in ask(place, query).json().values())


@pytest.mark.usefixtures("theirs")
def test_the_topology_and_the_metrics_count_only_ones_own(ask: Ask, estate: Estate) -> None:
    estate.depends("10.0.0.1 > 10.0.0.2")
    for query in ("", "group=none", f"at={NOW:%Y-%m-%dT%H:%M:%SZ}", "from=2026-11-20T00:00:00Z"):
        assert ask("/topology", query).json()["totals"]["dependencies"] == 1, query
    assert "flowlens_dependencies 1\n" in ask("/metrics").body.decode()


@pytest.mark.usefixtures("theirs")
def test_two_tenants_who_ask_in_turn_never_see_each_others_map(gateway: Ask, estate: Estate, foreign: Estate) -> None:
    estate.depends("10.0.0.1 > 10.0.0.2")
    askers = {"10.0.0.0/24": gateway.as_(estate.administrator()), "10.66.0.0/24": gateway.as_(foreign.administrator())}
    for _ in range(2):
        for label, ask in askers.items():
            assert ask("/topology").json()["nodes"]["label"] == [label]


def test_a_foreign_address_space_is_an_empty_one(ask: Ask, estate: Estate, foreign: Estate) -> None:
    estate.depends("10.0.0.1 > 10.0.0.2")
    theirs = foreign.default_space()
    foreign.depends("10.66.0.1 > 10.66.0.2")
    assert ask("/topology", {"space": theirs}).json()["totals"]["assets"] == 0
    assert ask("/assets", {"space": theirs}).json()["items"] == []
