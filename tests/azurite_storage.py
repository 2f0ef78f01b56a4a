"""Azure Storage on loopback (npm's azurite, tests/azurite), with what a network watcher does to its blobs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, quote

import httpx2
from joserfc import jwt
from joserfc.jwk import OctKey

from tests import front, provider
from tests.front import Asked, Front, Reply

_PROGRAM = Path(__file__).parent / "azurite/node_modules/azurite/dist/src/blob/main.js"
ACCOUNT = "devstoreaccount1"
# Azurite's own, which everybody knows: github.com/Azure/Azurite, "Default Storage Account"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_VERSION = "2021-08-06"
OPENED, CLOSED = b'{"records":[', b"]}"
CLIENT_SECRET = "the.client~secret"  # noqa: S105 (of an application of these tests)
_CLIENT, _STRANGE = "00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000009"
_SCOPE = "https://storage.azure.com/.default"


def sign_in(asked: Asked) -> Reply | None:
    """As Entra answers applications; azurite looks at the token's claims.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
    """
    directory, _, rest = asked.path.removeprefix("/").partition("/")
    if rest != "oauth2/v2.0/token":
        return None
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    if form.get("grant_type") != "client_credentials" or form.get("scope") != _SCOPE:
        return _entra(400, "invalid_request", "AADSTS70011")
    if form.get("client_id") != _CLIENT:
        return _entra(400, "unauthorized_client", "AADSTS700016: the application was not found in the directory")
    if form.get("client_secret") != CLIENT_SECRET:
        return _entra(401, "invalid_client", "AADSTS7000215: Invalid client secret provided")
    now = int(time.time())
    audience = "https://graph.microsoft.com" if directory == _STRANGE else "https://storage.azure.com"
    claims = {"aud": audience, "iss": f"https://sts.windows.net/{directory}/", "iat": now, "nbf": now - 5}
    token = jwt.encode({"alg": "HS256"}, {**claims, "exp": now + 3599}, OctKey.import_key("of nobody's, which azurite"))
    said = {"token_type": "Bearer", "expires_in": 3599, "access_token": token}
    return Reply(200, json.dumps(said).encode(), {"content-type": "application/json"})


def _entra(status: int, error: str, description: str) -> Reply:
    said = {"error": error, "error_description": description}
    return Reply(status, json.dumps(said).encode(), {"content-type": "application/json"})


def signature(rights: str = "rl", *, ends: str = "2030-01-01T00:00:00Z", key: str = _KEY) -> str:
    """A shared access signature of the account: learn.microsoft.com/rest/api/storageservices/create-account-sas."""
    said = {"sv": _VERSION, "ss": "b", "srt": "co", "sp": rights, "se": ends, "spr": "https"}
    text = "\n".join([ACCOUNT, rights, "b", "co", "", ends, "", "https", _VERSION, "", ""])
    made = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
    said["sig"] = base64.b64encode(made).decode()
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in said.items())


@dataclass(frozen=True, slots=True)
class Storage:
    """A container that a network watcher writes to."""

    url: str  # of the container
    certificate: Path
    front: Front  # where applications sign in, and by which azurite can be reached as well
    through: str  # the container's address there

    def named(self, url: str) -> Storage:
        return replace(self, url=url)

    def create(self) -> None:
        self._put("", {"restype": "container"}, b"", 201)

    def append(self, blob: str, records: Sequence[object], *, before: int) -> None:
        """One block a record, committed before the block that closes the document, as Azure's writer does it."""
        blocks = [b"open", *(f"r{number:05}".encode() for number in range(before + len(records))), b"stop"]
        new = [(b"open", OPENED), (b"stop", CLOSED)] if not before else []
        for number, record in enumerate(records, before):
            text = json.dumps(record).encode()
            new.append((f"r{number:05}".encode(), (b"," if number else b"") + text))
        for name, text in new:
            self._put(blob, {"comp": "block", "blockid": _id(name)}, text, 201)
        listed = "".join(f"<Latest>{_id(name)}</Latest>" for name in blocks)
        document = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'
        self._put(blob, {"comp": "blocklist"}, document.encode(), 201)

    def put(self, blob: str, data: bytes) -> None:
        self._put(blob, {}, data, 201, {"x-ms-blob-type": "BlockBlob"})

    def _put(
        self, blob: str, wanted: dict[str, str], data: bytes, status: int, headers: dict[str, str] | None = None
    ) -> None:
        query = "&".join([*(f"{name}={quote(value, safe='')}" for name, value in wanted.items()), signature("rwdlac")])
        answer = httpx2.put(
            f"{self.url}{'/' + blob if blob else ''}?{query}",
            content=data,
            headers={"x-ms-version": _VERSION, **(headers or {})},
            verify=ssl.create_default_context(cafile=self.certificate),
        )
        assert answer.status_code == status, answer.text


def _id(name: bytes) -> str:
    return base64.b64encode(name.ljust(8, b".")).decode()


@contextmanager
def running(folder: Path) -> Generator[Storage]:
    """Until the block ends."""
    at = provider.place(folder)
    port = at.url.rpartition(":")[2]
    where = ["--location", str(folder), "--blobHost", "127.0.0.1", "--blobPort", port]
    tls = ["--cert", str(at.certificate), "--key", str(at.key), "--oauth", "basic"]
    quiet = ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    with subprocess.Popen(
        ["node", str(_PROGRAM), *where, *tls, *quiet], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait(at.url, at.certificate)
            trust = ssl.create_default_context(cafile=at.certificate)
            with front.running(folder / "front", judge=sign_in, behind=at.url, trust=trust) as before:
                place = f"/{ACCOUNT}/insights-logs-flowlogflowevent"
                yield Storage(at.url + place, at.certificate, before, before.url + place)
        finally:
            process.kill()


def _wait(url: str, certificate: Path) -> None:
    context = ssl.create_default_context(cafile=certificate)
    for _ in range(600):
        try:
            httpx2.get(url, verify=context)
        except httpx2.ConnectError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("azurite does not listen")
