"""A TLS server before an emulator, which does what the emulator does not: it signs people in, checks them and tires."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2

from tests import provider

_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "content-encoding", "date", "server"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. Headers are in lower case."""

    method: str
    path: str  # with the query
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Front:
    """`planned` are answers that are given instead, each once, to the first request whose path fits."""

    url: str
    certificate: Path
    judge: Callable[[Asked], Reply | None]  # None: the emulator is asked
    behind: str
    trust: ssl.SSLContext | bool
    asked: list[Asked] = field(default_factory=list)
    planned: list[tuple[str, Reply]] = field(default_factory=list)

    def plan(self, path: str, status: int, body: bytes = b"", **headers: str) -> None:
        """`retry_after` is the header Retry-After."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.planned.append((path, Reply(status, body, named)))

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        for one in self.planned:
            if re.search(one[0], asked.path):
                self.planned.remove(one)
                return one[1]
        return self.judge(asked) or self._pass_on(asked)

    def _pass_on(self, asked: Asked) -> Reply:
        headers = {name: value for name, value in asked.headers.items() if name not in _OURS}
        url = self.behind + asked.path
        given = httpx2.request(asked.method, url, headers=headers, content=asked.body, verify=self.trust)
        kept = {name: value for name, value in given.headers.items() if name.lower() not in _OURS}
        return Reply(given.status_code, given.content, kept)


@contextmanager
def running(
    folder: Path, *, judge: Callable[[Asked], Reply | None], behind: str, trust: ssl.SSLContext | bool = True
) -> Generator[Front]:
    """Until the block ends."""
    at = provider.place(folder)
    front = Front(at.url, at.certificate, judge, behind, trust)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = front.answer(Asked(self.command, self.path, headers, body))
            self.send_response(reply.status)
            for name, value in {**reply.headers, "content-length": str(len(reply.body)), "connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

    server: Any = ThreadingHTTPServer(("127.0.0.1", int(at.url.rpartition(":")[2])), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(at.certificate, at.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
