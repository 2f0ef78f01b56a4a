"""Services by port."""

from __future__ import annotations

import csv
from collections import Counter
from importlib.resources import files

import numpy as np
from flowlens.flows import ports


def rows() -> list[dict[str, str]]:
    with (files("flowlens.flows") / "ports.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ranks(protocol: int, *numbers: int) -> list[int]:
    (ranks,) = ports.ranks(np.full(len(numbers), protocol), np.array(numbers))
    return [int(rank) for rank in ranks]


def test_there_are_at_least_two_hundred_names_of_our_own() -> None:
    assert len({row["name"] for row in rows() if row["origin"] == "flowlens"}) >= 200


def test_every_port_is_named_once_for_each_protocol_and_the_file_is_in_order() -> None:
    keys = [(int(row["port"]), row["protocol"]) for row in rows()]
    assert keys == sorted(set(keys))
    assert Counter(protocol for _, protocol in keys).keys() == {"tcp", "udp"}
    assert all(0 <= port < 65536 for port, _ in keys)


def test_our_own_name_goes_before_the_registered_one() -> None:
    assert (ports.name(9092, 6), ports.name(5432, 6), ports.name(443, 6)) == ("kafka", "postgresql", "https")


def test_a_port_has_no_name_where_nothing_is_known_or_the_protocol_has_none() -> None:
    assert ports.name(61001, 6) is None
    assert ports.name(443, 1) is None


def test_udp_and_tcp_are_looked_up_apart() -> None:
    assert (ports.name(514, 17), ports.name(514, 6)) == ("syslog", "shell")


def test_ranks_go_from_privileged_and_ours_to_unknown() -> None:
    registered = next(int(r["port"]) for r in rows() if r["origin"] == "iana" and 1024 < int(r["port"]) < 32768)
    late = next(
        int(r["port"]) for r in rows() if (r["origin"], r["protocol"]) == ("iana", "tcp") and int(r["port"]) > 32768
    )
    assert ranks(6, 1, 5432, 50051, registered, late, 61001) == [0, 0, 1, 2, 3, 4]


def test_port_zero_is_unknown() -> None:
    assert ranks(6, 0) == [4]
