"""Connections to the addresses that were judged: a name is resolved once, and nobody resolves it again."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from ipaddress import ip_address
from socket import IPPROTO_TCP, SOCK_STREAM, getaddrinfo
from threading import Thread
from typing import Any

import httpcore2

from flowlens.model.errors import Refused, Unreachable
from flowlens.outbound.addresses import Address, Judge

_MOST = 4  # addresses of a name that are tried


@dataclass(frozen=True, slots=True)
class Deadline:
    """When everything must be over, by the monotonic clock."""

    at: float

    def within(self, seconds: float | None) -> float:
        """What is left of it, and no more than so many seconds. Unreachable by `time` when nothing is."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise Unreachable("time", "no whole answer came in time")
        return left if seconds is None else min(left, seconds)


@dataclass(slots=True)
class Pinned(httpcore2.NetworkBackend):
    """Refused by `address` when any address of the name is closed: a name with two faces is none to trust."""

    judge: Judge
    deadline: Deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 (httpcore's signature)
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        found = resolved(host, port, self.deadline.within(timeout))
        if not all(self.judge.opens(address) for address in found):
            raise Refused("address", "it names an address that FlowLens was not allowed to connect to")
        failed: httpcore2.ConnectError | httpcore2.ConnectTimeout | None = None
        for address in found[:_MOST]:
            try:
                stream = httpcore2.SyncBackend().connect_tcp(str(address), port, self.deadline.within(timeout))
                return _Timed(stream, self.deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed or Unreachable("name", "the name has no address")

    def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        raise Refused("scheme", "only https is asked")


@dataclass(slots=True)
class _Timed(httpcore2.NetworkStream):
    """A stream whose every act ends by the deadline, however slowly the other side drips."""

    stream: httpcore2.NetworkStream
    deadline: Deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.deadline.within(timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = self.deadline.within(timeout)
        return _Timed(self.stream.start_tls(ssl_context, server_hostname, left), self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def resolved(host: str, port: int, seconds: float) -> list[Address]:
    """All addresses of the name, in the resolver's order. Unreachable by `name` when there is none, or not in time."""
    answer: Future[list[Address]] = Future()

    def look_up() -> None:
        try:
            told = getaddrinfo(host, port, type=SOCK_STREAM, proto=IPPROTO_TCP)
            answer.set_result([ip_address(str(one[4][0]).partition("%")[0]) for one in told])
        except TimeoutError as error:  # which to `result` would look like its own
            answer.set_exception(OSError(str(error)))
        except (OSError, ValueError) as error:
            answer.set_exception(error)

    Thread(target=look_up, daemon=True, name="resolve").start()  # a resolver knows no time limit
    try:
        return list(dict.fromkeys(answer.result(seconds)))
    except Late as error:
        raise Unreachable("time", "the name was not resolved in time") from error
    except (OSError, ValueError) as error:
        raise Unreachable("name", "the name has no address") from error
