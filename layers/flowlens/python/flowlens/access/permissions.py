"""What an actor may do, by name."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """`resource:action`; tokens keep these strings, so a name never changes its meaning."""

    TOPOLOGY_READ = "topology:read"
    ASSETS_READ = "assets:read"
    DEPENDENCIES_READ = "dependencies:read"
    SOURCES_READ = "sources:read"
    SOURCES_WRITE = "sources:write"
    OPERATIONS_READ = "operations:read"


ALL: tuple[str, ...] = tuple(sorted(Permission))
