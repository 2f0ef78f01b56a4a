"""Networks, the Internet, and what opening a box does."""

from __future__ import annotations

import pytest
from flowlens.topology.grouping import MAX_BOXES, networks
from flowlens.topology.places import parse
from flowlens.topology.views import show

from tests.unit.topology.maps import addresses, arrows, by, by_site, draw, drawn


def labels(texts: list[str], spaces: list[int] | None = None) -> list[str]:
    return networks(addresses(texts, spaces)).nodes.labels()


def test_a_small_estate_is_shown_by_its_24s_and_64s() -> None:
    assert labels(["10.1.2.3", "10.1.2.9", "192.168.7.1", "fd00:1::5"]) == [
        "fd00:1::/64",
        "10.1.2.0/24",
        "192.168.7.0/24",
    ]


@pytest.mark.parametrize(
    ("count", "step", "prefix"), [(50, 256, 24), (51, 256, 20), (51, 4096, 16), (51, 65536, 12), (200, 65536, 12)]
)
def test_the_finest_prefix_that_needs_at_most_fifty_boxes_is_taken(count: int, step: int, prefix: int) -> None:
    found = labels([f"10.{n * step >> 16 & 255}.{n * step >> 8 & 255}.1" for n in range(count)])
    assert {label.rpartition("/")[2] for label in found} == {str(prefix)}
    assert len(found) <= MAX_BOXES


def test_each_address_space_has_its_own_prefix_and_its_own_internet() -> None:
    wide = [f"10.0.{n}.1" for n in range(51)]
    found = networks(addresses([*wide, "10.0.0.1", "8.8.8.8", "8.8.8.8"], [1] * 51 + [2, 1, 2])).nodes
    assert "10.0.0.0/20@1" in found.ids()
    assert "10.0.0.0/24@2" in found.ids()
    assert {"internet@1", "internet@2"} <= set(found.ids())


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "169.254.1.1", "fe80::1", "fdff::1", "2001:db8::1"],
)
def test_an_address_that_no_one_else_can_have_is_internal(address: str) -> None:
    assert networks(addresses([address])).nodes.internal.all()


@pytest.mark.parametrize(
    "address", ["9.255.255.255", "172.32.0.0", "192.169.0.0", "100.128.0.0", "2001:db9::1", "fec0::1"]
)
def test_all_other_addresses_are_the_internet(address: str) -> None:
    nodes = networks(addresses([address, "1.1.1.1", "2606:4700::1111"])).nodes
    assert (nodes.labels(), nodes.assets.tolist()) == (["Internet"], [3])


def test_an_opened_network_becomes_its_hosts_and_moves_no_other_box() -> None:
    text = "10.1.1.1>10.2.1.1 10.1.1.2>10.2.1.1 10.3.1.1>10.2.1.1"
    assert sorted(draw(text, expand=["10.1.1.0/24@1"])) == [
        "10.1.1.1@1>10.2.1.0/24@1",
        "10.1.1.2@1>10.2.1.0/24@1",
        "10.3.1.0/24@1>10.2.1.0/24@1",
    ]


def test_the_internet_can_be_opened_too() -> None:
    assert sorted(draw("10.1.1.1>8.8.8.8 10.1.1.1>9.9.9.9", expand=["internet"])) == [
        "10.1.1.0/24@1>8.8.8.8@1",
        "10.1.1.0/24@1>9.9.9.9@1",
    ]


def test_a_place_of_one_address_space_is_not_opened_in_another() -> None:
    assets, edges = arrows("10.1.1.1>10.2.1.1 10.1.1.1>10.2.1.1", [1, 2])
    shown = show(assets, edges, by(True, [parse("10.1.1.0/24@2")]), limit=10)
    assert sorted(drawn(shown)) == ["10.1.1.0/24@1>10.2.1.0/24@1", "10.1.1.1@2>10.2.1.0/24@2"]


@pytest.mark.parametrize("text", ["10.1.2.3", "10.0.0.0/8@7", "internet", "internet@1", "2001:db8::/32@1", "::1"])
def test_a_place_is_an_address_a_network_or_the_internet_perhaps_in_a_space(text: str) -> None:
    place = parse(text)
    assert (place.network is None) == text.startswith("internet")
    assert place.space == (int(text.partition("@")[2]) if "@" in text else None)


@pytest.mark.parametrize(
    "text",
    ["", "@1", "10.0.0.0/33", "10.0.0.1@0", "10.0.0.1@x", "10.0.0.1@99999999999", "fe80::1%eth0", "host", "10.0.0.1@²"],
)
def test_what_is_no_place_says_what_one_is(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        parse(text)


def test_assets_of_one_value_are_one_box_and_the_rest_is_named() -> None:
    assets, edges = arrows("10.1.1.1>10.2.1.1 10.1.1.2>10.2.1.1 10.1.1.2>10.3.1.1 10.3.1.1>198.51.100.7")
    sites = ["Berlin", "Oslo", "Berlin", None, None]
    shown = show(assets, edges, by_site(sites), limit=9)
    assert sorted(drawn(shown)) == [
        "site=@1>internet@1",
        "site=Berlin@1>site=@1",
        "site=Berlin@1>site=Oslo@1",
    ]
    assert sorted(shown.nodes.labels()) == ["Berlin", "Internet", "Oslo", "no site"]


def test_a_group_opens_into_its_hosts_and_an_external_asset_can_be_in_one() -> None:
    assets, edges = arrows("10.1.1.1>10.2.1.1 10.1.1.1>198.51.100.7")
    shown = show(assets, edges, by_site(["Berlin", "Oslo", "Oslo"], [parse("site=Oslo@1")]), limit=9)
    assert sorted(drawn(shown)) == ["site=Berlin@1>10.2.1.1@1", "site=Berlin@1>198.51.100.7@1"]
    nowhere = show(assets, edges, by_site(["Berlin", "Oslo", "Oslo"], [parse("site=Rome"), parse("team=a")]), limit=9)
    assert drawn(nowhere) == ["site=Berlin@1>site=Oslo@1"]


def test_a_group_is_written_as_it_is_read() -> None:
    place = parse("owner=me@example.com@2")
    assert (place.attribute, place.value, place.space) == ("owner", "me@example.com", 2)
    assert parse("owner=me@example.com").value == "me@example.com"
    assert parse("site=@1").value == ""
