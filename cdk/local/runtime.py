"""One Lambda worker: an `awslambdaric` process and the Runtime API it talks to, on a port of its own."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol

from cdk.local import processes
from cdk.local.peers import OnlyOurs

_ANSWER = re.compile(r"/2018-06-01/runtime/invocation/([^/]+)/(response|error)")
ACCOUNT, REGION = "123456789012", "us-east-1"


def arn(function: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an invocation came to; `failed` is Lambda's X-Amz-Function-Error."""

    payload: bytes
    failed: bool = False


def failure(kind: str, message: str) -> Outcome:
    return Outcome(json.dumps({"errorType": kind, "errorMessage": message}).encode(), failed=True)


@dataclass(slots=True, eq=False)
class Invocation:
    """A request on its way; `settle` may be called by several and only the first counts."""

    payload: bytes
    timeout: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    deadline: float = 0.0
    outcome: Outcome | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def settle(self, outcome: Outcome) -> None:
        if not self.done.is_set():
            self.outcome = outcome
            self.done.set()


class Queue(Protocol):
    """Where workers get their work."""

    def take(self, worker: Worker) -> Invocation | None: ...

    def give_back(self, invocation: Invocation) -> None: ...

    def lost(self, worker: Worker, outcome: Outcome) -> None: ...


class Worker:
    """A process that runs one invocation at a time. It is started once and never comes back."""

    def __init__(self, queue: Queue, *, function: str, handler: str, environment: Mapping[str, str], log: Path) -> None:
        self.function = function
        self.current: Invocation | None = None
        self.ready = False  # it has asked for work, so the handler's module is imported
        self.dead = False
        self._queue = queue
        self._init_error: Outcome | None = None
        self._server = _RuntimeServer(self)
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        address = f"127.0.0.1:{self._server.server_port}"
        self.process = processes.spawn(
            [sys.executable, "-m", "awslambdaric", handler],
            env={**environment, "AWS_LAMBDA_RUNTIME_API": address, "_HANDLER": handler},
            log=log,
        )
        threading.Thread(target=self._reap, daemon=True).start()

    def kill(self) -> None:
        self.process.kill()

    def next(self) -> Invocation | None:
        """The next piece of work, or None when there will be none (the process is gone)."""
        self.ready = True
        self.current = self._queue.take(self)
        if self.current is not None:
            self.current.deadline = time.time() + self.current.timeout
        return self.current

    def undelivered(self) -> None:
        invocation, self.current = self.current, None
        if invocation is not None:
            self._queue.give_back(invocation)

    def answer(self, request: str, outcome: Outcome) -> None:
        invocation = self.current
        if invocation is not None and invocation.id == request:
            self.current = None
            invocation.settle(outcome)

    def init_failed(self, outcome: Outcome) -> None:
        self._init_error = outcome

    def _reap(self) -> None:
        code = self.process.wait()
        words = f"exit status {code}" if code >= 0 else f"signal {-code}"
        exited = failure("Runtime.ExitError", f"Error: Runtime exited with error: {words}")
        self.dead = True
        invocation, self.current = self.current, None
        if invocation is not None:
            invocation.settle(self._init_error or exited)
        self._queue.lost(self, self._init_error or exited)
        self._server.shutdown()
        self._server.server_close()


class _RuntimeServer(OnlyOurs, ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        super().__init__(("127.0.0.1", 0), _RuntimeApi)

    def handle_error(self, request: object, client_address: object) -> None:
        """A worker that was killed breaks its connection; `_reap` tells the story."""


class _RuntimeApi(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _RuntimeServer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: one line per invocation says nothing."""

    def do_GET(self) -> None:
        worker = self.server.worker
        invocation = worker.next()
        if invocation is None:
            return self._send(410, b"{}")
        try:
            return self._send(200, invocation.payload, invocation)
        except OSError:
            return worker.undelivered()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        worker = self.server.worker
        if self.path == "/2018-06-01/runtime/init/error":
            worker.init_failed(Outcome(body, failed=True))
        elif answer := _ANSWER.fullmatch(self.path):
            worker.answer(answer[1], Outcome(body, failed=answer[2] == "error"))
        else:
            return self._send(404, b"{}")
        return self._send(202, b'{"status":"OK"}')

    def _send(self, status: int, body: bytes, invocation: Invocation | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if invocation is not None:
            self.send_header("Lambda-Runtime-Aws-Request-Id", invocation.id)
            self.send_header("Lambda-Runtime-Deadline-Ms", str(int(invocation.deadline * 1000)))
            self.send_header("Lambda-Runtime-Invoked-Function-Arn", arn(self.server.worker.function))
        self.end_headers()
        self.wfile.write(body)
