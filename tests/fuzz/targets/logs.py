"""Flow logs of clouds and captures of packets, as files of any kind that is read: told by their content."""

from __future__ import annotations

import gzip
import io
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from flowlens.flows import body
from flowlens.flows.reading import About, reader
from flowlens.flows.reading.tally import Tally
from flowlens.model.errors import Malformed

from tests.fuzz.bending import bent
from tests.fuzz.oracles import check_rows, demand
from tests.kernels import without_kernel

_LOGS = Path(__file__).parents[2] / "data" / "files"


@cache
def _written() -> list[bytes]:
    return [path.read_bytes()[:4_000] for path in sorted(_LOGS.glob("*/*.log"))]


def make(rng: Random) -> bytes:
    """A log from the tests' data with lines or words exchanged, bent, and perhaps packed."""
    data = rng.choice(_written())
    glue = rng.choice((b"\n", b" ", b",", b'"'))
    parts = data.split(glue)
    for _ in range(rng.randrange(4)):
        one, other = rng.randrange(len(parts)), rng.randrange(len(parts))
        parts[one] = rng.choice(
            (parts[other], b"", b"-", b"-1", b"99999999999999999999", b"\xff", b"{", b"[", b"1e308")
        )
    data = bent(rng, glue.join(parts))
    return bent(rng, gzip.compress(data, 1, mtime=0)) if rng.random() < 0.15 else data


def run(data: bytes) -> None:
    first, second = _read(data), _read(data)
    demand(first == second, "the same bytes gave other bodies or counts")
    with without_kernel():
        demand(_read(data) == first, "the kernel and NumPy read differently")


class _Read(NamedTuple):
    """Bodies with what else they say, counts, what could not be read with its examples, and why reading ended."""

    bodies: list[bytes]
    said: list[object]
    tally: Tally
    ended: str


def _read(data: bytes) -> _Read:
    stream, found = io.BytesIO(data), _Read([], [], Tally(), "")
    try:
        about = About()
        for one in reader(stream, about).read(stream, about, found.tally):
            check_rows(one.columns)
            demand(int(one.columns["exporter"].max(initial=0)) < len(one.exporters), "an exporter that is not listed")
            found.bodies.append(body.encode(one.columns, one.exporters))
            found.said.append((one.name, one.sightings))
    except Malformed as refused:
        demand(refused.reason.startswith("file_"), refused.reason)
        found = found._replace(ended=refused.reason)
    counts = [*found.tally.counts.values(), *found.tally.unreadable.values()]
    demand(min(counts, default=0) >= 0, "a count below 0")
    return found
