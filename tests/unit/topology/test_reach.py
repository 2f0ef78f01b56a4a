"""Hops and ways over a map, against a walk that is written out."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from flowlens.topology.edges import Edges, Mask
from flowlens.topology.reach import BOTH, DOWN, FAR, UP, Walk, around, distances, route
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.topology.maps import arrows, edges

# web > api > db, batch > db, db > disk, admin > api
_MAP = "10.0.0.1>10.0.0.2 10.0.0.2>10.0.0.3 10.0.0.4>10.0.0.3 10.0.0.3>10.0.0.5 10.0.0.6>10.0.0.2"
_WEB, _API, _DB, _BATCH, _DISK, _ADMIN = range(6)


def _at(*positions: int, size: int = 6) -> Mask:
    found = np.zeros(size, np.bool_)
    found[list(positions)] = True
    return found


def _near(position: int, hops: int, way: str) -> list[int]:
    _, known = arrows(_MAP)
    return np.flatnonzero(distances(known, _at(position), Walk(hops=hops, way=way)) < FAR).tolist()


def test_upstream_is_what_it_depends_on_and_downstream_what_depends_on_it() -> None:
    assert _near(_API, 9, UP) == [_API, _DB, _DISK]
    assert _near(_API, 9, DOWN) == [_WEB, _API, _ADMIN]
    assert _near(_API, 1, BOTH) == [_WEB, _API, _DB, _ADMIN]
    assert _near(_DISK, 2, DOWN) == [_API, _DB, _BATCH, _DISK]


@pytest.mark.parametrize(
    ("way", "hops", "wanted"), [(UP, 1, [1]), (UP, 2, [1, 3]), (DOWN, 1, [0, 4]), (BOTH, 1, [0, 1, 4])]
)
def test_the_edges_around_are_those_one_walks(way: str, hops: int, wanted: list[int]) -> None:
    _, known = arrows(_MAP)
    assert np.flatnonzero(around(known, _at(_API), Walk(hops=hops, way=way))).tolist() == wanted


def test_what_stands_for_many_is_seen_but_not_passed() -> None:
    _, known = arrows(_MAP)
    walk = Walk(hops=9, way=UP, closed=_at(_DB))
    assert np.flatnonzero(distances(known, _at(_API), walk) < FAR).tolist() == [_API]
    assert np.flatnonzero(around(known, _at(_API), walk)).tolist() == [1]


def test_a_way_is_the_shortest_and_the_strongest_and_says_how_many_there_are() -> None:
    # Two ways of two hops from 1 to 4; the second carries more.
    _, known = arrows("10.0.0.1>10.0.0.2 10.0.0.2>10.0.0.4 10.0.0.1>10.0.0.3 10.0.0.3>10.0.0.4")
    found = route(known, _at(0, size=4), _at(2, size=4), hops=5, way=UP)
    assert found is not None
    assert (found.edges, found.along, found.ways) == ([2, 3], [True, True], 2)
    assert route(known, _at(2, size=4), _at(0, size=4), hops=5, way=UP) is None
    back = route(known, _at(2, size=4), _at(0, size=4), hops=5, way=DOWN)
    assert back is not None
    assert (back.edges, back.along) == ([3, 2], [False, False])
    assert route(known, _at(0, size=4), _at(2, size=4), hops=1, way=UP) is None


@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=20),
    st.integers(0, 7),
    st.integers(0, 7),
    st.sampled_from([UP, DOWN, BOTH]),
    st.integers(1, 5),
)
def test_a_way_is_as_long_as_a_walk(pairs: list[tuple[int, int]], start: int, end: int, way: str, hops: int) -> None:
    known = edges(np.array([(a, b, 443) for a, b in pairs], np.int64))
    walked = _walk(pairs, start, way)
    far = distances(known, _at(start, size=8), Walk(hops=hops, way=way))
    assert [int(d) if d < FAR else None for d in far] == [
        walked.get(n) if walked.get(n, 99) <= hops else None for n in range(8)
    ]
    found = route(known, _at(start, size=8), _at(end, size=8), hops=hops, way=way)
    if walked.get(end, 99) > hops:
        assert found is None
        return
    assert found is not None
    assert len(found.edges) == walked[end]
    assert _leads(known, found.edges, found.along, start) == end
    assert found.ways >= 1


def _walk(pairs: list[tuple[int, int]], start: int, way: str) -> dict[int, int]:
    seen, queue = {start: 0}, deque([start])
    while queue:
        here = queue.popleft()
        steps = [b for a, b in pairs if a == here and way != DOWN] + [a for a, b in pairs if b == here and way != UP]
        for there in steps:
            if there not in seen:
                seen[there] = seen[here] + 1
                queue.append(there)
    return seen


def _leads(known: Edges, chosen: list[int], along: list[bool], start: int) -> int:
    here = start
    for edge, forward in zip(chosen, along, strict=True):
        ends = (int(known.client[edge]), int(known.server[edge]))
        source, target = ends if forward else ends[::-1]
        assert source == here
        here = target
    return here
