"""What routes are given: a live connection and an actor who may."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import access
from flowlens.services.database import Database
from flowlens.store.connection import Connection

from functions.api.settings import settings

_BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="An API token: `fl_…`")


@cache
def database() -> Database:
    """One connection per Lambda environment, which answers one request at a time."""
    return Database(settings().database_secret)


def connection() -> Connection:
    return database()()


Conn = Annotated[Connection, Depends(connection)]


@dataclass(frozen=True)
class Guard:
    """Lets in who bears a token with all of these permissions."""

    permissions: tuple[Permission, ...]

    def __call__(self, request: Request, conn: Conn, _scheme: Annotated[object, Security(_BEARER)]) -> Actor:
        actor = access.authenticate(conn, request.headers.get("authorization"))
        request.state.actor = actor
        actor.require(self.permissions)
        return actor


def may(*permissions: Permission) -> Any:  # what Depends gives, which FastAPI types as Any
    """Goes into the type of a route's actor; without a permission, any token will do."""
    return Depends(Guard(permissions))
