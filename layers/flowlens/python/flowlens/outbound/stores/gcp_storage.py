"""A bucket of Google Cloud Storage: its list, and pieces of its objects, as a service account that signs for itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from flowlens.model.errors import Unopened
from flowlens.outbound.client import Answer, Question
from flowlens.outbound.stores import Ask, Broken, Found, Gone, Opening, leap, throttled

# https://cloud.google.com/storage/docs/json_api/v1/objects/list and /get
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_FIELDS = "nextPageToken,items(name,size,generation,updated,contentEncoding)"
_GOOGLES = frozenset({"oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com"})  # where accounts sign in
_PAGE, _MOST_PAGES = 1000, 1000  # objects
_TOKEN_SECONDS = 3600
_BUSY = (429, 503)
_LIMITS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"})  # said with 403
_DISABLED = frozenset({"accountDisabled", "billingNotEnabled", "projectNotActive"})
_REFUSED = "Google does not take the service account's key: it was deleted, or is another account's"
_RIGHTS = "Google knows the account, and does not let it list and read there: it needs Storage Object Viewer"


@dataclass(frozen=True, slots=True)
class Account:
    """A service account as its key file names it."""

    email: str
    key: str = field(repr=False)  # PEM
    key_id: str
    tokens: str  # where it signs in

    @classmethod
    def read(cls, secret: str, *, expected: str, authority: str) -> Account:
        """Unopened by `credential_form` when it is no key file, of another account, or signs in at a stranger's."""
        said = _document(secret.encode())
        if said.get("type") != "service_account" or not all(
            isinstance(said.get(name), str) for name in ("client_email", "private_key", "private_key_id", "token_uri")
        ):
            raise Unopened("credential_form", 'the secret is no key file of a service account ({"type": …})')
        if expected not in ("", said["client_email"]):
            raise Unopened("credential_form", f"the key is not of {expected}")
        tokens = said["token_uri"]
        if tokens != authority and urlsplit(tokens).hostname not in _GOOGLES:
            raise Unopened("credential_form", "the key file says to sign in elsewhere than at Google")
        return cls(said["client_email"], said["private_key"], said["private_key_id"], tokens)

    def assertion(self, now: datetime) -> str:
        """What proves that we have the key: developers.google.com/identity/protocols/oauth2/service-account."""
        at = int(now.timestamp())
        claims = {"iss": self.email, "scope": _SCOPE, "aud": self.tokens, "iat": at, "exp": at + _TOKEN_SECONDS}
        try:
            return jwt.encode({"alg": "RS256", "kid": self.key_id}, claims, RSAKey.import_key(self.key))
        except (JoseError, ValueError, TypeError) as error:
            raise Unopened("credential_form", "the key in the key file is none") from error


@dataclass(slots=True)
class Bucket:
    """`account` signs in when it is first asked for something; its token is kept for this visit."""

    ask: Ask
    url: str  # of the storage
    name: str
    prefix: str
    account: Account
    now: datetime
    page: int = _PAGE
    _token: str = field(default="", repr=False)

    def listed(self, since: datetime) -> Iterator[Found]:
        """By name. Unopened by `bucket_large` when it never ends."""
        wanted = {"prefix": self.prefix, "maxResults": str(self.page), "fields": _FIELDS}
        start: dict[str, str] = {}
        for number in range(_MOST_PAGES):
            answer = self._get("", {**wanted, **start}, {})
            if answer.status != 200:
                raise self._problem(answer)
            page = _document(answer.content)
            items = page.get("items", [])
            token = str(page.get("nextPageToken", ""))
            ahead = leap(self.prefix, str(items[0].get("name")), since) if token and items and not number else ""
            if ahead:
                start = {"startOffset": ahead}
                continue
            yield from (_found(item) for item in items)
            if not token:
                return
            start = {**start, "pageToken": token}
        raise Unopened("bucket_large", f"more than {self.page * _MOST_PAGES:,} objects: narrow the prefix")

    def piece(self, found: Found, start: int, stop: int) -> bytes:
        """Of the very generation that was listed: one that was rewritten since has another, and is gone."""
        generation, _, packed = found.edition.partition(" ")
        if packed:
            raise Broken(
                "object_encoding", f"it has the content encoding {packed!r}: Google would hand out other octets"
            )
        wanted = {"alt": "media", "generation": generation}
        answer = self._get(f"/{quote(found.name, safe='')}", wanted, {"range": f"bytes={start}-{stop - 1}"})
        if answer.status == 404:
            raise Gone
        if answer.status not in (200, 206):
            raise self._problem(answer)
        if len(answer.content) != stop - start:
            raise Unopened("answer", f"{len(answer.content):,} octets came where {stop - start:,} were asked for")
        return answer.content

    def _get(self, path: str, wanted: dict[str, str], headers: dict[str, str]) -> Answer:
        url = f"{self.url.rstrip('/')}/storage/v1/b/{quote(self.name, safe='')}/o{path}"
        query = urlencode(wanted, quote_via=quote, safe="")
        authorization = {"authorization": f"Bearer {self._bearer()}"}
        return self.ask(Question(url=f"{url}?{query}", headers={**headers, **authorization}))

    def _bearer(self) -> str:
        if not self._token:
            fields = {"grant_type": _GRANT, "assertion": self.account.assertion(self.now)}
            form = {"content-type": "application/x-www-form-urlencoded"}
            content = urlencode(fields).encode()
            told = self.ask(Question(url=self.account.tokens, method="POST", headers=form, content=content))
            if told.status in _BUSY:
                raise throttled(told, self.now, "Google")
            self._token = _granted(told)
        return self._token

    def _problem(self, answer: Answer) -> Unopened:
        reason = _reason(answer)
        if answer.status in _BUSY or reason in _LIMITS:
            return throttled(answer, self.now, "Google")
        if reason in _DISABLED:
            return Unopened("account_disabled", "the account, or the bucket's project, is disabled")
        names = {
            401: ("credential_refused", _REFUSED),
            403: ("credential_rights", _RIGHTS),
            404: ("bucket_missing", "there is no such bucket"),
        }
        known = names.get(answer.status)
        return Unopened(*known) if known else Unopened("answer", f"Google answers {answer.status}")


def place(said: Any, opening: Opening) -> Bucket:
    account = Account.read(opening.secret, expected=said.account, authority=said.authority)
    page = opening.page or _PAGE
    return Bucket(opening.ask, said.storage, said.bucket, said.prefix, account, opening.now, page)


def _granted(told: Answer) -> str:
    said = _document(told.content)
    token = said.get("access_token")
    if told.status == 200 and isinstance(token, str) and token.isascii() and token.isprintable():
        return token
    if told.status in (400, 401, 403):
        raise Unopened("credential_refused", _REFUSED)
    raise Unopened("answer", f"Google answers {told.status} and no token")


def _document(content: bytes) -> dict[str, Any]:
    """Empty when it is none."""
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _found(item: dict[str, Any]) -> Found:
    try:
        edition = f"{int(item['generation'])} {item.get('contentEncoding') or ''}".rstrip()
        return Found(str(item["name"]), int(item["size"]), edition, datetime.fromisoformat(item["updated"]))
    except (KeyError, ValueError, TypeError) as error:
        raise Unopened("answer", "the list of objects is none") from error


def _reason(answer: Answer) -> str:
    """The first that Google gives: cloud.google.com/storage/docs/json_api/v1/status-codes."""
    error = _document(answer.content).get("error")
    errors = error.get("errors") if isinstance(error, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return str(first.get("reason", "")) if isinstance(first, dict) else ""
