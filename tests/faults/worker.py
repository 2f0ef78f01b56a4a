"""One life of a Lambda environment: the real aggregate handler, given events until it is killed."""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from functions.stream import aggregate
from tests.faults.bugs import ACKNOWLEDGE_FIRST, BUGS
from tests.lambdas import context

_PR_SET_PTRACER, _ANYBODY = 0x59616D61, ctypes.c_ulong(-1)
_NOTHING_FAILED = b'{"batchItemFailures": []}'


@dataclass(frozen=True, slots=True)
class Answer:
    """What the handler said, and how much the process holds."""

    payload: bytes = _NOTHING_FAILED
    failed: bool = False
    files: int = 0
    resident: int = 0  # bytes


def begin() -> None:
    """Lets strace, which is no ancestor, attach to this process; and keeps it quiet, for it is one of thousands."""
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY, 0, 0, 0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def serve(pipe: Pipe[Answer, bytes], environment: Mapping[str, str], bug: str) -> None:
    begin()
    os.environ.update(environment)
    BUGS[bug]()
    aggregate.database()()
    pipe.send(Answer())
    while True:
        payload = pipe.recv()
        if bug == ACKNOWLEDGE_FIRST:
            pipe.send(Answer())
            _handle(payload)
        else:
            pipe.send(_handle(payload))


def _handle(payload: bytes) -> Answer:
    try:
        answer = aggregate.handler(json.loads(payload), context())
    except Exception as error:  # noqa: BLE001 (as Lambda does: whatever it is, the invocation failed)
        return Answer(f"{type(error).__name__}: {error}".encode(), failed=True)
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    files = sum(1 for _ in Path("/proc/self/fd").iterdir())
    return Answer(json.dumps(answer).encode(), files=files, resident=resident)
