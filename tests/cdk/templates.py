"""What a synthesis wrote, as the tests ask for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cdk.app import STACKS


@dataclass(frozen=True)
class Resource:
    """One resource of a template; `path` is its construct's, from its stack down."""

    stack: str
    name: str
    kind: str
    path: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class Templates:
    out: Path

    def text(self, stack: str) -> str:
        return (self.out / f"{stack}.template.json").read_text()

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        return tuple(self._read())

    def of(self, *kinds: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.kind in kinds]

    def one(self, kind: str, under: str = "") -> Resource:
        (found,) = (resource for resource in self.of(kind) if f"/{under}" in f"/{resource.path}")
        return found

    def functions(self) -> dict[str, dict[str, Any]]:
        """Ours, by handler."""
        found = (resource.properties for resource in self.of("AWS::Lambda::Function"))
        return {one["Handler"]: one for one in found if one["Handler"].startswith("functions.")}

    def _read(self) -> Iterator[Resource]:
        for stack in STACKS:
            for name, one in json.loads(self.text(stack))["Resources"].items():
                path = one.get("Metadata", {}).get("aws:cdk:path", "")
                yield Resource(stack, name, one["Type"], path, one.get("Properties", {}))


def flat(value: object) -> str:
    """A property with its intrinsic functions, as text that a name can be looked for in."""
    return json.dumps(value)
