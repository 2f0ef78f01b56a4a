"""What the demo says of its networks: CIDR rules, so that its map can be grouped by place, environment and type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Protocol

from cdk.local.demo import vpc
from cdk.local.demo.estate import ACQUIRED, NETWORKS, TIERS

_PLACES = {
    "ams": ("Amsterdam", "Europe"),
    "fra": ("Frankfurt", "Europe"),
    "nyc": ("New York", "North America"),
    "bor": ("Borealis", "Europe"),
}
_TYPES = {
    "lb": "load balancer",
    "web": "web server",
    "app": "application server",
    "db": "database",
    "cache": "cache",
    "queue": "message queue",
    "dns": "name server",
    "ntp": "time server",
    "ldap": "directory",
    "mon": "monitoring",
    "backup": "backup",
    "user": "workstation",
    "api": "application server",
    "nat": "gateway",
}
_STAGES = {"staging": "staging", "dev": "development"}
_NOTE = "Written by flowlens demo"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a network's addresses have in common; `space` of None is the default address space."""

    network: str
    attributes: dict[str, str]
    space: str | None = None


def rules() -> Iterator[Rule]:
    """Each site's network, and within it each tier's; the wide ones first."""
    for site, (place, location) in _PLACES.items():
        space = ACQUIRED if site == "bor" else None
        said = {"datacenter": place, "location": location, "environment": "production"}
        yield Rule(f"10.{NETWORKS[site]}.0.0/16", said, space)
        for third, tier in enumerate(TIERS, 1):
            narrow = {"environment": _STAGES[tier]} if tier in _STAGES else {"asset_type": _TYPES[tier]}
            yield Rule(f"10.{NETWORKS[site]}.{third}.0/24", narrow, space)
    place, location = _PLACES["fra"]
    yield Rule("fd20::/64", {"datacenter": place, "location": location, "environment": "production"})
    yield Rule("fd20::3:0/112", {"asset_type": _TYPES["app"]})
    yield Rule("fd20::4:0/112", {"asset_type": _TYPES["db"]})
    yield Rule(
        "10.64.0.0/16", {"datacenter": "AWS us-east-1", "location": "North America", "environment": "production"}
    )
    for third, tier in enumerate(vpc.TIERS):
        yield Rule(f"10.64.{third}.0/24", {"asset_type": _TYPES[tier]})


class Told(Protocol):
    """What of the API is asked."""

    def items(self, path: str) -> list[dict[str, object]]: ...

    def call(self, method: str, path: str, body: object = None) -> dict[str, object]: ...


def classify(api: Told) -> int:
    """Writes them where nobody has written a rule yet; how many."""
    if api.items("/classification-rules"):
        return 0
    spaces = {str(space["name"]): space["id"] for space in api.items("/address-spaces")}
    wanted = list(rules())
    for rule in wanted:
        said = {"network": str(ip_network(rule.network)), "attributes": rule.attributes, "note": _NOTE}
        api.call(
            "POST", "/classification-rules", said | ({"address_space_id": spaces[rule.space]} if rule.space else {})
        )
    return len(wanted)
