"""For each attribute the longest network that says something of it wins; all others are inherited."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import numpy as np
import pytest
from flowlens.assets.attributes import check, check_name
from flowlens.assets.classification import NONE, Classifier, Rule, findings
from flowlens.model.errors import Invalid
from hypothesis import given
from hypothesis import strategies as st


def rule(network: str, space: int = 1, **attributes: str) -> Rule:
    return Rule(hash((network, space)), space, ip_network(network), attributes)


def classified(rules: list[Rule], attribute: str, *addresses: str, space: int = 1) -> list[str | None]:
    classifier = Classifier(rules)
    values = [ip_address(address) for address in addresses]
    whole = [int(value) | (0xFFFF_0000_0000 if value.version == 4 else 0) for value in values]
    innermost = classifier.innermost(
        np.full(len(whole), space, np.int64),
        np.array([value >> 64 for value in whole], np.uint64),
        np.array([value & (2**64 - 1) for value in whole], np.uint64),
    )
    codes, names = classifier.values(attribute, innermost)
    return [None if code == NONE else names[code] for code in codes.tolist()]


def test_the_longest_network_wins_and_what_it_does_not_say_is_inherited() -> None:
    rules = [
        rule("10.0.0.0/8", environment="prod", datacenter="east"),
        rule("10.1.0.0/16", datacenter="west"),
        rule("10.1.2.0/24", environment="test"),
    ]
    addresses = ("10.0.0.1", "10.1.0.1", "10.1.2.3", "10.1.3.0", "10.2.0.0", "11.0.0.0", "9.255.255.255")
    assert classified(rules, "environment", *addresses) == ["prod", "prod", "test", "prod", "prod", None, None]
    assert classified(rules, "datacenter", *addresses) == ["east", "west", "west", "west", "east", None, None]


def test_address_spaces_and_versions_are_apart() -> None:
    rules = [rule("10.0.0.0/8", environment="prod"), rule("::/0", environment="six")]
    assert classified(rules, "environment", "10.0.0.1", "11.0.0.1", "2001:db8::1") == ["prod", None, "six"]
    assert classified(rules, "environment", "10.0.0.1", "2001:db8::1", space=2) == [None, None]


def test_without_rules_nothing_is_classified() -> None:
    assert classified([], "environment", "10.0.0.1") == [None]


@pytest.mark.parametrize("whole", ["0.0.0.0/0", "::/0"])
def test_a_rule_of_all_addresses_has_an_end_too(whole: str) -> None:
    network = ip_network(whole)
    first, last = str(network.network_address), str(network.broadcast_address)
    assert classified([rule(whole, environment="all")], "environment", first, last) == ["all", "all"]
    assert classified([rule(whole, environment="all")], "environment", last, space=2) == [None]


networks = st.builds(
    lambda value, prefix: ip_network((value, prefix), strict=False),
    st.integers(0, 2**32 - 1).map(lambda v: v & 0x0F0F_00FF),
    st.integers(0, 32),
)
attributes = st.dictionaries(st.sampled_from(["environment", "site"]), st.sampled_from("abc"), max_size=2)


@given(st.dictionaries(networks, attributes, max_size=30), st.lists(networks, min_size=1, max_size=20))
def test_it_agrees_with_looking_at_every_rule(said: dict[object, dict[str, str]], asked: list[object]) -> None:
    rules = [Rule(n, 1, network, of) for n, (network, of) in enumerate(said.items())]  # type: ignore[arg-type]
    addresses = [network.network_address for network in asked]  # type: ignore[attr-defined]
    for attribute in ("environment", "site"):
        expected = []
        for address in addresses:
            matching = [r for r in rules if address in r.network and attribute in r.attributes]
            best = max(matching, key=lambda r: r.network.prefixlen, default=None)
            expected.append(best.attributes[attribute] if best else None)
        assert classified(rules, attribute, *map(str, addresses)) == expected


def test_what_could_be_left_out_is_found() -> None:
    rules = [
        rule("10.0.0.0/23", environment="prod"),
        rule("10.0.0.0/24", environment="test"),
        rule("10.0.1.0/24", environment="stage"),
        rule("10.0.1.128/25", environment="stage", site="a"),
    ]
    named = {r.id: str(r.network) for r in rules}
    found = [(named[f.rule], f.attribute, f.kind) for f in findings(Classifier(rules))]
    assert found == [("10.0.0.0/23", "environment", "covered"), ("10.0.1.128/25", "environment", "repeated")]


def test_rules_that_matter_are_not_found() -> None:
    rules = [rule("10.0.0.0/8", environment="prod"), rule("10.0.0.0/24", environment="test")]
    assert findings(Classifier(rules)) == []


def test_attributes_are_the_known_ones_and_tags() -> None:
    assert check({"owner": " Ops ", "tag:backup": "daily"}) == {"owner": "Ops", "tag:backup": "daily"}
    for name in ("Owner", "tag:", "tag:A b", "id", ""):
        with pytest.raises(Invalid):
            check_name(name)
    for value in ("", "x" * 101, "a\nb"):
        with pytest.raises(Invalid):
            check({"owner": value})
