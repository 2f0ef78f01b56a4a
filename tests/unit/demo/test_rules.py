"""The demo's rules: every address of its estate has a place, and a type or an environment of its own."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_network

from cdk.local.demo.estate import ACQUIRED, build
from cdk.local.demo.rules import classify, rules
from cdk.local.demo.vpc import Shop


def decided(address: IPv4Address | IPv6Address, space: str | None) -> Mapping[str, str]:
    """By the longest network, attribute by attribute."""
    around = [rule for rule in rules() if rule.space == space and address in ip_network(rule.network)]
    found: dict[str, str] = {}
    for rule in sorted(around, key=lambda one: ip_network(one.network).prefixlen):
        found |= rule.attributes
    return found


def test_everything_that_is_ours_is_somewhere_and_something() -> None:
    own = [one for one in (*build(1).assets, *Shop(1).assets.values()) if one.site != "out"]
    said = {one.name: decided(one.address, ACQUIRED if one.site == "bor" else None) for one in own}
    assert {
        name for name, found in said.items() if not {"datacenter", "location", "environment"} <= found.keys()
    } == set()
    untyped = {name.split("-")[1] for name, found in said.items() if "asset_type" not in found}
    assert untyped == {"staging", "dev"}
    assert said["ams-db-01"] == {
        "datacenter": "Amsterdam",
        "location": "Europe",
        "environment": "production",
        "asset_type": "database",
    }
    assert (said["fra-dns-01"]["datacenter"], said["bor-dns-01"]["datacenter"]) == ("Frankfurt", "Borealis")
    assert said["ams-dev-01"]["environment"] == "development"
    assert said["vpc-nat-01"]["asset_type"] == "gateway"


class _Api:
    """Remembers what it is told."""

    def __init__(self, *, has_rules: bool) -> None:
        self.has_rules = has_rules
        self.told: list[object] = []

    def items(self, path: str) -> list[dict[str, object]]:
        rows: dict[str, list[dict[str, object]]] = {
            "/classification-rules": [{"id": 1}] if self.has_rules else [],
            "/address-spaces": [{"name": "Default", "id": 1}, {"name": ACQUIRED, "id": 2}],
        }
        return rows[path]

    def call(self, method: str, path: str, body: object = None, *, version: int | None = None) -> dict[str, object]:
        assert (method, path, version) == ("POST", "/classification-rules", None)
        self.told.append(body)
        return {}


def test_they_are_written_once_and_never_over_somebodys_own() -> None:
    fresh, used = _Api(has_rules=False), _Api(has_rules=True)
    assert classify(fresh) == len(fresh.told) == len(list(rules()))
    assert classify(used) == len(used.told) == 0
    spaces = [body.get("address_space_id") for body in fresh.told if isinstance(body, dict)]
    assert spaces.count(2) == 15
