"""What routes are given: a live connection and an actor who may."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated, Any

import psycopg
from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.aws import secrets
from flowlens.services import access, health
from flowlens.store.connection import Connection, connect

from functions.api.settings import settings

_IDLE_SECONDS = 5.0
_BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="An API token: `fl_…`")


class Database:
    """One connection per Lambda environment, which answers one request at a time.

    An environment may sleep for hours: a connection that idled is asked for a sign of life, and replaced when it gives
    none. The secret is read again then, so that a rotated password is picked up.
    """

    def __init__(self) -> None:
        self._conn: Connection | None = None
        self._used = 0.0

    def __call__(self) -> Connection:
        conn = self._conn
        if conn is None or not self._alive(conn):
            self.close()
            conn = self._conn = connect(secrets.fetch(settings().database_secret))
        self._used = time.monotonic()
        return conn

    def _alive(self, conn: Connection) -> bool:
        if conn.closed:
            return False
        if time.monotonic() - self._used < _IDLE_SECONDS:
            return True
        try:
            health.ping(conn)
        except psycopg.OperationalError:
            return False
        return True

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None


database = Database()


def connection() -> Connection:
    return database()


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
