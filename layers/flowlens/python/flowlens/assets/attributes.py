"""What can be said of an asset: the attributes everybody knows, and tags."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flowlens.model.errors import Invalid

# In the order in which people read them.
KNOWN: tuple[str, ...] = (
    "environment",
    "datacenter",
    "location",
    "site",
    "asset_type",
    "application",
    "owner",
    "team",
    "criticality",
    "country",
    "organisation",
)
MAX_ATTRIBUTES = 40  # of one rule or asset
MAX_VALUE = 100
_TAG = re.compile(r"tag:[a-z0-9][a-z0-9_.-]{0,62}")


def check_name(name: str) -> str:
    """The name, if it is one that can be asked for; Invalid says which are."""
    if name in KNOWN or _TAG.fullmatch(name):
        return name
    raise Invalid(f"{name[:80]!r} is no attribute: there are {', '.join(KNOWN)}, and tags such as tag:backup")


def check(attributes: Mapping[str, str]) -> dict[str, str]:
    """Attributes as they are kept; Invalid names the one that cannot be."""
    if len(attributes) > MAX_ATTRIBUTES:
        raise Invalid(f"at most {MAX_ATTRIBUTES} attributes can be set")
    return {check_name(name): _value(name, value) for name, value in attributes.items()}


def _value(name: str, value: str) -> str:
    value = value.strip()
    if not 1 <= len(value) <= MAX_VALUE or not value.isprintable():
        raise Invalid(f"{name}: a value has 1 to {MAX_VALUE} printable characters")
    return value
