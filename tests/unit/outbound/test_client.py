"""The client against a real server on loopback, which the operator's rules open."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flowlens.model.errors import Unreachable
from flowlens.outbound import pinned
from flowlens.outbound.client import Client, Limits, Question, Rules

HERE = "127.0.0.0/8"


@dataclass
class Server:
    """Answers each connection with `answer`, a piece every `pause` seconds."""

    answer: list[bytes]
    pause: float = 0.0
    tls: ssl.SSLContext | None = None
    asked: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
                with connection:
                    self._answer(self.tls.wrap_socket(connection, server_side=True) if self.tls else connection)
            except ssl.SSLError:
                continue
            except OSError:
                if self.listener.fileno() < 0:
                    return

    def _answer(self, connection: socket.socket) -> None:
        self.asked.append(connection.recv(65536))
        for piece in self.answer:
            connection.sendall(piece)
            time.sleep(self.pause)
        connection.close()


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    made: list[Server] = []
    yield made
    for server in made:
        server.listener.close()


def plain(**limits: float) -> Client:
    return Client(Rules.of(HERE, plain=True), Limits(**limits))  # type: ignore[arg-type]


def test_an_answer_comes_whole(servers: list[Server]) -> None:
    server = Server([b"HTTP/1.1 200 OK\r\nX-Kind: a\r\nContent-Length: 5\r\n\r\nhel", b"lo"])
    servers.append(server)
    question = Question(
        url=f"http://127.0.0.1:{server.port}/a?b=c", method="POST", content=b"x", headers={"Host": "no"}
    )
    answer = plain().ask(question)
    assert (answer.status, answer.headers["x-kind"], answer.content) == (200, "a", b"hello")
    lines = server.asked[0].decode().lower().split("\r\n")
    assert lines[0] == "post /a?b=c http/1.1"
    assert [line for line in lines if line.startswith("host")] == [f"host: 127.0.0.1:{server.port}"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_handed_back_and_not_followed(status: int, servers: list[Server]) -> None:
    inner = Server([b"HTTP/1.1 200 OK\r\n\r\n"])
    head = f"HTTP/1.1 {status} Go\r\nLocation: http://127.0.0.1:{inner.port}/\r\nContent-Length: 0\r\n\r\n"
    server = Server([head.encode()])
    servers += [inner, server]
    assert plain().ask(Question(url=f"http://127.0.0.1:{server.port}/")).status == status
    assert inner.asked == []


def test_no_proxy_of_the_environment_is_used(servers: list[Server], monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = Server([]), Server([b"HTTP/1.1 204 None\r\n\r\n"])
    servers += [proxy, server]
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert plain().ask(Question(url=f"http://127.0.0.1:{server.port}/")).status == 204
    assert proxy.asked == []


@pytest.mark.parametrize("head", [b"Content-Length: 3000\r\n\r\n", b"\r\n"])
def test_an_answer_that_is_too_large_is_cut(head: bytes, servers: list[Server]) -> None:
    server = Server([b"HTTP/1.1 200 OK\r\n" + head, b"x" * 3000])
    servers.append(server)
    with pytest.raises(Unreachable, match="size"):
        plain(octets=2000).ask(Question(url=f"http://127.0.0.1:{server.port}/"))


@pytest.mark.parametrize("drips", [[b"H"] * 40, [b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n", *[b"x"] * 40]])
def test_dripping_ends_with_the_time(drips: list[bytes], servers: list[Server]) -> None:
    server = Server(drips, pause=0.05)
    servers.append(server)
    with pytest.raises(Unreachable, match="time"):
        plain(total=0.4).ask(Question(url=f"http://127.0.0.1:{server.port}/"))


def test_a_resolver_that_hangs_ends_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    hang = threading.Event()
    monkeypatch.setattr(pinned, "getaddrinfo", lambda *_, **__: [()] * (not hang.wait(5)))
    with pytest.raises(Unreachable, match="time"):
        plain(connect=0.2).ask(Question(url="http://slow.test/"))
    hang.set()


@pytest.mark.parametrize(
    "words", [b"no http at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b"]
)
def test_what_is_no_plain_http_is_named(words: bytes, servers: list[Server]) -> None:
    server = Server([words])
    servers.append(server)
    with pytest.raises(Unreachable, match=r"answer|encoding"):
        plain().ask(Question(url=f"http://127.0.0.1:{server.port}/"))


def test_tls_is_for_the_name_though_the_address_is_pinned(
    servers: list[Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem, context = certified("service.test", tmp_path)
    server = Server([b"HTTP/1.1 204 None\r\n\r\n"], tls=context)
    context.sni_callback = lambda _socket, name, _context: server.names.append(name)
    servers.append(server)
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]
    monkeypatch.setattr(pinned, "getaddrinfo", lambda *_, **__: here)
    trusting = Client(Rules.of(HERE, authorities=pem))
    assert trusting.ask(Question(url=f"https://service.test:{server.port}/")).status == 204
    assert server.names == ["service.test"]
    assert f"host: service.test:{server.port}" in server.asked[0].decode().lower()
    for client, name in ((trusting, "other.test"), (Client(Rules.of(HERE)), "service.test")):
        with pytest.raises(Unreachable, match="certificate"):
            client.ask(Question(url=f"https://{name}:{server.port}/"))


def certified(name: str, folder: Path) -> tuple[str, ssl.SSLContext]:
    """A certificate for the name that vouches for itself, as PEM, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_text(pem + private.decode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return pem, context
