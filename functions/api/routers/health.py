"""Health, for load balancers and people who have no token yet."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from flowlens.services import health as service

from functions.api.deps import Conn
from functions.api.shapes.house import Health
from functions.api.version import VERSION

router = APIRouter(prefix="/health", tags=["Operations"])


@router.get("", response_model=Health)
def read_health(conn: Conn) -> object:
    """Whether the database is reachable and new enough, and how old the newest data is. Needs no token."""
    state = service.read(conn, datetime.now(UTC))
    return {
        "status": "ok" if state.schema_version >= state.schema_expected else "behind",
        "version": VERSION,
        "schema_version": state.schema_version,
        "schema_expected": state.schema_expected,
        "newest_data": state.newest_data,
        "newest_data_age_seconds": state.age_seconds,
    }
