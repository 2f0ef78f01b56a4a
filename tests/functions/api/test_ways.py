"""Groups in groups, focus, paths, the time under the map and two times side by side, through the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.functions.api.estate import NOW, Carried, Estate
from tests.functions.api.gateway import Ask

_HOUR = NOW.replace(minute=0, second=0, microsecond=0)


def rule(ask: Ask, estate: Estate, network: str, **attributes: str) -> None:
    body = {"address_space_id": estate.default_space(), "network": network, "attributes": attributes}
    assert ask("/classification-rules", method="POST", body=body).status == 201


def drawn(found: dict[str, Any]) -> list[str]:
    ids, edges = found["nodes"]["id"], found["edges"]
    return sorted(f"{ids[s]}>{ids[t]}" for s, t in zip(edges["source"], edges["target"], strict=True))


def get(ask: Ask, path: str, **query: object) -> dict[str, Any]:
    reply = ask(path, {name.rstrip("_"): value for name, value in query.items()})
    assert reply.status == 200, reply.body
    return dict(reply.json())


def test_groups_lie_in_groups_and_their_edges_add_up(ask: Ask, estate: Estate) -> None:
    rule(ask, estate, "10.1.0.0/16", location="Berlin")
    rule(ask, estate, "10.1.1.0/24", environment="production")
    rule(ask, estate, "10.1.2.0/24", environment="R&D @home")
    rule(ask, estate, "10.2.0.0/16", location="Oslo")
    for n, arrow in enumerate(("10.1.1.1 > 10.2.0.1", "10.1.2.1 > 10.2.0.1", "10.1.3.1 > 10.1.1.1")):
        estate.depends(arrow, carried=Carried(octets_sent=10**n, octets_received=0))
    estate.depends("10.2.0.1 > 8.8.8.8", 53)
    space = estate.default_space()
    both = "location,environment"
    closed = get(ask, "/topology", group=both)
    assert drawn(closed) == [
        f"location=Berlin@{space}>location=Berlin@{space}",
        f"location=Berlin@{space}>location=Oslo@{space}",
        f"location=Oslo@{space}>internet@{space}",
    ]
    assert closed["totals"]["octets"] == get(ask, "/topology", group="none")["totals"]["octets"]
    berlin = f"location=Berlin@{space}"
    opened = get(ask, "/topology", group=both, expand=berlin)
    inner = {
        label: (id_, within)
        for id_, label, within in zip(
            opened["nodes"]["id"], opened["nodes"]["label"], opened["nodes"]["within"], strict=True
        )
    }
    assert inner["production"] == (f"location=Berlin&environment=production@{space}", [berlin])
    assert inner["no environment"] == (f"location=Berlin&environment=@{space}", [berlin])
    odd, around = inner["R&D @home"]
    assert (odd, around) == (f"location=Berlin&environment=R%26D @home@{space}", [berlin])
    assert inner["Oslo"] == (f"location=Oslo@{space}", [])
    assert opened["totals"]["octets"] == closed["totals"]["octets"]
    # Each id finds what is behind it, and an inner group opens into hosts.
    assert [one["address"] for one in get(ask, "/assets", within=odd)["items"]] == ["10.1.2.1"]
    assert len(get(ask, "/dependencies", client=berlin)["items"]) == 3
    hosts = get(ask, "/topology", group=both, expand=[berlin, odd])
    at = hosts["nodes"]["label"].index("10.1.2.1")
    assert hosts["nodes"]["within"][at] == [berlin, odd]
    assert ask("/topology", {"group": "location,location"}).status == 422
    assert ask("/topology", {"group": "location,colour"}).status == 422


def test_the_focus_shows_what_lies_around_and_counts_the_rest(ask: Ask, estate: Estate) -> None:
    for arrow in ("10.1.0.1 > 10.1.0.2", "10.1.0.2 > 10.1.0.3", "10.1.0.3 > 10.1.0.4", "10.1.0.9 > 10.1.0.8"):
        estate.depends(arrow)
    space = estate.default_space()
    hosts = {"group": "none", "focus": f"10.1.0.2@{space}"}
    near = get(ask, "/topology", **hosts)
    assert drawn(near) == [f"10.1.0.1@{space}>10.1.0.2@{space}", f"10.1.0.2@{space}>10.1.0.3@{space}"]
    assert near["hidden"]["dependencies"] == 2
    assert len(drawn(get(ask, "/topology", **hosts, hops=2))) == 3
    assert drawn(get(ask, "/topology", **hosts, hops=6, way="down")) == [f"10.1.0.1@{space}>10.1.0.2@{space}"]
    assert get(ask, "/topology", group="none", focus="10.99.0.1")["totals"]["dependencies"] == 0


def test_the_way_between_two_is_told_step_by_step(ask: Ask, estate: Estate) -> None:
    made = [
        estate.depends(arrow, port)
        for arrow, port in (("10.1.0.1 > 10.2.0.2", 443), ("10.2.0.2 > 10.3.0.3", 5432), ("10.9.0.1 > 10.3.0.3", 22))
    ]
    path = get(ask, "/topology/path", from_="10.1.0.1", to="10.3.0.0/24")
    assert (path["found"], path["way"], path["ways"]) == (True, "up", 1)
    assert [(one["dependency_id"], one["service"]) for one in path["steps"]] == [
        (made[0], "https"),
        (made[1], "postgresql"),
    ]
    assert path["steps"][0]["client"]["node"] == f"10.1.0.0/24@{estate.default_space()}"
    back = get(ask, "/topology/path", from_="10.3.0.3", to="10.1.0.1")
    assert (back["way"], [one["along"] for one in back["steps"]]) == ("down", [False, False])
    assert get(ask, "/topology/path", from_="10.1.0.1", to="10.9.0.1")["way"] == "both"
    assert get(ask, "/topology/path", from_="10.1.0.1", to="10.3.0.3", hops=1)["found"] is False
    assert get(ask, "/topology/path", from_="10.1.0.1", to="10.88.0.1")["found"] is False


def test_the_time_tells_traffic_and_changes(ask: Ask, estate: Estate) -> None:
    early = estate.depends(
        "10.1.0.1 > 10.2.0.1", 443, first=_HOUR - timedelta(hours=9), last=_HOUR - timedelta(hours=8)
    )
    late = estate.depends("10.1.0.2 > 10.2.0.1", 22, first=_HOUR - timedelta(hours=2), last=_HOUR - timedelta(hours=1))
    estate.hour(early, _HOUR - timedelta(hours=9), Carried(octets_sent=700, octets_received=0))
    estate.hour(late, _HOUR - timedelta(hours=2), Carried(octets_sent=30, octets_received=4))
    window = {"from_": (_HOUR - timedelta(hours=10)).isoformat(), "to": _HOUR.isoformat()}
    found = get(ask, "/topology/timeline", **window)
    assert found["step_seconds"] == 3600
    assert found["octets"] == [0, 700, 0, 0, 0, 0, 0, 0, 34, 0]
    assert found["added"] == [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    assert sum(found["gone"]) == 1  # an hour after its last flow; the other one may still be there
    narrowed = get(ask, "/topology/timeline", **window, q="port=22")
    assert (sum(narrowed["octets"]), sum(narrowed["added"]), sum(narrowed["gone"])) == (34, 1, 0)
    year = get(ask, "/topology/timeline", from_=(_HOUR - timedelta(days=300)).isoformat(), to=_HOUR.isoformat())
    assert len(year["t"]) <= 201
    assert sum(year["octets"]) == 734
    estate.hour(early, _HOUR - timedelta(hours=8), Carried(octets_sent=1, octets_received=0))
    assert get(ask, "/topology/timeline", from_=(_HOUR - timedelta(days=300)).isoformat(), to=_HOUR.isoformat()) == year
    assert sum(get(ask, "/topology/timeline", **window)["octets"]) == 735
    backwards = {"from": _HOUR.isoformat(), "to": (_HOUR - timedelta(hours=1)).isoformat()}
    assert ask("/topology/timeline", backwards).status == 422


def test_two_times_side_by_side(ask: Ask, estate: Estate) -> None:
    gone = estate.depends("10.1.0.1 > 10.2.0.1", 443, first=_HOUR - timedelta(hours=9), last=_HOUR - timedelta(hours=8))
    new = estate.depends("10.1.0.2 > 10.2.0.1", 22, first=_HOUR - timedelta(hours=2), last=_HOUR - timedelta(hours=1))
    louder = estate.depends("10.1.0.3 > 10.2.0.1", 80, first=_HOUR - timedelta(hours=9), last=_HOUR)
    instants = get(
        ask,
        "/topology/comparison",
        at=(_HOUR - timedelta(hours=1)).isoformat(),
        before_at=(_HOUR - timedelta(hours=8)).isoformat(),
    )
    assert instants["counts"] == {"added": 1, "removed": 1, "changed": 0, "moved": 0}
    assert ([one["id"] for one in instants["added"]], [one["id"] for one in instants["removed"]]) == ([new], [gone])
    estate.hour(louder, _HOUR - timedelta(hours=9), Carried(octets_sent=1_000, octets_received=0))
    estate.hour(louder, _HOUR - timedelta(hours=2), Carried(octets_sent=50_000, octets_received=0))
    windows = get(
        ask,
        "/topology/comparison",
        from_=(_HOUR - timedelta(hours=4)).isoformat(),
        to=_HOUR.isoformat(),
        before_from=(_HOUR - timedelta(hours=10)).isoformat(),
        before_to=(_HOUR - timedelta(hours=6)).isoformat(),
    )
    assert [(one["id"], one["octets_before"], one["octets"]) for one in windows["changed"]] == [(louder, 1_000, 50_000)]
    assert ask("/topology/comparison", {"at": _HOUR.isoformat()}).status == 422


def test_an_asset_of_another_group_has_moved(ask: Ask, estate: Estate) -> None:
    estate.depends("10.1.0.1 > 10.2.0.1", 443, first=NOW - timedelta(hours=9), last=NOW)
    before = NOW - timedelta(hours=2)
    rule(ask, estate, "10.1.0.0/16", site="Berlin")
    found = get(ask, "/topology/comparison", before_at=before.isoformat(), group="site")
    assert [(one["address"], one["before"], one["after"]) for one in found["moved"]] == [("10.1.0.1", None, "Berlin")]
    now = get(ask, "/topology/comparison", before_at=before.isoformat(), group="site", rules="now")
    assert now["moved"] == []
