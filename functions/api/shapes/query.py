"""Completion of queries."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from functions.api.shapes.fields import In, Line, Out


class QueryTyped(In):
    """A query as far as it is typed: spaces at its ends count."""

    model_config = ConfigDict(str_strip_whitespace=False)

    q: Annotated[Line, Field(max_length=1000, examples=["env=pro"])] = Field(default="", description="its text")
    at: int | None = Field(default=None, ge=0, le=1000, description="where the cursor stands; at the end if absent")


class Suggestion(Out):
    """What could be written."""

    text: str = Field(description="to be put in place of the characters from `at` to `end`")
    about: str = Field(description="what it is, in words; may be empty")
    at: int
    end: int


class QueryFault(Out):
    """What is wrong with the query as it stands."""

    said: str
    at: int
    end: int


class Completions(Out):
    """The best suggestion first; at most 12."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "suggestions": [{"text": "production", "about": "", "at": 4, "end": 7}],
                    "fault": {"said": "here a value is missing", "at": 4, "end": 4},
                }
            ]
        }
    )

    suggestions: list[Suggestion]
    fault: QueryFault | None = Field(description="null when it can be read")
