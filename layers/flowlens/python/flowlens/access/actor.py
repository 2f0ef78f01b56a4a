"""Who is asking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from flowlens.access.factors import Factor
from flowlens.access.limits import UNLIMITED, View, written
from flowlens.access.rights import Rights
from flowlens.model.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose rows they see, the name in the audit log, and what they may do.

    `principal` says by which credential they came: `token:7`, `user:<id>`. `user` is the person behind it, when there
    is one. `session` is theirs when they are signed in.
    `view` is what the present request may see; it is chosen by `asking`, before any row is read.
    """

    tenant: UUID
    name: str
    permissions: frozenset[str]
    principal: str = ""
    user: UUID | None = None
    rights: Rights = field(default_factory=Rights)
    view: View = UNLIMITED
    session: UUID | None = None
    proven: datetime | None = None  # when they last showed who they are
    provider: UUID | None = None  # the identity provider that vouched for the session: it counts in its tenant only
    factor: Factor = Factor.NONE

    def signed_in(self) -> tuple[UUID, UUID]:
        """The person and their session; Forbidden for a token."""
        if self.user is None or self.session is None:
            raise Forbidden("this is for people who are signed in, not for tokens")
        return self.user, self.session

    @property
    def limits(self) -> str:
        """The view, as a transaction is told of it."""
        return written(self.view)

    def require(self, needed: Iterable[str]) -> None:
        """Forbidden names what is missing."""
        missing = sorted(set(needed) - self.permissions)
        if missing:
            raise Forbidden(f"this needs the permission {', '.join(missing)}")

    def asking(self, needed: Iterable[str]) -> Actor:
        """The actor of a request that needs all of these, seeing what they may see with each; or Forbidden."""
        needed = tuple(needed)
        self.require(needed)
        return replace(self, view=self.rights.view(needed))
