"""Where the source is, for the tests that read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "layers/flowlens/python/flowlens"
ROOMS = (PACKAGE, ROOT / "functions", ROOT / "collector_vm", ROOT / "cdk")


def modules(*rooms: Path) -> Iterator[Path]:
    """Every Python file of the rooms (all of them when none is named)."""
    for room in rooms or ROOMS:
        yield from (p for p in sorted(room.rglob("*.py")) if "node_modules" not in p.parts and "cdk.out" not in p.parts)


def dotted(path: Path) -> str:
    """The name under which a module is imported."""
    base = PACKAGE.parent if path.is_relative_to(PACKAGE) else ROOT
    parts = path.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))
