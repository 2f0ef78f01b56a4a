"""Edges, their bound, and that nothing is lost between the rows and the picture."""

from __future__ import annotations

import numpy as np
from flowlens.topology.edges import SEVERAL, Edges, merge, total
from flowlens.topology.views import show
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.topology.maps import addresses, arrows, by, draw, drawn, edges

Rows = list[tuple[int, int, int]]
_HOSTS = [f"10.{n % 3}.{n % 5}.{n}" for n in range(24)] + [f"8.8.{n}.8" for n in range(6)]
_ROWS = st.lists(
    st.tuples(st.integers(0, 29), st.integers(0, 29), st.sampled_from([22, 443, 5432])), min_size=0, max_size=120
)


def test_dependencies_between_the_same_two_networks_are_one_edge() -> None:
    assert draw("10.1.1.1>10.2.1.1 10.1.1.2>10.2.1.9") == ["10.1.1.0/24@1>10.2.1.0/24@1"]


def test_an_edge_says_its_port_only_when_all_of_it_agrees() -> None:
    shown = show(*arrows("10.1.1.1>10.2.1.1/443 10.1.1.2>10.2.1.1/443 10.3.1.1>10.2.1.1/22 10.3.1.1>10.2.1.1/443"),
                 by(True), limit=9)  # fmt: skip
    assert dict(zip(drawn(shown), shown.edges.port.tolist(), strict=True)) == {
        "10.1.1.0/24@1>10.2.1.0/24@1": 443,
        "10.3.1.0/24@1>10.2.1.0/24@1": SEVERAL,
    }


def test_an_edge_of_one_dependency_names_it_and_one_of_several_does_not() -> None:
    merged = merge(edges(np.array([[0, 1, 443], [0, 1, 22], [2, 1, 22]])), np.arange(3))
    assert merged.id.tolist() == [SEVERAL, 3]


def test_an_edge_spans_its_dependencies_and_has_their_strongest_evidence() -> None:
    rows = edges(np.array([[0, 1, 443], [0, 1, 22], [0, 1, 25]]))
    merged = merge(rows, np.arange(2))
    assert merged.evidence.tolist() == [rows.evidence.min()]
    assert merged.first_seen[0] == rows.first_seen.min()
    assert merged.last_seen[0] == rows.last_seen.max()


def test_sums_stop_at_the_largest_number_instead_of_turning_negative() -> None:
    assert total(np.array([2**62, 2**62, 2**62])) == 2**63 - 1
    assert total(np.array([2**62, 5])) == 2**62 + 5


def test_a_quiet_corner_keeps_its_edge_beside_a_loud_crowd() -> None:
    crowd = [f"10.9.9.{n}" for n in range(8)]
    loud = " ".join(f"{a}>{b}" for a in crowd for b in crowd if a != b)
    # The quiet edge comes first, so it is the weakest of 57.
    found = draw(f"10.1.1.1>10.2.1.1 {loud}", grouped=False, limit=40)
    assert "10.1.1.1@1>10.2.1.1@1" in found


@given(rows=_ROWS, limit=st.integers(1, 130), grouped=st.booleans())
def test_what_is_shown_and_what_is_left_out_add_up_to_the_rows(
    rows: list[tuple[int, int, int]], limit: int, grouped: bool
) -> None:
    given_ = edges(np.array(rows, np.int64).reshape(-1, 3))
    shown = show(addresses(_HOSTS), given_, by(grouped), limit=limit)
    for name in ("dependencies", "octets", "packets", "flows"):
        expected = int(getattr(given_, name).sum())
        assert getattr(shown.totals, name) == expected
        assert int(getattr(shown.edges, name).sum()) + getattr(shown.left_out, name) == expected
    assert len(shown.edges) + shown.left_out.edges == shown.totals.edges
    assert len(shown.nodes) + shown.left_out.nodes == shown.totals.nodes
    assert (
        int(shown.nodes.assets.sum()) + shown.left_out.assets
        == shown.totals.assets
        == len({n for r in rows for n in r[:2]})
    )
    assert len(shown.edges) == min(limit, shown.totals.edges)


@given(rows=_ROWS.filter(bool), limit=st.integers(1, 130))
def test_each_node_keeps_its_two_strongest_edges_before_any_edge_that_is_in_no_ones_two(rows: Rows, limit: int) -> None:
    everything = show(addresses(_HOSTS), edges(np.array(rows)), by(False), limit=10**6)
    shown = drawn(show(addresses(_HOSTS), edges(np.array(rows)), by(False), limit=limit))
    leading = _leading(everything.edges, drawn(everything))
    assert set(shown) <= leading or leading <= set(shown)


def _leading(all_edges: Edges, names: list[str]) -> set[str]:
    """Told in plain Python: an edge leads when it is among the first two of its client, or of its server."""
    found, uses = set(), dict[tuple[str, int], int]()
    for name, client, server in zip(names, all_edges.client.tolist(), all_edges.server.tolist(), strict=True):
        ends = [("client", client), ("server", server)]
        if any(uses.get(end, 0) < 2 for end in ends):
            found.add(name)
        for end in ends:
            uses[end] = uses.get(end, 0) + 1
    return found


@given(rows=_ROWS.filter(bool), order=st.randoms(use_true_random=False))
def test_the_same_dependencies_in_another_order_are_the_same_picture(
    rows: list[tuple[int, int, int]], order: object
) -> None:
    given_ = edges(np.array(rows))
    shuffled = np.random.default_rng(hash(str(order)) % 2**32).permutation(len(rows))
    first = show(addresses(_HOSTS), given_, by(True), limit=5)
    second = show(addresses(_HOSTS), given_.take(shuffled), by(True), limit=5)
    assert drawn(first) == drawn(second)
    assert (first.totals, first.left_out) == (second.totals, second.left_out)


def test_an_empty_map_is_a_map() -> None:
    shown = show(addresses([]), edges(np.empty((0, 3), np.int64)), by(True), limit=5)
    assert (len(shown.nodes), len(shown.edges), shown.totals.octets) == (0, 0, 0)
