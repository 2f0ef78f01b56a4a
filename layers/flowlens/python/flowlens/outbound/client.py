"""The client for URLs that a user sets: judged after resolution, pinned to what was judged, capped in time and size."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

import httpcore2

from flowlens.model.errors import Unreachable
from flowlens.outbound.addresses import Judge
from flowlens.outbound.pinned import Deadline, Pinned
from flowlens.outbound.urls import Place, place


@dataclass(frozen=True, slots=True)
class Rules:
    """What whoever deployed FlowLens says: nothing here is for users to set."""

    judge: Judge = field(default_factory=Judge)
    plain: bool = False  # http is asked as well
    authorities: str = ""  # certificates as PEM that are trusted besides the system's

    @classmethod
    def of(cls, networks: str = "", *, plain: bool = False, authorities: str = "") -> Rules:
        """From words, as an environment has them. Invalid when a network is none."""
        return cls(Judge.of(networks), plain, authorities)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one answer may cost."""

    connect: float = 5.0  # seconds until connected, name and TLS included, each
    total: float = 20.0  # seconds from the question to the end of the answer
    octets: int = 1 << 20  # of the answer's content


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request; a redirect is an answer like any other."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """All of it; the headers' names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Answering:
    """An answer of which the content is still to come, in pieces that in all keep to the limit."""

    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Client:
    """Asks what the rules allow. Each question is a connection of its own: what was judged once is not kept."""

    rules: Rules = field(default_factory=Rules)
    limits: Limits = field(default_factory=Limits)

    def ask(self, question: Question) -> Answer:
        """As `asking`, with all of the content."""
        with self.asking(question) as answering:
            return Answer(answering.status, answering.headers, b"".join(answering.pieces))

    @contextmanager
    def asking(self, question: Question) -> Iterator[Answering]:
        """Refused when the rules do not allow it: then nothing was sent. Unreachable when no whole answer came."""
        where = place(question.url, plain=self.rules.plain)
        deadline = Deadline(time.monotonic() + self.limits.total)
        pinned = Pinned(self.rules.judge, deadline)
        pool = httpcore2.ConnectionPool(
            ssl_context=_trust(self.rules.authorities), max_connections=1, network_backend=pinned
        )
        with closing(pool), _named():
            response = pool.handle_request(self._request(where, question))
            with closing(response):
                headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                if headers.get("content-encoding", "identity").lower() != "identity":
                    raise Unreachable("encoding", "the answer is packed, and nobody asked for that")
                yield Answering(response.status, headers, self._pieces(response))

    def _request(self, where: Place, question: Question) -> httpcore2.Request:
        """Host and framing are ours to say."""
        said = {name.lower(): value for name, value in question.headers.items()}
        said |= {"host": where.authority, "accept-encoding": "identity", "connection": "close"}
        if question.content or question.method in ("POST", "PUT"):
            said["content-length"] = str(len(question.content))
        wait = self.limits.connect
        return httpcore2.Request(
            question.method,
            httpcore2.URL(scheme=where.scheme, host=where.host, port=where.port, target=where.target),
            headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in said.items()],
            content=question.content,
            extensions={"timeout": {"connect": wait, "read": self.limits.total, "write": self.limits.total}},
        )

    def _pieces(self, response: httpcore2.Response) -> Iterator[bytes]:
        left = self.limits.octets
        for piece in response.iter_stream():
            left -= len(piece)
            if left < 0:
                raise Unreachable("size", f"the answer is larger than {self.limits.octets:,} octets")
            yield piece


@lru_cache(maxsize=8)
def _trust(authorities: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities:
        context.load_verify_locations(cadata=authorities)
    return context


@contextmanager
def _named() -> Iterator[None]:
    """What goes wrong on the way, in our words. What the other side wrote stays out of them."""
    try:
        yield
    except httpcore2.TimeoutException as error:
        raise Unreachable("time", "no whole answer came in time") from error
    except httpcore2.ConnectError as error:
        why = "its certificate does not hold" if "CERTIFICATE" in str(error).upper() else "nobody answers there"
        raise Unreachable("connection", why) from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise Unreachable("answer", "the connection broke, or what came is no HTTP") from error
