"""Feeds whose logs FlowLens fetches: for each, a message to the function outside the network that goes there."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel

from flowlens.flows import feeding
from flowlens.model.errors import Malformed
from flowlens.services.operations import each_tenant
from flowlens.store import feeds as store
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.store.feeds import Due


class Errand(BaseModel):
    """What is known of a feed inside the network. Its secret is sealed."""

    tenant: UUID
    feed: int
    kind: str
    settings: dict[str, Any]
    secret: str  # base64, or empty
    external_id: UUID
    created_at: datetime

    @property
    def subject(self) -> str:
        """The feed in the table of visits."""
        return subject(self.tenant, self.feed)

    def sealed(self) -> bytes:
        return base64.b64decode(self.secret)


@dataclass(frozen=True, slots=True)
class Bound:
    """Whose secret, and for what it was given."""

    tenant: UUID
    feed: int
    kind: str
    settings: dict[str, Any]

    def __str__(self) -> str:
        return f"feed {self.tenant}/{self.feed} {self.kind}\n{feeding.bond(self.kind, self.settings)}"


def subject(tenant: UUID, feed: int) -> str:
    return f"{tenant}/{feed}"


def send(conn: Connection, tell: Callable[[str], None]) -> int:
    """A message for each active feed that is visited; says how many."""
    sent, kinds = 0, feeding.visited()
    for tenant in each_tenant(conn):
        with tenant_transaction(conn, tenant):
            due = store.due(conn, tenant, kinds)
        for one in due:
            tell(message(tenant, one))
            sent += 1
    return sent


def message(tenant: UUID, one: Due) -> str:
    secret = base64.b64encode(one.secret or b"").decode()
    return orjson.dumps({**asdict(one), "tenant": tenant, "secret": secret}).decode()


def read(text: str) -> Errand:
    """Malformed by `errand` when it is none."""
    try:
        return Errand.model_validate_json(text)
    except ValueError as error:
        raise Malformed("errand", "it is not as FlowLens sends it") from error
