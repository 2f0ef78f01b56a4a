"""Countries and organisations of external addresses, and the Internet folded by them."""

from __future__ import annotations

from ipaddress import ip_network

import numpy as np
from flowlens.topology.addresses import columns
from flowlens.topology.edges import Assets
from flowlens.topology.geography import Geography
from flowlens.topology.grouping import Grouping, networks, values
from flowlens.topology.nodes import Attribute
from flowlens.topology.places import parse

ADDRESSES = ("10.0.0.1", "8.8.8.8", "8.8.4.4", "93.184.216.34", "2a00::", "1.0.0.0")
WHERE = {"8.8.8.8": "United States", "8.8.4.4": "United States", "93.184.216.34": "France", "2a00::": "Germany"}
WHOSE = {"8.8.8.8": "Google", "8.8.4.4": "Another"}


def assets(*addresses: str) -> Assets:
    ids = np.arange(1, len(addresses) + 1)
    return Assets(ids, np.ones(len(addresses), np.int64), *columns([ip_network(one) for one in addresses]))


def geography(asked: list[str] | None = None) -> Geography:
    def country(address: str) -> str | None:
        if asked is not None:
            asked.append(address)
        return WHERE.get(address)

    return Geography({"country": country, "organisation": WHOSE.get}, "1")


def said(by: Attribute) -> list[str | None]:
    return [by.values[at] if at >= 0 else None for at in by.value.tolist()]


def test_external_addresses_have_a_country_and_internal_ones_have_none() -> None:
    found = geography().attribute("country", assets(*ADDRESSES))
    assert said(found) == [None, "United States", "United States", "France", "Germany", "unknown"]
    assert found.values == sorted(found.values)


def test_an_address_is_looked_up_once_whichever_assets_are_asked_about() -> None:
    asked: list[str] = []
    known = geography(asked)
    known.attribute("country", assets(*ADDRESSES[:3]))
    again = known.attribute("country", assets(*reversed(ADDRESSES)))
    assert said(again) == ["unknown", "Germany", "France", "United States", "United States", None]
    assert sorted(asked) == sorted(ADDRESSES[1:])


def test_without_a_database_nothing_is_said() -> None:
    known = Geography()
    assert known.attributes == ()
    assert said(known.attribute("country", assets("8.8.8.8"))) == [None]


def _of(addresses: Assets) -> list[Attribute]:
    return [geography().attribute(name, addresses) for name in ("country", "organisation")]


def _opened(*expanded: str) -> Grouping:
    rows = assets(*ADDRESSES)
    return networks(rows, [parse(one) for one in expanded], _of(rows))


def test_the_closed_internet_is_one_box() -> None:
    assert _opened().nodes.ids() == ["10.0.0.0/24@1", "internet@1"]


def test_the_opened_internet_is_its_countries() -> None:
    nodes = _opened("internet@1").nodes
    assert dict(zip(nodes.ids(), nodes.assets.tolist(), strict=True)) == {
        "10.0.0.0/24@1": 1,
        "country=France@1": 1,
        "country=Germany@1": 1,
        "country=United States@1": 2,
        "country=unknown@1": 1,
    }
    assert nodes.within() == [[], *[["internet@1"]] * 4]


def test_a_country_opens_into_organisations_and_those_into_hosts() -> None:
    us, google = "country=United States@1", "country=United States&organisation=Google@1"
    nodes = _opened("internet@1", us, google).nodes
    within = dict(zip(nodes.ids(), nodes.within(), strict=True))
    assert within["8.8.8.8@1"] == ["internet@1", us, google]
    assert within["country=United States&organisation=Another@1"] == ["internet@1", us]
    assert us not in within


def test_without_a_database_the_internet_opens_into_hosts() -> None:
    nodes = networks(assets(*ADDRESSES), [parse("internet@1")]).nodes
    assert "8.8.8.8@1" in nodes.ids()
    assert nodes.within() == [[]] * 6


def test_where_assets_are_grouped_by_what_the_internet_has_none_of_it_opens_alike() -> None:
    rows = assets(*ADDRESSES)
    site = Attribute("site", np.array([0, -1, -1, -1, -1, -1]), ["Berlin"])
    nodes = values(rows, [site], [parse("internet@1")], _of(rows)).nodes
    within = dict(zip(nodes.ids(), nodes.within(), strict=True))
    assert within["site=Berlin@1"] == []
    assert within["country=France@1"] == ["internet@1"]
    assert set(nodes.labels()) == {"Berlin", "France", "Germany", "United States", "unknown"}
