"""One life of a Lambda environment: the real aggregate handler, given batches until it is killed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from multiprocessing.connection import Connection as Pipe

from flowlens.store import ledger

from functions.stream import aggregate
from tests.lambdas import context, failed, kinesis


def serve(pipe: Pipe[list[int], list[bytes]], environment: Mapping[str, str], without_ledger: bool) -> None:
    os.environ.update(environment)
    if without_ledger:
        _forget()
    aggregate.database()()
    pipe.send([])
    while True:
        answer = aggregate.handler(kinesis(pipe.recv()), context())
        pipe.send(failed(answer))


def _forget() -> None:
    """The bug that the harness must find: nothing knows any more what was counted."""
    ledger.unseen = lambda conn, tenant, names: set(names)  # noqa: ARG005 (the names are part of its type)
    ledger.enter = lambda *_: None
