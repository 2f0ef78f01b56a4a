"""What is built before synthesis: third-party packages for Lambda and for the collector, and the site."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LAMBDA_LIMIT = 250 * 1024 * 1024  # unzipped: the function with all its layers


class MissingPart(FileNotFoundError):
    """Something that `make layers` or the site's build makes is not there, or does not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Folders that become assets; the code itself is taken from the tree."""

    runtime: Path  # a layer: python/…
    collector: Path  # site-packages of the collector
    site: Path

    @classmethod
    def built(cls) -> Parts:
        """Those that make puts into the tree."""
        parts = cls(
            runtime=ROOT / ".build/layers/runtime", collector=ROOT / ".build/layers/collector", site=ROOT / "web/dist"
        )
        for folder, target in ((parts.runtime, "layers"), (parts.collector, "layers"), (parts.site, ".build/site")):
            if not folder.is_dir():
                raise MissingPart(f"{folder.relative_to(ROOT)} is not there: run `make {target}`")
        if (size := parts.lambda_size()) > LAMBDA_LIMIT:
            raise MissingPart(f"functions and layers are {size:,} bytes unzipped; Lambda takes {LAMBDA_LIMIT:,}")
        return parts

    def lambda_size(self) -> int:
        """Bytes of a function unzipped, with its layers."""
        folders = (self.runtime, ROOT / "layers/flowlens", ROOT / "functions")
        files = (file for folder in folders for file in folder.rglob("*") if "__pycache__" not in file.parts)
        return sum(file.stat().st_size for file in files if file.is_file())
