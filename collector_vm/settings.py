"""What whoever starts the collector may decide, from COLLECTOR_* in the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, IPvAnyAddress
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _listed(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Port = Annotated[int, Field(ge=1, le=65535)]
Ports = Annotated[tuple[Port, ...], NoDecode, BeforeValidator(_listed)]
Interfaces = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[^/\s]{1,15}$")], ...],
    NoDecode,
    BeforeValidator(_listed),
    Field(max_length=16),
]
Addresses = Annotated[tuple[IPvAnyAddress, ...], NoDecode, BeforeValidator(_listed), Field(min_length=1)]


class Settings(BaseSettings):
    """Sizes are bytes; a cap is for the whole collector and is shared out evenly among its spools."""

    model_config = SettingsConfigDict(env_prefix="COLLECTOR_")

    tenant: UUID
    stream: str
    sources_table: str
    templates_table: str = ""  # none: what exporters taught is kept beside the spool only
    unknown_exporters: Literal["accept", "hold"] = "accept"
    netflow_ports: Ports = (2055, 4739)
    sflow_ports: Ports = (6343,)
    bind: Addresses = ("0.0.0.0", "::")  # type: ignore[assignment]  # noqa: S104 (it is there to be sent to)
    health_port: Port = 8080
    spool: Path = Path("/var/lib/flowlens/spool")
    workers: Annotated[int, Field(ge=0, le=256)] = 0  # 0: one per core
    lanes: Annotated[int, Field(ge=1, le=64)] = 1  # spools per worker: each is one partition key, so one shard's worth
    spool_max_bytes: Annotated[int, Field(ge=1 << 20)] = 8 << 30
    spool_reserve_bytes: Annotated[int, Field(ge=0)] = 1 << 30  # left free for the rest of the machine
    flush_rows: Annotated[int, Field(ge=1, le=200_000)] = 50_000
    flush_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    report_seconds: Annotated[float, Field(gt=0, le=300)] = 10.0
    sources_seconds: Annotated[float, Field(gt=0, le=300)] = 10.0  # between reads of what operators decided
    drain_seconds: Annotated[float, Field(ge=0, le=600)] = 10.0
    linger_ms: Annotated[float, Field(ge=0, le=100)] = 5.0  # up to sixteen times, while little has come
    receive_buffer: Annotated[int, Field(ge=1 << 12)] = 64 << 20
    capture: Interfaces = ()  # whose packets become flows too; none: no packet is ever looked at
    capture_names: bool = True  # keep what DNS answers and TLS greetings say
    capture_promiscuous: bool = False  # also what is meant for other machines: of a mirror port
    capture_buffer: Annotated[int, Field(ge=1 << 21, le=1 << 30)] = 32 << 20  # octets, of each interface
    capture_seconds: Annotated[float, Field(gt=0, le=60)] = 5.0  # for which packets are gathered into flows
    datagrams_per_second: Annotated[int, Field(ge=0)] = 100_000  # of one exporter, with two seconds' burst; 0: any

    @property
    def processes(self) -> int:
        return self.workers or len(os.sched_getaffinity(0))

    @property
    def children(self) -> int:
        """Workers that listen, and the one that captures, which is the last."""
        return self.processes + bool(self.capture)

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys((*self.netflow_ports, *self.sflow_ports)))

    @property
    def bytes_per_spool(self) -> int:
        return self.spool_max_bytes // (self.children * self.lanes)
