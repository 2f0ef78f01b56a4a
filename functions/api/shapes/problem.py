"""RFC 9457 problem documents."""

from __future__ import annotations

from pydantic import BaseModel, Field


class FieldError(BaseModel):
    """One value that cannot be used."""

    pointer: str = Field(
        description="JSON pointer: /body/name, /query/limit, /path/source_id", examples=["/query/limit"]
    )
    detail: str = Field(description="what to change", examples=["Input should be less than or equal to 1000"])
    at: int | None = Field(default=None, description="of a query: the character where the fault begins, from 0")
    end: int | None = Field(default=None, description="of a query: the first character after it")


class Problem(BaseModel):
    """What went wrong and what to change."""

    type: str = Field(description="a stable path that names the kind of problem", examples=["/problems/invalid"])
    title: str = Field(examples=["The request cannot be used"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["1 value cannot be used"])
    instance: str = Field(description="the path that was asked for", examples=["/api/v1/assets"])
    request_id: str = Field(
        description="quote it when you report the problem", examples=["c6af9ac6-7b61-11e6-9a41-93e8deadbeef"]
    )
    errors: list[FieldError] = Field(default_factory=list)
