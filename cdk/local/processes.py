"""Starts child processes that cannot outlive us, each writing to a log of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cdk.local import tether

ROOT = Path(__file__).parents[2]  # what handlers, package and collector are imported from
LOG_LIMIT = 10 * 2**20

# The kernel ties a child to the thread that made it; this thread stays as long as the process does.
_spawner = ThreadPoolExecutor(1, thread_name_prefix="spawner")


def spawn(
    argv: Sequence[str], *, env: Mapping[str, str], log: Path, death: signal.Signals = signal.SIGKILL
) -> subprocess.Popen[bytes]:
    """Runs `argv` from the repository's root; `death` is what it gets when this process is gone."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return _spawner.submit(
            subprocess.Popen,
            tether.command(argv, death=death),
            env=dict(env),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C in the terminal is for the one that stops things in order
        ).result()


def stop(process: subprocess.Popen[bytes], *, seconds: float) -> None:
    """Asks it to end, and ends it if it has not after so many seconds."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def trim_logs(directory: Path, limit: int = LOG_LIMIT) -> None:
    """Keeps every log below its limit: what is too long becomes `<name>.1` and starts again.

    Children hold their log open for appending, so emptying the file under them is safe.
    """
    for log in directory.glob("*.log"):
        if log.stat().st_size > limit:
            with log.open("rb") as file:
                file.seek(-limit, os.SEEK_END)
                log.with_suffix(".log.1").write_bytes(file.read())
            os.truncate(log, 0)
