"""`flowlens import`: flow logs of files onto the stream of the FlowLens that runs here."""

from __future__ import annotations

import hashlib
import io
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from flowlens.aws.stream import Stream
from flowlens.flows.files.aws_vpc import fields_of
from flowlens.flows.reading import About
from flowlens.flows.reading.tally import Tally
from flowlens.kit import memory
from flowlens.model.errors import Invalid, Malformed, NotFound
from flowlens.services.files import Log, Shipped, ship

from cdk import manifest
from cdk.local import aws
from cdk.local.home import Home
from cdk.local.progress import bar

_PATIENCE = 120.0  # seconds that a full stream may take to make room
_DIGEST = 1 << 20
_LIVES = 3_600  # seconds for which a flow shows that its dependency lives
_LEFT_OUT = {
    "rejected": "rejected or dropped: shown as attempts, no dependencies",
    "begun": "begun, with nothing carried yet",
    "not_ip": "packets of other protocols than IP",
    "lost": "lost on the way: attempts, no dependencies",
    "nodata": "intervals without traffic (NODATA)",
    "skipdata": "intervals that AWS skipped (SKIPDATA)",
}
_REASONS = {
    "fields": "another number of fields than the header names",
    "number": "no number where one belongs",
    "range": "a number that cannot be",
    "address": "no address, or two of different kinds",
    "missing": "a field that a flow needs is empty",
    "action": "neither ACCEPT nor REJECT",
    "json": "no JSON",
    "shape": "JSON of another shape than this log has",
    "protocol": "neither T nor U",
    "time": "no time, or one that cannot be",
    "damaged": "the capture ends within a packet",
    "block": "a block that holds no packet although it should",
}


class _Watched(io.FileIO):
    """A file that says how far it was read."""

    def __init__(self, path: Path, advance: Callable[[float], None]) -> None:
        super().__init__(path)
        self._advance = advance

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(-1 if size is None else size) or b""
        self._advance(len(data))
        return data


def run(files: Sequence[Path], *, home: Home, fields: str | None) -> int:
    """The exit status: 2 when a file was refused; the others are counted all the same."""
    told = home.running()
    if not told or not home.held():
        raise NotFound(f"no FlowLens runs with {home.path}: start one with `flowlens up`")
    memory.keep_freed()
    about = About(fields=fields_of(fields), format="aws_vpc") if fields else About()
    stream = Stream(manifest.STREAMS[0].name, aws.client("kinesis", str(told["aws_endpoint"])))
    total, refused = Shipped(), 0
    for file in files:
        try:
            total.add(_ship(file, about, stream))
        except Malformed as problem:
            refused += 1
            _say(f"refused   {file}: {problem}")
    for line in summary(total, len(files) - refused):
        _say(line)
    if total.latest and time.time() - total.latest / 1000 > _LIVES:
        when = datetime.fromtimestamp(total.latest / 1000, UTC)
        _say(f"note      the newest flow ended {when:%Y-%m-%d %H:%M} UTC, and the map shows what lives now")
    _say(f"open      {told['url']}/#token={home.read_token() or ''}")
    return 2 if refused else 0


def _ship(file: Path, about: About, stream: Stream) -> Shipped:
    if not file.is_file():
        raise Invalid(f"{file} is not a file")
    tenant = UUID(manifest.TENANT)
    name = f"file:{_digest(file)}"
    with bar(file.name, total=file.stat().st_size) as advance, _Watched(file, advance) as content:
        return ship(Log(content, name, about), stream, tenant=tenant, patience=_PATIENCE)


def _digest(file: Path) -> str:
    """The name of a content: a file that comes again, under whatever name, counts once."""
    digest = hashlib.blake2b(digest_size=16)
    with file.open("rb") as content:
        while piece := content.read(_DIGEST):
            digest.update(piece)
    return digest.hexdigest()


def summary(total: Shipped, files: int) -> Iterator[str]:
    """What was read, left out and could not be read, and why."""
    tally: Tally = total.tally
    yield f"read      {tally.counts['lines']:,} lines of {'1 file' if files == 1 else f'{files:,} files'}"
    left: Counter[str] = Counter({name: tally.counts[name] for name in _LEFT_OUT})
    for name, count in sorted((+left).items()):
        yield f"left out  {count:,} {_LEFT_OUT[name]} ({name})"
    for reason, count in sorted(tally.unreadable.items()):
        yield f"not read  {count:,} lines: {_REASONS[reason]} ({reason})"
        yield from (f"            {line!r}" for line in tally.examples[reason])
    yield f"imported  {total.flows:,} flows in {total.records:,} records"


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201
