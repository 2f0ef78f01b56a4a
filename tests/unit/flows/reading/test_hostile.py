"""Files that lie are refused by name, in bounded memory."""

from __future__ import annotations

import gzip
import io
import resource
import zlib

import pytest
from flowlens.flows.body import encode
from flowlens.flows.files import aws_vpc
from flowlens.flows.reading import About, blocks
from flowlens.flows.reading.tally import Tally
from flowlens.model.errors import Malformed

HEADER = b"srcaddr dstaddr srcport dstport protocol packets bytes start end action\n"
LINE = b"10.0.0.1 10.0.0.2 50000 443 6 1 60 1660000000 1660000060 ACCEPT\n"


def read(data: bytes, *, fields: str = "") -> tuple[int, Tally]:
    tally = Tally()
    about = About(fields=aws_vpc.fields_of(fields))
    return sum(body.columns.rows for body in aws_vpc.read(io.BytesIO(data), about, tally)), tally


def bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([packer.compress(HEADER), *(packer.compress(LINE * 16_384) for _ in range(200)), packer.flush()])


class Endless(io.RawIOBase):
    """A line that never ends, and says how much of it was read."""

    octets = 0

    def read(self, size: int = -1) -> bytes:
        self.octets += size
        return HEADER + b"x" * (size - len(HEADER)) if self.octets == size else b"x" * size

    def seek(self, offset: int, whence: int = 0) -> int:
        self.octets = 0
        return offset + whence


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "file_empty", id="nothing"),
        pytest.param(gzip.compress(HEADER + LINE)[:-9], "file_gzip", id="a gzip that ends too early"),
        pytest.param(b"\x1f\x8b\x08\0garbage", "file_gzip", id="a gzip that is none"),
        pytest.param((HEADER + LINE).decode().encode("utf-16"), "file_encoding", id="UTF-16"),
        pytest.param(LINE, "file_header", id="no header"),
        pytest.param(HEADER.replace(b" action", b""), "file_header", id="no action"),
        pytest.param(HEADER.replace(b"srcaddr ", b""), "file_header", id="no source"),
        pytest.param(HEADER.replace(b"srcport", b"dstport"), "file_header", id="a field twice"),
        pytest.param(b"PAR1" + bytes(100) + b"PAR1", "file_parquet", id="Parquet that is none"),
    ],
)
def test_a_file_that_is_no_log_is_refused_by_name(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(data)
    assert refused.value.reason == reason


def test_a_gzip_bomb_is_refused_in_bounded_memory() -> None:
    packed = bomb()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Malformed, match="file_bomb"):
        read(packed)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10


def test_a_line_without_end_is_refused_after_a_block() -> None:
    stream = Endless()
    with pytest.raises(Malformed, match="file_line"):
        list(aws_vpc.read(stream, About(), Tally()))  # type: ignore[arg-type]
    assert stream.octets <= 2 * blocks.BLOCK


def test_several_gzip_members_and_windows_line_ends_are_read() -> None:
    data = gzip.compress(HEADER) + gzip.compress(LINE.replace(b"\n", b"\r\n") * 3) + gzip.compress(LINE) + bytes(512)
    assert read(data)[0] == 4


def test_text_without_a_header_is_read_by_the_stored_format() -> None:
    stored = "${dstaddr} ${srcaddr} ${srcport} ${dstport} ${protocol} ${end} ${action}"
    rows, tally = read(b"10.0.0.2 10.0.0.1 50000 443 6 1660000060 ACCEPT\n", fields=stored)
    assert (rows, tally.unreadable) == (1, {})


def test_of_unreadable_lines_all_are_counted_and_three_are_kept() -> None:
    rows, tally = read(HEADER + LINE + b"who knows\n" * 1_000)
    assert (rows, tally.unreadable["fields"], tally.examples["fields"]) == (1, 1_000, ["who knows"] * 3)


def test_the_same_log_gives_the_same_bodies_however_it_arrives() -> None:
    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 1, 1_000))

    data = HEADER + LINE * (2 * blocks.BLOCK // len(LINE))
    parts = [
        [encode(body.columns, body.exporters) for body in aws_vpc.read(stream, About(), Tally())]
        for stream in (io.BytesIO(data), Dribble(data), io.BytesIO(gzip.compress(data)))
    ]
    assert parts[0] == parts[1] == parts[2]
    assert len(parts[0]) == 3
