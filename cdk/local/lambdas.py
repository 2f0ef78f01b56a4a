"""The local Lambda service: functions with a bounded number of workers each, called directly or over the Invoke API."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from cdk.local.peers import OnlyOurs
from cdk.local.processes import ROOT
from cdk.local.runtime import Invocation, Outcome, Worker, failure

_INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
_EVENTS_WAITING = 1000  # Event invocations beyond this are refused, as a full queue must not eat the memory


class UnknownFunction(Exception):
    """No function of that name is served here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """What is needed to run a function; the environment is complete but for what Lambda itself sets."""

    name: str
    handler: str
    timeout: float
    environment: Mapping[str, str]
    memory: int = 512
    concurrency: int = 1
    warm: bool = False  # one worker stays; the others, as all of a function that is not warm, leave when idle
    idle_seconds: float = 30.0


class LocalFunction:
    """One function: its waiting invocations and its workers."""

    def __init__(self, spec: FunctionSpec, log: Path) -> None:
        self.spec = spec
        self._log = log
        self._change = threading.Condition()
        self._waiting: deque[Invocation] = deque()
        self._workers: list[Worker] = []
        self._closed = False

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def pids(self) -> list[int]:
        return [worker.process.pid for worker in self._workers]

    def warm(self) -> None:
        """Starts a worker ahead of the first invocation."""
        with self._change:
            self._grow(wanted=1)

    def invoke(self, payload: bytes) -> Outcome:
        """Waits for a worker at most as long as the function may run, then runs at most its timeout."""
        invocation = Invocation(payload, self.spec.timeout)
        with self._change:
            self._waiting.append(invocation)
            self._grow(wanted=len(self._waiting) + sum(worker.current is not None for worker in self._workers))
            self._change.notify_all()
        self._wait(invocation)
        return invocation.outcome or failure("Runtime.Unknown", "the invocation was lost")

    def close(self) -> None:
        with self._change:
            self._closed = True
            workers = list(self._workers)
            self._change.notify_all()
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.process.wait()

    # --- what workers ask of their queue

    def take(self, worker: Worker) -> Invocation | None:
        with self._change:
            while not self._closed and not worker.dead:
                if self._waiting:
                    return self._waiting.popleft()
                if not self._change.wait(self.spec.idle_seconds) and self._may_leave(worker):
                    self._workers.remove(worker)
                    worker.kill()
                    break
        return None

    def _may_leave(self, worker: Worker) -> bool:
        return not self._waiting and worker in self._workers and len(self._workers) > self.spec.warm

    def give_back(self, invocation: Invocation) -> None:
        with self._change:
            self._waiting.appendleft(invocation)
            self._grow(wanted=1)
            self._change.notify_all()

    def lost(self, worker: Worker, outcome: Outcome) -> None:
        """A worker died. One that never became ready would die again, so whoever waits for it is told."""
        with self._change:
            if worker in self._workers:
                self._workers.remove(worker)
            if not worker.ready and not self._workers:
                while self._waiting:
                    self._waiting.popleft().settle(outcome)
            elif self._waiting:
                self._grow(wanted=len(self._waiting))
            self._change.notify_all()

    # ---

    def _grow(self, *, wanted: int) -> None:
        spec = self.spec
        while not self._closed and len(self._workers) < min(wanted, spec.concurrency):
            environment = self._environment()
            self._workers.append(
                Worker(self, function=spec.name, handler=spec.handler, environment=environment, log=self._log)
            )

    def _wait(self, invocation: Invocation) -> None:
        patience = time.monotonic() + 2 * self.spec.timeout  # for a worker and its imports, then for the answer
        while not invocation.done.wait(0.05 if invocation.deadline else 0.2):
            if invocation.deadline and time.time() > invocation.deadline:
                return self._time_out(invocation)
            if time.monotonic() > patience:
                return self._give_up(invocation)
        return None

    def _time_out(self, invocation: Invocation) -> None:
        seconds = f"{self.spec.timeout:.2f} seconds"
        invocation.settle(
            failure("Sandbox.Timedout", f"RequestId: {invocation.id} Error: Task timed out after {seconds}")
        )
        for worker in list(self._workers):
            if worker.current is invocation:
                worker.kill()

    def _give_up(self, invocation: Invocation) -> None:
        with self._change:
            if invocation in self._waiting:
                self._waiting.remove(invocation)
        invocation.settle(failure("TooManyRequestsException", "Rate Exceeded."))

    def _environment(self) -> dict[str, str]:
        spec = self.spec
        return {
            **spec.environment,
            "PYTHONPATH": str(ROOT),
            "LAMBDA_TASK_ROOT": str(ROOT),
            "AWS_LAMBDA_FUNCTION_NAME": spec.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        }


class LambdaService:
    """All functions, and Lambda's Invoke API for the emulation and whoever uses an AWS SDK through it."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._functions: dict[str, LocalFunction] = {}
        self._events = threading.Semaphore(_EVENTS_WAITING)
        self._server = _InvokeServer(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def add(self, spec: FunctionSpec) -> LocalFunction:
        self._functions[spec.name] = LocalFunction(spec, self._logs / f"{spec.name}.log")
        return self._functions[spec.name]

    def function(self, name: str) -> LocalFunction:
        """By name or ARN, with or without a qualifier."""
        short = name.split(":function:")[-1].split(":")[0]
        if short not in self._functions:
            raise UnknownFunction(short)
        return self._functions[short]

    def invoke(self, name: str, payload: bytes) -> Outcome:
        return self.function(name).invoke(payload)

    def invoke_later(self, name: str, payload: bytes) -> bool:
        """An Event invocation: False when too many wait already."""
        function = self.function(name)
        if not self._events.acquire(blocking=False):
            return False

        def run() -> None:
            try:
                function.invoke(payload)
            finally:
                self._events.release()

        threading.Thread(target=run, daemon=True).start()
        return True

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        for function in self._functions.values():
            function.close()


class _InvokeServer(OnlyOurs, ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, service: LambdaService) -> None:
        self.service = service
        super().__init__(("127.0.0.1", 0), _InvokeApi)


class _InvokeApi(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _InvokeServer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the functions log what they do."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}"
        path = _INVOKE.match(self.path)
        if path is None:
            return self._send(404, b"{}")
        try:
            return self._invoke(unquote(path[1]), body)
        except UnknownFunction as unknown:
            message = f'{{"Message":"Function not found: {unknown}"}}'.encode()
            return self._send(404, message, {"x-amzn-ErrorType": "ResourceNotFoundException"})

    def _invoke(self, name: str, body: bytes) -> None:
        service = self.server.service
        if self.headers.get("X-Amz-Invocation-Type") == "Event":
            return self._send(202 if service.invoke_later(name, body) else 429, b"")
        outcome = service.invoke(name, body)
        failed = {"X-Amz-Function-Error": "Unhandled"} if outcome.failed else {}
        return self._send(200, outcome.payload, {"X-Amz-Executed-Version": "$LATEST", **failed})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
