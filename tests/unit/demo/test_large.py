"""The large estate: the same for the same seed, of the size that was asked for, with nobody left out."""

from __future__ import annotations

import numpy as np

from cdk.local.demo.large import EXPORTERS, FLOWS_PER_RECORD, LargeEstate

NOW = 1_764_000_000_000
HOUR = 3_600_000


def test_the_same_seed_gives_the_same_estate_and_another_one_another() -> None:
    one, same, other = (LargeEstate(2_000, 12_000, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one.edges, same.edges, strict=True))
    assert not np.array_equal(one.edges[1], other.edges[1])
    assert one.names() == same.names()


def test_it_has_as_many_assets_and_dependencies_as_asked_for() -> None:
    estate = LargeEstate(2_000, 12_000)
    assert len(np.unique(estate.address)) == 2_000
    assert len(set(zip(*(column.tolist() for column in estate.edges), strict=True))) == 12_000
    assert len(np.unique(np.concatenate(estate.edges[:2]))) == 2_000, "everybody talks to somebody"
    assert (estate.edges[0] != estate.edges[1]).all(), "nobody talks to itself"


def test_every_dependency_speaks_within_the_hours_asked_for_the_earliest_first() -> None:
    estate = LargeEstate(2_000, 12_000)
    records = list(estate.records(NOW, 6))
    spoken = {
        pair
        for record in records
        for pair in zip(
            record["src_low"].tolist(), record["dst_low"].tolist(), record["dst_port"].tolist(), strict=True
        )
    }
    assert len(spoken) == 12_000
    assert max(record.rows for record in records) <= FLOWS_PER_RECORD
    hours = [(NOW - record["end"]) // HOUR for record in records]
    assert [int(hour[0]) for hour in hours] == [5, 4, 3, 2, 1, 0]
    assert all((hour == hour[0]).all() for hour in hours)
    assert max(int(record["exporter"].max()) for record in records) < len(EXPORTERS)


def test_its_rules_hold_each_other_from_wide_to_narrow() -> None:
    blocks = LargeEstate(2_000, 12_000).blocks()
    assert len({block.network for block in blocks}) == len(blocks)
    for block in blocks:
        if block.network.prefixlen == 26:
            around = {
                b.network.prefixlen for b in blocks if b.network != block.network and block.network.subnet_of(b.network)
            }
            assert around == {12, 16}
