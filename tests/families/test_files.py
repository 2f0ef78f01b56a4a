"""Every reader of flow logs has the shape of its family, and logs that it reads as written beside them."""

from __future__ import annotations

import inspect
import io
import json
import os
from pathlib import Path

import pytest
from flowlens.flows.reading import FILES, About
from flowlens.flows.reading.tally import Tally

from tests.families.rows import rows

CASES = Path(__file__).parents[1] / "data" / "files"
LOGS = sorted(CASES.glob("*/*.log"))


@pytest.mark.parametrize("name", FILES.names())
def test_a_reader_is_a_label_and_two_verbs(name: str) -> None:
    member = FILES.load(name)
    assert (member.__doc__ or "").strip()
    assert list(inspect.signature(member.read).parameters) == ["stream", "about", "tally"]
    assert list(inspect.signature(member.recognises).parameters) == ["first"]


@pytest.mark.parametrize("name", FILES.names())
def test_a_reader_has_logs(name: str) -> None:
    assert list((CASES / name).glob("*.log")), f"add tests/data/files/{name}/<case>.log"


@pytest.mark.parametrize(
    "path", [pytest.param(p, id=f"{p.parent.name}/{p.stem}") for p in sorted(CASES.glob("*/*.log"))]
)
def test_a_log_reads_as_written_beside_it(path: Path) -> None:
    found = read(path)
    written = path.with_suffix(".json")
    if os.environ.get("GOLDEN"):
        written.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(written.read_text())


def read(path: Path) -> dict[str, object]:
    member, tally = FILES.load(path.parent.name), Tally()
    data = path.read_bytes()
    assert member.recognises(data)
    flows = []
    for body in member.read(io.BytesIO(data), About(), tally):
        exporters = body.columns["exporter"]
        for row, exporter in zip(rows(body.columns), exporters, strict=True):
            row.pop("exporter", None)
            flows.append(row | {"from": body.exporters[exporter]})
    return {"flows": flows, "counts": tally.counts, "unreadable": tally.unreadable, "examples": tally.examples}
