"""The named queries of one .sql file, read when the first of them is asked for."""

from __future__ import annotations

import re
from functools import cached_property
from importlib.resources import files
from typing import LiteralString

_NAME = re.compile(r"^-- :name (\w+)\n", re.MULTILINE)


class Queries:
    """`Queries("assets").page` is the text under `-- :name page` in sql/queries/assets.sql."""

    def __init__(self, module: str) -> None:
        self._module = module

    def names(self) -> tuple[str, ...]:
        return tuple(self._texts)

    @cached_property
    def _texts(self) -> dict[str, LiteralString]:
        text = (files("flowlens.store") / "sql" / "queries" / f"{self._module}.sql").read_text("utf-8")
        _, *parts = _NAME.split(text)
        # Literal in the sense that matters: it comes from our own files, never from a user.
        return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}

    def __getattr__(self, name: str) -> LiteralString:
        found = None if name.startswith("_") else self._texts.get(name)
        if found is None:
            raise AttributeError(f"sql/queries/{self._module}.sql has no query {name!r}")
        return found


def modules() -> tuple[str, ...]:
    """Every module that has a file of queries."""
    folder = files("flowlens.store") / "sql" / "queries"
    return tuple(sorted(f.name.removesuffix(".sql") for f in folder.iterdir() if f.name.endswith(".sql")))
