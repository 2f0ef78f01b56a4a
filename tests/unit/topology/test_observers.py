"""One source counts for each hour and direction, and one for the flows."""

from __future__ import annotations

import numpy as np
import pytest
from flowlens.topology.observers import counted, summed

COLUMNS = (
    "id",
    "hour",
    "source",
    "rate",
    "octets_sent",
    "octets_received",
    "packets_sent",
    "packets_received",
    "packets_seen",
    "flows",
)


def seen(*rows: tuple[int, ...]) -> dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Of rows of id, hour, source, rate, octets and packets sent and received, packets seen, flows."""
    table = np.array(rows, np.int64).reshape(-1, len(COLUMNS))
    return {name: table[:, at] for at, name in enumerate(COLUMNS)}


def told(*rows: tuple[int, ...]) -> list[tuple[int, ...]]:
    """(id, octets, packets, flows) of each dependency."""
    found = counted(seen(*rows))
    return list(zip(*(found[name].tolist() for name in ("id", "octets", "packets", "flows")), strict=True))


def test_what_one_source_saw_counts_whole_in_every_part() -> None:
    assert told((7, 0, 1, 1, 10, 20, 1, 2, 3, 1), (7, 0, 1, 1, 5, 0, 1, 0, 1, 1), (9, 0, 2, 1, 1, 0, 1, 0, 1, 1)) == [
        (7, 35, 4, 2),
        (9, 1, 1, 1),
    ]


def test_two_sources_of_one_hour_count_once_and_those_of_two_hours_both() -> None:
    assert told((7, 0, 1, 1, 10, 0, 2, 0, 2, 1), (7, 0, 2, 1, 8, 0, 1, 0, 1, 1)) == [(7, 10, 2, 1)]
    assert told((7, 0, 1, 1, 10, 0, 2, 0, 2, 1), (7, 1, 2, 1, 8, 0, 1, 0, 1, 1)) == [(7, 18, 3, 2)]


@pytest.mark.parametrize(
    ("one", "other", "counts"),
    [
        ((10, 90, 0, 9, 0, 9, 1), (1, 70, 0, 7, 0, 7, 1), 70),  # the lower rate
        ((1, 70, 0, 7, 0, 7, 1), (1, 60, 0, 9, 0, 9, 1), 60),  # more packets
        ((1, 70, 0, 7, 0, 7, 1), (1, 90, 0, 7, 0, 7, 1), 90),  # more octets
        ((1, 0, 0, 0, 0, 9, 1), (100, 90, 0, 7, 0, 7, 1), 90),  # whoever saw anything
    ],
)
def test_who_counts(one: tuple[int, ...], other: tuple[int, ...], counts: int) -> None:
    def row(source: int, told_: tuple[int, ...]) -> tuple[int, ...]:
        rate, sent, received, *packets, seen_, flows = told_
        return (7, 0, source, rate, sent, received, *packets, seen_, flows)

    for first, second in ((one, other), (other, one)):
        assert told(row(1, first), row(2, second))[0][1] == counts


def test_each_direction_has_its_own_source() -> None:
    assert told((7, 0, 1, 1, 10, 0, 2, 0, 2, 1), (7, 0, 2, 1, 0, 900, 0, 9, 9, 4)) == [(7, 910, 11, 4)]


def test_whoever_counts_is_decided_of_all_parts_of_an_hour() -> None:
    parts = [(7, 0, 1, 1, 10, 0, 2, 0, 2, 1), (7, 0, 2, 1, 9, 0, 3, 0, 3, 1), (7, 0, 1, 1, 10, 0, 2, 0, 2, 1)]
    assert told(*parts) == [(7, 20, 4, 2)]
    once = summed(seen(*parts[:2]))
    again = {name: np.concatenate([once[name], seen(parts[2])[name]]) for name in once}
    assert {name: values.tolist() for name, values in counted(again).items()}["octets"] == [20]


def test_sums_stop_at_the_largest() -> None:
    most = 2**62 - 1
    rows = [(7, 0, 1, 1, most, most, 0, 0, 0, most)] * 5
    assert told(*rows) == [(7, 2 * most, 0, most)]
    assert told(*rows, *[(7, 1, 1, 1, most, most, 0, 0, 0, most)] * 5) == [(7, 2**63 - 1, 0, 2 * most)]


def test_nothing_seen_is_nothing() -> None:
    assert told() == []
