"""Where a right holds: address spaces, networks, sites and tags."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from flowlens.model.errors import Invalid

MAX_VALUES = 100  # of one kind in one limit
_KINDS = ("spaces", "networks", "sites", "tags")


@dataclass(frozen=True, slots=True)
class Limit:
    """An asset is within when it is in one of each kind that is named; one that names nothing holds everywhere."""

    spaces: tuple[int, ...] = ()
    networks: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()  # (attribute, value), such as ("tag:zone", "dmz")

    @property
    def everywhere(self) -> bool:
        return not (self.spaces or self.networks or self.sites or self.tags)

    def within(self, other: Limit) -> bool:
        """Whether nothing is in this one that is not in the other."""
        return (
            _part(self.spaces, other.spaces)
            and _part(self.sites, other.sites)
            and _part(self.tags, other.tags)
            and _part(self.networks and ["one"], other.networks and ["one"])
            and all(_covered(network, other.networks or (network,)) for network in self.networks)
        )

    def as_json(self) -> dict[str, object]:
        """What is kept, without what is not named."""
        named = {kind: getattr(self, kind) for kind in _KINDS}
        return {
            kind: [list(v) if isinstance(v, tuple) else v for v in values] for kind, values in named.items() if values
        }


def _part(narrow: Sequence[object], wide: Sequence[object]) -> bool:
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _covered(network: str, by: Sequence[str]) -> bool:
    inner = ip_network(network)
    outer = (ip_network(one) for one in by)
    return any(inner.version == o.version and inner.subnet_of(o) for o in outer)  # type: ignore[arg-type]


EVERYWHERE = Limit()
# Of several grants one is enough; of several permissions each must hold. So a view is all of (any of).
AnyOf = tuple[Limit, ...]
View = tuple[AnyOf, ...]
UNLIMITED: View = ()


def read(kept: Mapping[str, object]) -> Limit:
    """A limit as it was kept, or as it was sent; Invalid says what is no limit."""
    unknown = sorted(set(kept) - set(_KINDS))
    if unknown:
        raise Invalid(f"a limit names {', '.join(_KINDS)}, not {unknown[0][:80]!r}")
    lists = {kind: _listed(kind, kept.get(kind, [])) for kind in _KINDS}
    return Limit(
        tuple(sorted({_space(value) for value in lists["spaces"]})),
        tuple(sorted({_network(value) for value in lists["networks"]})),
        tuple(sorted({_text("sites", value) for value in lists["sites"]})),
        tuple(sorted({_tag(value) for value in lists["tags"]})),
    )


def simplified(limits: Iterable[Limit]) -> AnyOf:
    """Nothing when one of them holds everywhere."""
    found = tuple(dict.fromkeys(limits))
    return () if any(limit.everywhere for limit in found) else found


def written(view: View) -> str:
    """As store/connection.py sets it for a transaction: '' sees everything of the tenant."""
    limits = [{"clause": clause, **limit.as_json()} for clause, any_of in enumerate(view) for limit in any_of]
    return json.dumps({"clauses": len(view), "limits": limits}) if view else ""


def _listed(kind: str, values: object) -> Sequence[object]:
    if not isinstance(values, list | tuple) or len(values) > MAX_VALUES:
        raise Invalid(f"{kind}: a list of at most {MAX_VALUES}")
    return values


def _space(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
        raise Invalid("spaces: numbers of address spaces")
    return value


def _network(value: object) -> str:
    try:
        return str(ip_network(_text("networks", value)))
    except ValueError as error:
        raise Invalid(f"networks: {error}") from error


def _text(kind: str, value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 100 or not value.isprintable():
        raise Invalid(f"{kind}: 1 to 100 printable characters")
    return value


def _tag(value: object) -> tuple[str, str]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise Invalid("tags: pairs of an attribute and its value")
    name, said = (_text("tags", part) for part in value)
    if not name.startswith("tag:"):
        raise Invalid("tags: an attribute such as tag:zone, and its value")
    return name, said
