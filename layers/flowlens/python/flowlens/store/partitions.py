"""Partitions: made ahead of the clock, never from what a packet says the time is; dropped whole when they are old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from psycopg import sql

from flowlens.store.connection import Connection
from flowlens.store.queries import Queries

_SQL = Queries("partitions")


@dataclass(frozen=True, slots=True)
class Partitioned:
    """A table split by time: `monthly` or daily, this many days made ahead and, for late records, behind."""

    table: str
    monthly: bool
    ahead: int
    behind: int

    def first_day(self, day: date) -> date:
        return day.replace(day=1) if self.monthly else day

    def next_day(self, day: date) -> date:
        return (day + timedelta(days=31)).replace(day=1) if self.monthly else day + timedelta(days=1)

    def name(self, day: date) -> str:
        return f"{self.table}_{day:%Y%m}" if self.monthly else f"{self.table}_{day:%Y%m%d}"

    def day(self, name: str) -> date:
        """The first day of the partition of this name."""
        digits = name.removeprefix(f"{self.table}_")
        return datetime.strptime(digits, "%Y%m" if self.monthly else "%Y%m%d").replace(tzinfo=UTC).date()


MINUTES = Partitioned("conversation_minutes", monthly=False, ahead=3, behind=3)
HOURS = Partitioned("conversation_hours", monthly=True, ahead=35, behind=3)


def existing(conn: Connection, kind: Partitioned) -> list[str]:
    return [str(name) for name, _ in conn.execute(_SQL.existing, {"table": kind.table})]


def ensure(conn: Connection, kind: Partitioned, today: date) -> int:
    """Makes the partitions from `behind` days ago to `ahead` days on; says how many were missing."""
    there = set(existing(conn, kind))
    made = 0
    day = kind.first_day(today - timedelta(days=kind.behind))
    while day <= today + timedelta(days=kind.ahead):
        if kind.name(day) not in there:
            _create(conn, kind, day)
            made += 1
        day = kind.next_day(day)
    return made


def _create(conn: Connection, kind: Partitioned, day: date) -> None:
    names = {"name": sql.Identifier(kind.name(day)), "table": sql.Identifier(kind.table)}
    bounds = {"lower": sql.Literal(f"{day} 00:00+00"), "upper": sql.Literal(f"{kind.next_day(day)} 00:00+00")}
    conn.execute(sql.SQL(_SQL.create).format(**names, **bounds))
    # Without a policy of its own a partition is reached through its table only, whose policy holds.
    conn.execute(sql.SQL(_SQL.protect).format(name=names["name"]))


def drop_before(conn: Connection, kind: Partitioned, oldest: date) -> list[str]:
    """Drops the partitions that end on or before `oldest`; says which."""
    old = [name for name in existing(conn, kind) if kind.next_day(kind.day(name)) <= oldest]
    for name in old:
        conn.execute(sql.SQL(_SQL.drop).format(name=sql.Identifier(name)))
    return old
