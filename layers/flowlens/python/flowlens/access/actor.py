"""Who is asking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flowlens.model.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Actor:
    """A bearer of a token: whose rows they see, the name in the audit log, and what they may do."""

    tenant: UUID
    name: str
    permissions: frozenset[str]

    def require(self, needed: Iterable[str]) -> None:
        """Forbidden names what is missing."""
        missing = sorted(set(needed) - self.permissions)
        if missing:
            raise Forbidden(f"this needs the permission {', '.join(missing)}")
