"""What grants come to: permissions, and where each of them holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flowlens.access.limits import UNLIMITED, AnyOf, Limit, View, simplified


@dataclass(frozen=True, slots=True)
class Rights:
    """Permissions; one that has no limits holds everywhere in the tenant."""

    permissions: frozenset[str] = frozenset()
    limits: Mapping[str, AnyOf] = field(default_factory=dict)

    def view(self, needed: Iterable[str]) -> View:
        """What may be seen by a request that needs all of these."""
        found = (self.limits.get(permission) for permission in sorted(set(needed)))
        return tuple(dict.fromkeys(limits for limits in found if limits)) or UNLIMITED

    def within(self, permissions: Iterable[str]) -> Rights:
        """No more than these: a token is never wider than its owner."""
        kept = self.permissions & frozenset(permissions)
        return Rights(kept, {name: limits for name, limits in self.limits.items() if name in kept})

    def reaches(self, permission: str, limit: Limit) -> bool:
        """Whether the permission is held wherever the limit is: then it may be handed on within it."""
        if permission not in self.permissions:
            return False
        return permission not in self.limits or any(limit.within(own) for own in self.limits[permission])

    def everywhere(self, permission: str) -> bool:
        return permission in self.permissions and permission not in self.limits


def of(grants: Iterable[tuple[Iterable[str], Limit]]) -> Rights:
    """The rights of somebody with these grants: of several that permit the same, one is enough."""
    where: dict[str, list[Limit]] = defaultdict(list)
    for permissions, limit in grants:
        for permission in permissions:
            where[permission].append(limit)
    limited = {permission: simplified(limits) for permission, limits in where.items()}
    return Rights(frozenset(where), {permission: limits for permission, limits in limited.items() if limits})


def unlimited(permissions: Iterable[str]) -> Rights:
    return Rights(frozenset(permissions))
