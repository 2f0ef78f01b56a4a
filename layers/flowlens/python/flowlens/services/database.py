"""The one connection of a process, kept while it is good."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from flowlens.aws import secrets
from flowlens.services import health
from flowlens.store.connection import Connection, connect

_IDLE_SECONDS = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0
Result = TypeVar("Result")


class Database:
    """Call it for the connection that the secret tells of.

    A Lambda environment may sleep for hours: a connection that idled is asked for a sign of life, and replaced when it
    gives none. The secret is read again then, so that a rotated password is picked up.
    """

    def __init__(self, secret_id: str) -> None:
        self._secret_id = secret_id
        self._conn: Connection | None = None
        self._used = 0.0

    def __call__(self) -> Connection:
        conn = self._conn
        if conn is None or not self._alive(conn):
            self.close()
            conn = self._conn = connect(secrets.fetch(self._secret_id))
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

    def patiently(self, work: Callable[[Connection], Result], more: Callable[[], bool]) -> Result:
        """What `work` gives, which must bear being begun again: while the database is away it waits, if there is time.

        Only a connection that was lost, or that nobody answers, is waited for; any other failure is the caller's.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                return work(self())
            except psycopg.OperationalError:
                if (self._conn is not None and not self._conn.closed) or not more():
                    raise
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None
