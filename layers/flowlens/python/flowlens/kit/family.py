"""Families: a folder in which the file name is the registered name."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


class UnknownMember(LookupError):
    """A name that no file of the family bears."""


class Family:
    """The members of one package, found by file name and imported on first use."""

    def __init__(self, package: str) -> None:
        self.package = package

    @cached_property
    def _names(self) -> tuple[str, ...]:
        path = import_module(self.package).__path__
        return tuple(sorted(m.name for m in iter_modules(path) if not m.name.startswith("_")))

    def names(self) -> tuple[str, ...]:
        return self._names

    def load(self, name: str) -> ModuleType:
        """The member's module; UnknownMember names those that exist."""
        if name not in self._names:
            raise UnknownMember(f"{self.package} has no {name!r}; it has {', '.join(self._names)}")
        return import_module(f"{self.package}.{name}")
