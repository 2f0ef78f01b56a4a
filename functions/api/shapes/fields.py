"""The kinds of value that resources share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

_YEARS = (2000, 2100)  # far beyond what flows carry, far within what Postgres and NumPy hold


class In(BaseModel):
    """A body or the parameters of a request: an unknown name is an error, not a wish ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Out(BaseModel):
    """A body that we answer."""

    model_config = ConfigDict(from_attributes=True)


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


def _known_time(value: datetime) -> datetime:
    if not _YEARS[0] <= value.year < _YEARS[1]:
        raise ValueError(f"must lie between the years {_YEARS[0]} and {_YEARS[1]}")
    return value.astimezone(UTC)


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must not contain control characters")
    return value


def _text(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain NUL characters")
    return value


Time = Annotated[datetime, AfterValidator(_utc)]
Instant = Annotated[AwareDatetime, AfterValidator(_known_time), Field(examples=["2026-11-23T10:00:00Z"])]
Line = Annotated[str, AfterValidator(_printable)]
Text = Annotated[str, AfterValidator(_text)]
SmallId = Annotated[int, Field(ge=1, le=2**31 - 1)]
BigId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Search = Annotated[Line, Field(min_length=1, max_length=100)]
Query = Annotated[
    Line, Field(min_length=1, max_length=1000, examples=["env=production and port in (443, 8443) and not internal"])
]
Cursor = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]


class Paged(In):
    """One page of a list."""

    limit: int = Field(default=100, ge=1, le=1000, description="how many items a page holds at most")
    cursor: Cursor | None = Field(default=None, description="`next_cursor` of the page before")
