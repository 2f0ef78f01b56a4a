"""The table `templates`: what exporters taught any collector, for the collector that takes another's place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

from pynamodb.attributes import BinaryAttribute, TTLAttribute, UnicodeAttribute
from pynamodb.models import Model

MAX_LESSONS = 4_160  # of one exporter that a collector reads: all templates and all domains it may have
MAX_OCTETS = 4 << 20  # of one exporter that a collector reads
_PAGE = 500


class Taught(Model):
    """One lesson of one exporter: a template, or the sampling of a domain.

    `source` is tenant#address, `subject` is version/domain/id. `lesson` opens with its form and a checksum.
    """

    source = UnicodeAttribute(hash_key=True)
    subject = UnicodeAttribute(range_key=True)
    lesson = BinaryAttribute(legacy_encoding=False)
    expires = TTLAttribute()


class Entry(NamedTuple):
    """A lesson to keep until then (s since 1970 UTC); without one, to be forgotten."""

    exporter: str
    subject: str
    lesson: bytes | None
    expires: int


@cache
def templates(table: str) -> type[Taught]:
    """The model on the table of this name, which differs by deployment."""

    class Meta:
        table_name = table
        connect_timeout_seconds = 2
        read_timeout_seconds = 5
        max_retry_attempts = 1

    return type("Taught", (Taught,), {"Meta": Meta})


def read(table: str, tenant: UUID, exporter: str) -> dict[str, bytes]:
    """What the exporter taught, by subject; no more than it may teach."""
    rows = templates(table).query(
        _source(tenant, exporter), limit=MAX_LESSONS, page_size=_PAGE, attributes_to_get=["subject", "lesson"]
    )
    found: dict[str, bytes] = {}
    octets = 0
    for row in rows:
        octets += len(row.lesson)
        if octets > MAX_OCTETS:
            break
        found[row.subject] = row.lesson
    return found


def write(table: str, tenant: UUID, entries: Iterable[Entry]) -> None:
    """Keeps and forgets, in calls of 25. An exporter's subject may come once."""
    model = templates(table)
    with model.batch_write() as batch:
        for entry in entries:
            key = (_source(tenant, entry.exporter), entry.subject)
            if entry.lesson is None:
                batch.delete(model(*key))
            else:
                batch.save(model(*key, lesson=entry.lesson, expires=datetime.fromtimestamp(entry.expires, UTC)))


def _source(tenant: UUID, exporter: str) -> str:
    return f"{tenant}#{exporter}"
