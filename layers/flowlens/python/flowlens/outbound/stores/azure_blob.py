"""A container of Azure Storage: its list, and pieces of its blobs, by a shared access signature or a token of Entra."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

import orjson

from flowlens.model.errors import Unopened
from flowlens.outbound.client import Answer, Question
from flowlens.outbound.stores import Ask, Changed, Found, Gone, Opening, throttled

# https://learn.microsoft.com/rest/api/storageservices/list-blobs and get-blob
_VERSION = "2021-08-06"
_PAGE, _MOST_PAGES = 2500, 400  # blobs
_BLOB = re.compile(r"<Blob>(.*?)</Blob>", re.DOTALL)
_SCOPE = "https://storage.azure.com/.default"
_NAMES = {
    "AuthenticationFailed": ("credential_refused", "Azure does not take the signature or the token"),
    "InvalidAuthenticationInfo": ("credential_refused", "Azure does not take the signature or the token"),
    "AuthorizationFailure": ("credential_rights", "Azure knows us, and does not let us list and read there"),
    "AuthorizationPermissionMismatch": ("credential_rights", "Azure knows us, and does not let us list and read there"),
    "AuthorizationResourceTypeMismatch": ("credential_rights", "the signature is not for containers and objects"),
    "ContainerNotFound": ("container_missing", "there is no such container"),
    "AccountIsDisabled": ("account_disabled", "the storage account is disabled"),
}
_STATUSES = {
    401: ("credential_refused", "Azure does not take the signature or the token"),
    403: ("credential_rights", "Azure does not let us list and read there"),
    404: ("container_missing", "there is no such container"),
}
_BUSY = (429, 503)  # and OperationTimedOut, a 500 of theirs


@dataclass(frozen=True, slots=True)
class Application:
    """An app registration of Entra that signs in with a client secret."""

    authority: str  # https://login.microsoftonline.com, or a national cloud's
    directory: str
    client: str


@dataclass(slots=True)
class Container:
    """`secret` is a shared access signature, or the client secret where there is an application."""

    ask: Ask
    url: str
    prefix: str
    secret: str
    application: Application | None
    now: datetime
    page: int = _PAGE  # blobs of a list that are asked for at once
    _token: str = field(default="", repr=False)

    def listed(self, since: datetime) -> Iterator[Found]:  # noqa: ARG002 (names do not say when)
        """By name. Unopened by `container_large` when it never ends."""
        marker = ""
        for _ in range(_MOST_PAGES):
            wanted = {"restype": "container", "comp": "list", "prefix": self.prefix, "maxresults": str(self.page)}
            page = self._get("", {**wanted, "marker": marker} if marker else wanted, {})
            if page.status != 200:
                raise self._problem(page)
            text = page.content.decode("utf-8", "replace")
            yield from (_found(blob) for blob in _BLOB.findall(text))
            marker = _word(text, "NextMarker")
            if not marker:
                return
        raise Unopened("container_large", f"more than {self.page * _MOST_PAGES:,} blobs: narrow the prefix")

    def piece(self, found: Found, start: int, stop: int) -> bytes:
        """Of the very state that was listed."""
        headers = {"x-ms-range": f"bytes={start}-{stop - 1}", "if-match": found.edition}
        answer = self._get("/" + quote(found.name, safe="/="), {}, headers)
        if answer.status in (412, 416):
            raise Changed
        if answer.status == 404 and answer.headers.get("x-ms-error-code", "BlobNotFound") == "BlobNotFound":
            raise Gone
        if answer.status not in (200, 206):
            raise self._problem(answer)
        if len(answer.content) != stop - start:
            raise Unopened("answer", f"{len(answer.content):,} octets came where {stop - start:,} were asked for")
        return answer.content

    def _get(self, path: str, wanted: dict[str, str], headers: dict[str, str]) -> Answer:
        query, authorization = urlencode(wanted, quote_via=quote), {}
        if self.application:
            authorization = {"authorization": f"Bearer {self._bearer(self.application)}"}
        else:
            query = "&".join(part for part in (query, self._signature()) if part)
        url = f"{self.url.rstrip('/')}{path}" + (f"?{query}" if query else "")
        return self.ask(Question(url=url, headers={"x-ms-version": _VERSION, **headers, **authorization}))

    def _signature(self) -> str:
        """Unopened by `credential_expired`, or `credential_form` when it is none."""
        text = self.secret.strip().removeprefix("?")
        said = parse_qs(text)
        if not text.isascii() or any(char.isspace() for char in text) or "sig" not in said:
            raise Unopened("credential_form", "the secret is no shared access signature (…&sig=…)")
        ends = said.get("se", [""])[0]
        if ends and _moment(ends) < self.now:
            raise Unopened("credential_expired", f"the shared access signature ended on {ends}")
        return text

    def _bearer(self, application: Application) -> str:
        """Kept for this visit: learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow"""
        if not self._token:
            fields = {
                "grant_type": "client_credentials",
                "client_id": application.client,
                "client_secret": self.secret,
                "scope": _SCOPE,
            }
            url = f"{application.authority.rstrip('/')}/{application.directory}/oauth2/v2.0/token"
            form = {"content-type": "application/x-www-form-urlencoded"}
            told = self.ask(Question(url=url, method="POST", headers=form, content=urlencode(fields).encode()))
            self._token = self._granted(told)
        return self._token

    def _granted(self, told: Answer) -> str:
        if told.status in _BUSY:
            raise throttled(told, self.now, "Entra")
        return _token(told)

    def _problem(self, answer: Answer) -> Unopened:
        code = answer.headers.get("x-ms-error-code", "")
        if answer.status in _BUSY or code == "OperationTimedOut":
            return throttled(answer, self.now, "Azure")
        known = _NAMES.get(code) or _STATUSES.get(answer.status)
        return Unopened(*known) if known else Unopened("answer", f"Azure answers {answer.status}")


def place(said: Any, opening: Opening) -> Container:
    application = Application(said.authority, said.directory, said.client) if said.client else None
    page = opening.page or _PAGE
    return Container(opening.ask, said.container, said.prefix, opening.secret, application, opening.now, page)


def _token(told: Answer) -> str:
    try:
        said = orjson.loads(told.content)
    except orjson.JSONDecodeError:
        said = {}
    said = said if isinstance(said, dict) else {}
    token = said.get("access_token")
    if told.status == 200 and isinstance(token, str) and token.isascii() and token.isprintable():
        return token
    codes = {
        "invalid_client": "Entra does not take the client secret: it is wrong, or it has expired",
        "unauthorized_client": "Entra does not know the application",
        "invalid_request": "Entra does not know the directory",
    }
    raise Unopened("credential_refused", codes.get(str(said.get("error")), f"Entra answers {told.status} and no token"))


def _found(blob: str) -> Found:
    try:
        size, modified = int(_word(blob, "Content-Length")), parsedate_to_datetime(_word(blob, "Last-Modified"))
    except (ValueError, TypeError) as error:
        raise Unopened("answer", "the list of blobs is none") from error
    return Found(_word(blob, "Name"), size, _word(blob, "Etag"), modified, grows=True)


def _word(text: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return unescape(found[1]) if found else ""


def _moment(text: str) -> datetime:
    """A time of a signature, to the day or the second; one that is none never ends."""
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
