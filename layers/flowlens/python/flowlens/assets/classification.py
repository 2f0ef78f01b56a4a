"""CIDR rules: for each attribute, the longest network that contains an address and says something of it wins.

Networks lie within one another or apart, so the rules cut the line of all addresses into intervals, each with one
innermost rule. One search in them classifies an address for every attribute; what its innermost rule does not say, it
inherits from the rule around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Halves = NDArray[np.uint64]
Network = IPv4Network | IPv6Network
NONE = -1  # no rule, no value
_KEY = 4 + 1 + 16  # address space, version, address
_ADDRESS_BITS = 128


@dataclass(frozen=True, slots=True)
class Rule:
    """What is said of a network's addresses in one address space."""

    id: int
    space: int
    network: Network
    attributes: Mapping[str, str]


class Classifier:
    """The rules of a moment. There is at most one rule of a network in an address space."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._values: dict[str, tuple[Ints, list[str]]] = {}
        self.rules = sorted(rules, key=lambda rule: (_span(rule)[0], rule.network.prefixlen))
        self.parents: list[int] = []
        bounds = list(self._intervals())
        self._starts = np.frombuffer(b"".join(key.to_bytes(_KEY, "big") for key, _ in bounds), f"S{_KEY}")
        self._innermost = np.array([rule for _, rule in bounds], np.int64)

    def _intervals(self) -> Iterator[tuple[int, int]]:
        """(where it begins, its innermost rule) of each interval, in order."""
        found: dict[int, int] = {}
        open_: list[tuple[int, int]] = []  # (end, position), the innermost last
        for position, rule in enumerate(self.rules):
            start, end = _span(rule)
            _close(open_, start, found)
            self.parents.append(open_[-1][1] if open_ else NONE)
            found[start] = position
            open_.append((end, position))
        _close(open_, None, found)
        yield from sorted(found.items())

    def innermost(self, space: Ints, high: Halves, low: Halves) -> Ints:
        """The position of each address's innermost rule, or NONE. An IPv4 address is ::ffff:a.b.c.d."""
        if not len(self._starts):
            return np.full(len(space), NONE, np.int64)
        at = np.searchsorted(self._starts, _keys(space, high, low), side="right") - 1
        return np.where(at < 0, NONE, self._innermost[at])

    def deciding(self, attribute: str) -> Ints:
        """For each rule as the innermost one: the position of the rule that decides the attribute, or NONE."""
        found: list[int] = []
        for position, rule in enumerate(self.rules):
            parent = self.parents[position]
            inherited = found[parent] if parent != NONE else NONE
            found.append(position if attribute in rule.attributes else inherited)
        return np.array(found, np.int64)

    def values(self, attribute: str, innermost: Ints) -> tuple[Ints, list[str]]:
        """A code for each address, NONE or a position in the values, which come in order."""
        if attribute not in self._values:
            self._values[attribute] = self._of_rules(attribute)
        codes, values = self._values[attribute]
        return codes[innermost], list(values)

    def _of_rules(self, attribute: str) -> tuple[Ints, list[str]]:
        """A code for each rule as the innermost one, and for NONE, which is the last."""
        decided = self.deciding(attribute)
        values = sorted({rule.attributes[attribute] for rule in self.rules if attribute in rule.attributes})
        code = {value: position for position, value in enumerate(values)}
        codes = [NONE if rule == NONE else code[self.rules[rule].attributes[attribute]] for rule in decided.tolist()]
        return np.array([*codes, NONE], np.int64), values

    def around(self, position: int) -> list[Rule]:
        """A rule and those it lies in, the innermost first."""
        chain: list[Rule] = []
        while position != NONE:
            chain.append(self.rules[position])
            position = self.parents[position]
        return chain

    def attributes(self) -> list[str]:
        """Every attribute that some rule sets."""
        return sorted({name for rule in self.rules for name in rule.attributes})


@dataclass(frozen=True, slots=True)
class Finding:
    """What is odd about one attribute of a rule.

    `repeated`: it is what the addresses would inherit anyway. `covered`: rules of narrower networks say something else,
    or the same, of every single address.
    """

    rule: int  # its id
    attribute: str
    kind: str


def findings(classifier: Classifier) -> list[Finding]:
    """Attributes that could be left out without moving any address."""
    found = []
    for attribute in classifier.attributes():
        decided = classifier.deciding(attribute)
        covered = _covered(classifier, attribute)
        for position, rule in enumerate(classifier.rules):
            if attribute not in rule.attributes:
                continue
            parent = classifier.parents[position]
            around = int(decided[parent]) if parent != NONE else NONE
            if around != NONE and classifier.rules[around].attributes[attribute] == rule.attributes[attribute]:
                found.append(Finding(rule.id, attribute, "repeated"))
            elif covered[position] == rule.network.num_addresses:
                found.append(Finding(rule.id, attribute, "covered"))
    return found


def _covered(classifier: Classifier, attribute: str) -> list[int]:
    """How many addresses of each rule's network a narrower rule decides."""
    covered = [0] * len(classifier.rules)
    for position in range(len(classifier.rules) - 1, -1, -1):  # what lies within comes after
        rule, parent = classifier.rules[position], classifier.parents[position]
        if parent != NONE:
            covered[parent] += rule.network.num_addresses if attribute in rule.attributes else covered[position]
    return covered


def _close(open_: list[tuple[int, int]], until: int | None, found: dict[int, int]) -> None:
    """Ends the networks that end before `until`: from there on, what is around them is innermost again."""
    while open_ and (until is None or open_[-1][0] <= until):
        end, _ = open_.pop()
        found[end] = open_[-1][1] if open_ else NONE


def _span(rule: Rule) -> tuple[int, int]:
    """The keys of the first address and of the first one after."""
    realm = (rule.space << 8 | rule.network.version) << _ADDRESS_BITS
    start = realm | int(rule.network.network_address)
    return start, start + rule.network.num_addresses


def _keys(space: Ints, high: Halves, low: Halves) -> NDArray[np.bytes_]:
    """Keys as text that sorts as they do: octets compare without sign, and trailing zeros as what they are."""
    keys = np.zeros((len(space), _KEY), np.uint8)
    v4 = (high == 0) & ((low >> np.uint64(32)) == np.uint64(0xFFFF))
    keys[:, :4] = space.astype(">u4").view(np.uint8).reshape(-1, 4)
    keys[:, 4] = np.where(v4, 4, 6)
    keys[:, 5:13] = high.astype(">u8").view(np.uint8).reshape(-1, 8)
    keys[:, 13:] = np.where(v4, low & np.uint64(0xFFFF_FFFF), low).astype(">u8").view(np.uint8).reshape(-1, 8)
    return keys.view(f"S{_KEY}")[:, 0]
