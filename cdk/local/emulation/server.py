"""`python -m cdk.local.emulation.server PORT`: the emulation on 127.0.0.1, for our own processes only."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from types import FrameType

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import ThreadedWSGIServer

from cdk.local.checkpoints import Checkpoints
from cdk.local.emulation import functions, keys, queues, streams, trust, workflows
from cdk.local.peers import OnlyOurs


class _Server(OnlyOurs, ThreadedWSGIServer):
    daemon_threads = True


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--lambdas", help="URL of the Lambda service that runs functions")
    parser.add_argument("--streams", type=Path, help="directory where streams are kept; default: memory only")
    parser.add_argument("--checkpoints", type=Path, help="file that says how far streams are processed")
    parser.add_argument("--keys", type=Path, help="directory where keys that sign are kept; default: memory only")
    parser.add_argument("--with", dest="patch", help="one more module of patches, by its dotted name")
    wishes = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    _patch(wishes)
    app = DomainDispatcherApplication(create_backend_app)
    server = _Server("127.0.0.1", wishes.port, app, handler=MotoRequestHandler)
    os.environ["MOTO_PORT"] = str(server.port)  # state machines call the emulation back
    server.serve_forever()


def _patch(wishes: argparse.Namespace) -> None:
    kept = None
    if wishes.streams:
        told = queues.Kept(wishes.streams / "queues")
        queues.install(told)
        kept = streams.Storage(wishes.streams, Checkpoints(wishes.checkpoints), told.first)
    streams.install(kept)
    if wishes.keys:
        keys.install(wishes.keys)
    trust.install()
    workflows.install()
    if wishes.lambdas:
        functions.install(wishes.lambdas)
    if wishes.patch:
        import_module(wishes.patch).install()


if __name__ == "__main__":
    main(sys.argv[1:])
