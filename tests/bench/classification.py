"""Fifty thousand addresses against five thousand rules, in CPU time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from ipaddress import IPv4Network
from statistics import median

import numpy as np
from flowlens.assets.classification import Classifier, Rule

_RULES, _ADDRESSES, _ROUNDS = 5_000, 50_000, 7
_TEN = 10 << 24


def run() -> dict[str, float]:
    """CPU milliseconds: the search made of the rules, and all addresses looked up for one attribute."""
    rules, low = _rules(), _addresses()
    space, high = np.ones(_ADDRESSES, np.int64), np.zeros(_ADDRESSES, np.uint64)
    classifier = Classifier(rules)
    return {
        "classification.build_ms": _median(lambda: Classifier(rules)),
        "classification.50k_addresses_ms": _median(
            lambda: classifier.values("site", classifier.innermost(space, high, low))
        ),
    }


def _rules() -> list[Rule]:
    chance = random.Random(1)
    networks = {_network(chance) for _ in range(2 * _RULES)}
    chosen = sorted(networks, key=str)[:_RULES]
    return [Rule(n, 1, network, {"site": f"site {n % 50}"}) for n, network in enumerate(chosen)]


def _network(chance: random.Random) -> IPv4Network:
    return IPv4Network((_TEN | chance.getrandbits(24), chance.choice((14, 16, 20, 24, 24, 26, 28))), strict=False)


def _addresses() -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    hosts = np.random.default_rng(1).integers(0, 1 << 24, _ADDRESSES, dtype=np.uint64)
    return hosts | np.uint64(_TEN | 0xFFFF_0000_0000)


def _median(work: Callable[[], object]) -> float:
    spent = []
    for _ in range(_ROUNDS):
        before = time.process_time()
        work()
        spent.append(1000 * (time.process_time() - before))
    return round(median(spent), 1)
