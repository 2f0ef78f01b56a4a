"""The API behind API Gateway."""

from __future__ import annotations

from mangum import Mangum

from functions.api.app import build
from functions.api.settings import Settings

__all__ = ["Settings", "handler"]

handler = Mangum(build(), lifespan="off")
