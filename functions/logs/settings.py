"""What the manifest gives the functions that read log events."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """The same for both."""

    database_secret: str
    flows_stream: str
    log_buckets: str  # names with commas: the first is ours, and takes what cannot be read now
    log_tenant: UUID


@cache
def settings() -> Settings:
    return Settings()
