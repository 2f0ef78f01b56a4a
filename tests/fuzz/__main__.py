"""`make fuzz`: every target in turn, inputs of its own making and then what coverage leads to; or one finding again."""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from tests.fuzz.engine import BUILD, KEPT, ROOT, Run, corpus, replay, structured
from tests.fuzz.targets import FAMILY, target

_SOWN = 60  # inputs of the target's making that coverage begins with
_LONGEST = 16_384  # octets of an input
_ALL_KEPT = 300_000  # octets of the corpus in the repository


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    parser.add_argument("--only", choices=FAMILY.names())
    parser.add_argument("--replay", type=Path)
    parser.add_argument("--keep", action="store_true", help="minimise what was found into tests/data/fuzz")
    asked = parser.parse_args()
    if asked.replay:
        replay(asked.replay)
        print("it does not happen any more")  # noqa: T201
        return 0
    names = [asked.only] if asked.only else FAMILY.names()
    runs = [run for name in names for run in _both(name, asked.seed, asked.seconds / len(names) / 2)]
    if asked.keep:
        for name in names:
            _keep(name, _ALL_KEPT // len(FAMILY.names()))
    return int(any(run.findings for run in runs))


def _both(name: str, seed: int, seconds: float) -> list[Run]:
    runs = [structured(name, seed, seconds=seconds)]
    print(runs[0].line("by form", len(corpus(name))), flush=True)  # noqa: T201
    if importlib.util.find_spec("atheris") is None:
        print(f"{name:<10} coverage  not run: atheris has no wheel for this Python", flush=True)  # noqa: T201
        return runs
    runs.append(_guided(name, seconds))
    print(runs[1].line("coverage", len(corpus(name))), flush=True)  # noqa: T201
    return runs


def _sown(name: str) -> list[str]:
    """The corpus that grows, with inputs of the target's making in it when it is empty; and the repository's."""
    grown = BUILD / "corpus" / name
    grown.mkdir(parents=True, exist_ok=True)
    (KEPT / name).mkdir(parents=True, exist_ok=True)
    one, rng = target(name), Random(name)
    for at in range(0 if any(grown.iterdir()) else _SOWN):
        (grown / f"made-{at}").write_bytes(one.make(rng))
    return [str(grown), str(KEPT / name)]


def _guided(name: str, seconds: float) -> Run:
    artifacts = BUILD / "findings"
    artifacts.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={max(int(seconds), 1)}",
        f"-max_len={_LONGEST}",
        f"-artifact_prefix={artifacts}/{name}-",
    ]
    told = _atheris(name, [*options, *_sown(name)])
    run = Run(name)
    for count, used, worst in re.findall(r"^RUN (\d+) ([\d.e-]+) ([\d.e-]+)", told, re.MULTILINE):
        run.executions, run.seconds, run.worst = int(count), float(used), float(worst)
    for path, what in re.findall(r"^FINDING (\S+) (.*)", told, re.MULTILINE):
        run.findings.append(Path(path))
        print(f"{name}: {what}\n  replay: make fuzz REPLAY={path}")  # noqa: T201
    for path in re.findall(r"Test unit written to (\S+)", told):
        data = Path(path).read_bytes()
        run.findings.append(_crash(name, data, Path(path)))
    return run


def _crash(name: str, data: bytes, path: Path) -> Path:
    """What ended the whole process: libFuzzer keeps the bare input."""
    path.write_bytes(name.encode() + b"\n" + data)
    print(f"{name}: the process ended\n  replay: make fuzz REPLAY={path}")  # noqa: T201
    return path


def _atheris(name: str, options: list[str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", name, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return f"{done.stdout}\n{done.stderr}"


def _keep(name: str, most: int) -> None:
    """The smallest of the inputs that each reached what none before them did, as many as there is room for."""
    for old in (KEPT / name).iterdir():
        old.unlink()
    for path in sorted((BUILD / "corpus" / name).iterdir(), key=lambda one: one.stat().st_size):
        most -= path.stat().st_size
        if most >= 0:
            (KEPT / name / path.name[:16]).write_bytes(path.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
