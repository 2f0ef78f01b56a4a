"""Of many groups the smallest are one box, which says how many they are and opens."""

from __future__ import annotations

import numpy as np
import pytest
from flowlens.topology.edges import Assets
from flowlens.topology.folding import folding
from flowlens.topology.grouping import MAX_BOXES, Grouping, values
from flowlens.topology.nodes import Attribute
from flowlens.topology.places import parse
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.topology.maps import addresses, folded_by_site


def estate(sizes: list[int], space: int = 1) -> tuple[Assets, list[str | None]]:
    """So many assets of each site: s000, s001, …"""
    sites: list[str | None] = [f"s{n:03}" for n, size in enumerate(sizes) for _ in range(size)]
    return addresses([f"10.{n >> 8}.{n & 255}.1" for n in range(len(sites))], [space] * len(sites)), sites


def grouped(sizes: list[int], *opened: str) -> Grouping:
    assets, sites = estate(sizes)
    return folded_by_site(assets, sites, *opened)(assets)


def test_fifty_groups_are_fifty_boxes() -> None:
    nodes = grouped([1] * MAX_BOXES).nodes
    assert (len(nodes), nodes.more.sum()) == (MAX_BOXES, 0)


def test_of_sixty_groups_the_smallest_eleven_are_one_box_that_counts_them() -> None:
    nodes = grouped([2] * 30 + [1] * 11 + [3] * 19).nodes
    at = nodes.ids().index("site*=more@1")
    assert len(nodes) == MAX_BOXES
    assert (nodes.labels()[at], nodes.assets[at], nodes.more[at], nodes.named()[at]) == ("11 more", 11, 11, None)
    assert nodes.more.sum() == 11
    assert not {f"site=s{n:03}@1" for n in range(30, 41)} & set(nodes.ids())


def test_the_fold_opens_into_its_groups_under_the_names_they_always_have() -> None:
    closed, opened = grouped([2] * 49 + [1] * 11).nodes, grouped([2] * 49 + [1] * 11, "site*=more@1").nodes
    assert len(opened) == 60
    assert set(opened.ids()) - set(closed.ids()) == {f"site=s{n:03}@1" for n in range(49, 60)}
    within = dict(zip(opened.ids(), opened.within(), strict=True))
    assert within["site=s050@1"] == ["site*=more@1"]
    assert within["site=s001@1"] == []


def test_a_group_in_an_open_fold_opens_into_its_assets() -> None:
    nodes = grouped([2] * 49 + [1] * 11, "site*=more@1", "site=s055@1").nodes
    assert len(nodes) == 60
    host = nodes.labels().index(next(label for label in nodes.labels() if label.startswith("10.")))
    assert nodes.within()[host] == ["site*=more@1", "site=s055@1"]
    assert nodes.named()[host] == "s055"


def test_what_has_no_value_counts_like_a_group() -> None:
    assets, sites = estate([1] * 60)
    sites[:20] = [None for _ in range(20)]
    labels = folded_by_site(assets, sites)(assets).nodes.labels()
    assert len(labels) == 41
    assert "no site" in labels


def test_which_groups_are_folded_does_not_depend_on_what_is_seen() -> None:
    assets, sites = estate([2] * 49 + [1] * 11)
    seen = assets.take(np.arange(90, 103))  # some of both
    ids = folded_by_site(assets, sites)(seen).nodes.ids()
    assert [one for one in ids if "*" in one] == ["site*=more@1"]
    assert set(ids) <= {"site*=more@1", *(f"site=s{n:03}@1" for n in range(49))}


@pytest.mark.parametrize("spaces", [1, 2, 3, 7, 12])
def test_address_spaces_share_the_boxes(spaces: int) -> None:
    sites = [f"s{n}" for _ in range(spaces) for n in range(40)]
    number = [space for space in range(1, spaces + 1) for _ in range(40)]
    every = addresses([f"10.0.{n}.1" for n in range(40)] * spaces, number)
    nodes = folded_by_site(every, sites)(every).nodes
    assert len(nodes) <= MAX_BOXES
    assert set(nodes.space.tolist()) == set(number)
    assert int(nodes.assets.sum()) == len(every)


def test_groups_within_an_open_group_are_folded_too() -> None:
    assets = addresses([f"10.{n >> 8}.{n & 255}.1" for n in range(80)])
    names: list[str] = [f"a{n:02}" for n in range(80)]
    city, place = Attribute("location", np.arange(80) % 2 * 0, ["Rome"]), [parse("location=Rome@1")]
    by = folding(assets, [city, Attribute("application", np.arange(80), names)], place)
    nodes = values(assets, by, place).nodes
    assert len(nodes) == MAX_BOXES
    assert "location=Rome&application*=more@1" in nodes.ids()
    assert nodes.more.max() == 31


@given(st.lists(st.integers(1, 4), min_size=1, max_size=130))
def test_every_asset_is_in_one_box_whatever_the_sizes(sizes: list[int]) -> None:
    found = grouped(sizes)
    nodes = found.nodes
    assert len(nodes) <= MAX_BOXES
    assert np.bincount(found.node, minlength=len(nodes)).tolist() == nodes.assets.tolist()
    assert int(nodes.assets.sum()) == sum(sizes)
    assert int(nodes.more.sum()) == (0 if len(sizes) <= MAX_BOXES else len(sizes) - MAX_BOXES + 1)
    kept = [nodes.assets[at] for at in range(len(nodes)) if nodes.more[at] == 0]
    if nodes.more.any():
        assert min(kept) >= max(sorted(sizes)[: int(nodes.more.sum())])
