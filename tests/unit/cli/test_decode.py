"""`flowlens decode`: the totals of every recording in every format, and one line for whatever is wrong."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from arro3.io import read_parquet

from cdk.local.cli import main
from cdk.local.decode import Reading, summary
from cdk.local.pcap import read
from tests.recordings import EXPORTS, TOTALS, Totals, payloads
from tests.unit.cli import captures as make


def recording(name: str) -> Path:
    return EXPORTS / f"{name}.pcap.gz"


def line(totals: Totals) -> str:
    flows, octets, packets, four, six = totals
    return f"{flows:,} flows, {octets:,} octets, {packets:,} packets, {four:,} IPv4, {six:,} IPv6"


@pytest.mark.parametrize("name", TOTALS)
def test_the_summary_of_a_recording_has_the_totals_of_an_independent_decoder(name: str) -> None:
    reading = Reading(read(recording(name)))
    assert sum(flows.columns.rows for flows in reading) == TOTALS[name].flows
    assert reading.totals() == line(TOTALS[name])
    told = "\n".join(summary(reading))
    assert line(TOTALS[name]) in told
    assert "malformed" not in told
    assert "template_missing" not in told


Row = dict[str, object]


def _csv(path: Path) -> Iterator[Row]:
    with path.open(newline="") as file:
        yield from ({k: v or None for k, v in row.items()} for row in csv.DictReader(file))


def _jsonl(path: Path) -> Iterator[Row]:
    return (json.loads(text) for text in path.read_text().splitlines())


def _parquet(path: Path) -> Iterator[Row]:
    table = read_parquet(path).read_all()
    columns = [table[name].to_pylist() for name in table.column_names]
    return (dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True))


def _sums(rows: list[Row]) -> Totals:
    four = sum("." in str(row["source"]) for row in rows)
    return Totals(
        len(rows),
        sum(int(str(row["octets"])) for row in rows),
        sum(int(str(row["packets"])) for row in rows),
        four,
        len(rows) - four,
    )


@pytest.mark.parametrize(("shape", "reader"), [("csv", _csv), ("jsonl", _jsonl), ("parquet", _parquet)])
@pytest.mark.parametrize("name", ["softflowd_ipfix_bi", "pmacctd_ipfix_varlen"])
def test_the_rows_of_every_format_add_up_to_the_same_totals(
    tmp_path: Path, name: str, shape: str, reader: object
) -> None:
    out = tmp_path / "rows"
    assert main(["decode", str(recording(name)), "--format", shape, "--output", str(out)]) == 0
    assert callable(reader)
    assert _sums(list(reader(out))) == TOTALS[name]
    assert [f.name for f in tmp_path.iterdir()] == ["rows"]


def test_rows_are_json_lines_unless_somebody_looks(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["decode", str(recording("softflowd_ipfix_bi"))]) == 0
    out, err = capsysbinary.readouterr()
    first = json.loads(out.splitlines()[0])
    assert (first["exporter"], first["format"]) == ("127.0.0.1", "ipfix")
    assert first["start"].endswith("Z")
    assert line(TOTALS["softflowd_ipfix_bi"]).encode() in err


def test_the_table_has_a_line_for_every_flow(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["decode", str(recording("softflowd_ipfix_bi")), "-f", "table"]) == 0
    lines = capsysbinary.readouterr().out.splitlines()
    assert lines[0].split()[:3] == [b"start", b"secs", b"exporter"]
    assert len(lines) == TOTALS["softflowd_ipfix_bi"].flows + 1


def test_exporters_are_told_apart_and_other_ports_left_out(tmp_path: Path) -> None:
    export = payloads("softflowd_v5")[0][1]
    frames = [make.udp(export, source=f"192.0.2.{n}", port=9000 + n) for n in (1, 2, 2)]
    capture = make.saved(tmp_path / "capture", make.pcap(frames, link=101))
    reading = Reading(read(capture), port=9002)
    assert {e for flows in reading for e in flows.exporters} == {"192.0.2.2"}
    assert reading.capture.skipped["other_port"] == 1
    assert reading.flows == 2 * export[3]


def test_what_cannot_be_read_is_counted_by_exporter_and_reason(tmp_path: Path) -> None:
    export = bytearray(payloads("softflowd_v5")[0][1])
    frames = [make.udp(bytes(export)), make.udp(bytes(export[:-1])), make.udp(b"\0\x63 not ours")]
    reading = Reading(read(make.saved(tmp_path / "capture", make.pcap(frames, link=101))))
    assert sum(flows.columns.rows for flows in reading) == export[3]
    told = "\n".join(summary(reading))
    assert {"malformed": 1, "malformed.count": 1, "unknown_version": 1}.items() <= reading.state.counters(0).items()
    assert "of them for count" in told
    assert "datagrams of a version that no decoder knows" in told


def _complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(list(arguments))
    err = capsys.readouterr().err
    complaints = [text for text in err.splitlines() if text.startswith("flowlens: ")]
    assert len(complaints) == 1
    assert err.endswith(complaints[0] + "\n")
    assert "Traceback" not in err
    return code, complaints[0]


def test_bad_input_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = make.saved(tmp_path / "notes.txt", b"not a capture")
    cut = make.saved(tmp_path / "cut.pcap", make.pcap([make.udp(payloads("softflowd_v5")[0][1])], link=101)[:-5])
    none = make.saved(tmp_path / "none.pcap", make.pcap([make.udp(b"\0\0dns")], link=101))
    good = str(recording("softflowd_ipfix_bi"))
    for arguments, words in {
        ("decode", str(text)): "not a pcap",
        ("decode", str(tmp_path / "missing")): "no such file",
        ("decode", str(tmp_path)): "is a directory",
        ("decode", str(cut)): "ends inside a packet",
        ("decode", str(none)): "holds no NetFlow",
        ("decode", good, "--format", "xml"): "is not one of",
        ("decode", good, "--port", "70000"): "--port",
        ("decode", good, "--output", str(tmp_path / "no" / "where")): "no such file",
        ("decode",): "'file'",
        ("replay", good, "--to", "nowhere"): "is not HOST:PORT",
        ("replay", good, "--to", "127.0.0.1:9", "--rate", "5", "--as-fast-as-possible"): "choose one of",
        ("replay", str(none), "--to", "127.0.0.1:9"): "holds no NetFlow",
        ("decode", str(cut), "--output", str(cut)): "would replace",
        ("dekode", good): "dekode",
    }.items():
        code, complaint = _complaint(capsys, *arguments)
        assert (code, words in complaint) == (2, True), complaint


@pytest.mark.parametrize("shape", ["csv", "parquet"])
def test_a_full_disk_is_one_line(shape: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("decode", str(recording("softflowd_ipfix_bi")), "-f", shape, "-o", "/dev/full")
    assert _complaint(capsys, *arguments) == (2, "flowlens: no space left on device")


@pytest.mark.parametrize("shape", ["csv", "jsonl", "parquet"])
def test_a_reader_that_has_seen_enough_is_no_error(shape: str) -> None:
    command = [sys.executable, "-m", "cdk.local.cli", "decode", str(recording("softflowd_v5")), "-f", shape]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(4)
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
        assert (process.wait(), err) == (141, b"")


def test_ctrl_c_is_no_traceback() -> None:
    # A job in a shell's background inherits SIGINT ignored, and then Python does not listen to it either.
    listening = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    run = listening + "from cdk.local.cli import main; sys.exit(main(['decode', '-']))"
    command = [sys.executable, "-c", run]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        # More than a pipe holds, so that it comes back only when somebody is reading.
        process.stdin.write(make.pcap([make.udp(bytes(1_000))] * 300, link=101))
        process.stdin.flush()
        assert process.stderr is not None
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()
        assert (process.wait(), err) == (130, b"")
