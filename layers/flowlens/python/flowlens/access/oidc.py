"""Signing in at another house (OpenID Connect Core 1.0): what is sent there, what is believed of what comes back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from flowlens.access import jwts
from flowlens.model.errors import Invalid, Unauthenticated

SKEW = 60  # seconds by which clocks may differ
OLDEST = 600  # seconds since an ID token was issued
_SUBJECT = 255  # ASCII characters (Core 2)
_MOST = 8  # audiences
_HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}


@dataclass(frozen=True, slots=True)
class Client:
    """What was agreed with a provider: who it is, who we are there, the one algorithm of its ID tokens."""

    issuer: str
    client_id: str
    redirect: str
    algorithm: str = "RS256"
    names_itself: bool = False  # its answers carry `iss` (RFC 9207), as its metadata say

    def __post_init__(self) -> None:
        if self.algorithm not in jwts.ALGORITHMS:
            raise Invalid(f"algorithm: one of {', '.join(jwts.ALGORITHMS)}")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider is asked, from its metadata."""

    authorization: str
    token: str
    keys: str
    names_itself: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the browser that begins to sign in is bound to; kept on our side, used once."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who the provider says it is. Issuer and subject are the key; the rest is for showing, it links nobody."""

    issuer: str
    subject: str
    email: str | None
    name: str | None
    signed_in_at: float | None  # Unix seconds, where the provider says so


def begin() -> Attempt:
    """Three values of 256 random bits."""
    return Attempt(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(32))


def endpoints(metadata: bytes, client: Client) -> Endpoints:
    """What a discovery document says (Discovery 4.3); Invalid says what does not fit what was agreed."""
    said = jwts.document(metadata)
    if said.get("issuer") != client.issuer:
        raise Invalid("issuer: the provider calls itself something else; write it exactly as its metadata do")
    if "S256" not in _texts(said, "code_challenge_methods_supported", ("S256",)):
        raise Invalid("the provider cannot do PKCE with S256")
    if client.algorithm not in _texts(said, "id_token_signing_alg_values_supported", ()):
        raise Invalid(f"algorithm: the provider does not sign with {client.algorithm}")
    return Endpoints(
        authorization=_address(said, "authorization_endpoint"),
        token=_address(said, "token_endpoint"),
        keys=_address(said, "jwks_uri"),
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


def question(client: Client, at: str, attempt: Attempt, *, anew: bool = False) -> str:
    """The address that the browser is sent to (Core 3.1.2.1, RFC 7636 4.3); `anew`: to show once more who they are."""
    challenge = _b64(hashlib.sha256(attempt.verifier.encode()).digest())
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect,
        "scope": "openid email profile",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    } | ({"prompt": "login", "max_age": "0"} if anew else {})
    return f"{at}{'&' if urlsplit(at).query else '?'}{urlencode(asked)}"


def answer(parameters: Sequence[tuple[str, str]], client: Client, attempt: Attempt) -> str:
    """The code of what the browser brings back; Unauthenticated unless this attempt asked this provider for it."""
    said = dict(parameters)
    if len(said) != len(parameters):
        raise Unauthenticated("the provider's answer says something twice")
    if not _same(said.get("state"), attempt.state):
        raise Unauthenticated("this sign-in was not begun in this browser; begin again")
    if ("iss" in said or client.names_itself) and said.get("iss") != client.issuer:
        raise Unauthenticated("the answer comes from another provider than the one that was asked")
    if "error" in said:
        raise Unauthenticated("the provider did not sign you in")
    if not (code := said.get("code")):
        raise Unauthenticated("the provider's answer has no code")
    return code


def person(
    token: str, keys: bytes, client: Client, attempt: Attempt, *, now: float, access: str | None = None
) -> Person:
    """Whom an ID token names (Core 3.1.3.7); Unauthenticated for anything that is not wholly right.

    `keys` is the provider's JWKS, `now` in Unix seconds, `access` the access token that came with it.
    """
    said = jwts.verified(token, keys, client.algorithm)
    if said.get("iss") != client.issuer:
        raise Unauthenticated("the ID token is another provider's")
    _check_audience(said, client.client_id)
    _check_times(said, now)
    if not _same(said.get("nonce"), attempt.nonce):
        raise Unauthenticated("the ID token answers another sign-in")
    if "at_hash" in said and not _same(said["at_hash"], _left_half(access or "", client.algorithm)):
        raise Unauthenticated("the ID token belongs to another access token")
    subject = said.get("sub")
    if (
        not isinstance(subject, str)
        or not 0 < len(subject) <= _SUBJECT
        or not subject.isascii()
        or not subject.isprintable()
    ):
        raise Unauthenticated("the ID token names nobody")
    signed_in_at = _moment(said, "auth_time") if "auth_time" in said else None
    return Person(client.issuer, subject, _text(said, "email"), _text(said, "name"), signed_in_at)


def _check_audience(said: Mapping[str, object], client_id: str) -> None:
    audience = said.get("aud")
    several = audience if isinstance(audience, list) else [audience]
    if client_id not in several or len(several) > _MOST or not all(isinstance(one, str) for one in several):
        raise Unauthenticated("the ID token is for somebody else")
    if (len(several) > 1 or "azp" in said) and said.get("azp") != client_id:
        raise Unauthenticated("the ID token was given to somebody else")


def _check_times(said: Mapping[str, object], now: float) -> None:
    ends, issued, begins = _moment(said, "exp"), _moment(said, "iat"), _moment(said, "nbf", said.get("iat"))
    if now >= ends + SKEW or now > issued + OLDEST + SKEW:
        raise Unauthenticated("the ID token is too old; begin again")
    if max(issued, begins) > now + SKEW:
        raise Unauthenticated("the ID token is of the future: the clocks differ")


def _moment(said: Mapping[str, object], name: str, default: object = None) -> float:
    """Unix seconds; a truth value is an int to Python, not to us."""
    value = said.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unauthenticated(f"the ID token's {name} is no time")
    return value


def _same(said: object, kept: str) -> bool:
    return isinstance(said, str) and hmac.compare_digest(said.encode("utf-8", "replace"), kept.encode())


def _left_half(access: str, algorithm: str) -> str:
    """`at_hash` (Core 3.1.3.6)."""
    hashed = _HASHES[algorithm[-3:]](access.encode()).digest()
    return _b64(hashed[: len(hashed) // 2])


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _text(said: Mapping[str, object], name: str) -> str | None:
    value = said.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= 320 and value.isprintable() else None


def _texts(said: Mapping[str, object], name: str, default: Sequence[str]) -> Sequence[str]:
    value = said.get(name, default)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else ()


def _address(said: Mapping[str, object], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value.startswith("https://") or "#" in value or not value.isprintable():
        raise Invalid(f"{name}: the provider's metadata give no https:// address")
    return value
