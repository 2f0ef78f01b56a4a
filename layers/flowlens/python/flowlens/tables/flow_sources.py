"""The table `flow-sources`: what operators decided about exporters, copied from the database for collectors to read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from uuid import UUID

from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

MAX_SOURCES = 65_536  # of one tenant that a collector reads


class FlowSource(Model):
    """One exporter of one tenant. `exporter` is an address as ipaddress writes it; `state` as in the database."""

    tenant = UnicodeAttribute(hash_key=True)
    exporter = UnicodeAttribute(range_key=True)
    state = UnicodeAttribute()
    name = UnicodeAttribute(default="")


@cache
def flow_sources(table: str) -> type[FlowSource]:
    """The model on the table of this name, which differs by deployment."""

    class Meta:
        table_name = table
        connect_timeout_seconds = 2
        read_timeout_seconds = 5
        max_retry_attempts = 1

    return type("FlowSource", (FlowSource,), {"Meta": Meta})


def states(table: str, tenant: UUID) -> dict[str, str]:
    """The state of every exporter of the tenant, by address."""
    rows = flow_sources(table).query(str(tenant), limit=MAX_SOURCES, attributes_to_get=["exporter", "state"])
    return {row.exporter: row.state for row in rows}


def correct(table: str, tenant: UUID, told: Mapping[str, str], decided: Mapping[str, str]) -> int:
    """Turns what was told into what is decided; says how many entries that changed."""
    model = flow_sources(table)
    changed = {exporter: state for exporter, state in decided.items() if told.get(exporter) != state}
    with model.batch_write() as batch:
        for exporter, state in changed.items():
            batch.save(model(str(tenant), exporter, state=state))
        for exporter in told.keys() - decided.keys():
            batch.delete(model(str(tenant), exporter))
    return len(changed) + len(told.keys() - decided.keys())
