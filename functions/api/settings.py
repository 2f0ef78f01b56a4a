"""What the API's Lambda reads from its environment; cdk/manifest.py gives exactly this."""

from __future__ import annotations

from functools import cache

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """Names of things; the things hold the secrets."""

    database_secret: str
    flow_sources_table: str


@cache
def settings() -> Settings:
    return Settings()
