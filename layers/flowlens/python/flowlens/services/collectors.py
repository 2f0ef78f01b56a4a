"""Telling collectors what was decided about exporters, through the table that they read."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from uuid import UUID

from pynamodb.exceptions import PynamoDBException

from flowlens.tables.flow_sources import flow_sources


@dataclass(frozen=True, slots=True)
class Collectors:
    """The copy of the sources in DynamoDB. The database is the truth and was committed before: when the copy cannot be
    written now, the operations workflow copies it again within minutes."""

    table: str

    def put(self, tenant: UUID, exporter: str, *, state: str, name: str) -> None:
        row = flow_sources(self.table)(str(tenant), str(ip_address(exporter)), state=state, name=name)
        with suppress(PynamoDBException):
            row.save()

    def remove(self, tenant: UUID, exporter: str) -> None:
        with suppress(PynamoDBException):
            flow_sources(self.table)(str(tenant), str(ip_address(exporter))).delete()
