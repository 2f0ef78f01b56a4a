"""Signed tokens of others (RFC 7515, 7519, 8725): one algorithm, their published keys, nothing that a token brings."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from flowlens.model.errors import Invalid, Unauthenticated

# What a key must be for each algorithm: its type, and its curve or its fewest bits.
ALGORITHMS: Mapping[str, tuple[str, str | int]] = {
    "RS256": ("RSA", 2048),
    "RS384": ("RSA", 2048),
    "RS512": ("RSA", 2048),
    "PS256": ("RSA", 2048),
    "PS384": ("RSA", 2048),
    "PS512": ("RSA", 2048),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
}
LONGEST = 8_192  # characters of a token
_DOCUMENT = 262_144  # bytes of metadata or keys
_KEYS = 64
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_HEADER = frozenset({"alg", "kid", "typ"})  # any other names a key or an extension: jwk, jku, x5u, x5c, crit, b64, zip
_PARTS = ("kty", "n", "e", "crv", "x", "y")  # of a public key; nothing else of it is taken
_TYPES: Mapping[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}


def document(body: bytes) -> dict[str, object]:
    """A JSON object in which no name comes twice and no number is none; Invalid otherwise."""
    if len(body) > _DOCUMENT:
        raise Invalid(f"longer than {_DOCUMENT} bytes")
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise Invalid("it is no JSON") from error
    if not isinstance(value, dict):
        raise Invalid("it is no JSON object")
    return value


def verified(token: str, keys: bytes, algorithm: str) -> dict[str, object]:
    """The claims of a compact JWS that one of `keys` (a JWKS) signed with `algorithm`; Unauthenticated otherwise."""
    if len(token) > LONGEST or not _COMPACT.fullmatch(token):
        raise Unauthenticated("that is no signed token")
    try:
        taken = jws.extract_compact(token.encode())
        header = document(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
        _check_header(header, algorithm)
        if not jws.validate_compact(taken, _key(keys, algorithm, header.get("kid")), algorithms=[algorithm]):
            raise Unauthenticated("the token's signature is not its issuer's")
        return document(taken.payload)
    except (JoseError, Invalid, ValueError, TypeError, LookupError, RecursionError) as error:
        raise Unauthenticated("the token's signature is not its issuer's") from error


def knows(keys: bytes, token: str, algorithm: str) -> bool:
    """Whether the key that a token names is among them. True of what is no token: no other keys would help it."""
    try:
        if len(token) > LONGEST or not _COMPACT.fullmatch(token):
            return True
        header = document(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
        _check_header(header, algorithm)
        return "kid" not in header or any(one.get("kid") == header["kid"] for one in _fitting(keys, algorithm))
    except (Unauthenticated, Invalid, ValueError):
        return True


def _check_header(header: Mapping[str, object], algorithm: str) -> None:
    if header.get("alg") != algorithm or not set(header) <= _HEADER:
        raise Unauthenticated("the token is not signed as was agreed")
    if not all(isinstance(value, str) for value in header.values()) or header.get("typ", "JWT") != "JWT":
        raise Unauthenticated("the token is of another kind")


def _key(keys: bytes, algorithm: str, name: object) -> RSAKey | ECKey:
    """The one key that can be meant: by name, or the only one that fits."""
    kind, measure = ALGORITHMS[algorithm]
    fitting = [one for one in _fitting(keys, algorithm) if name is None or one.get("kid") == name]
    if len(fitting) != 1:
        raise Unauthenticated("the issuer has no such key, or several")
    if isinstance(measure, int) and _bits(fitting[0].get("n")) < measure:
        raise Unauthenticated("the issuer's key is too short")
    return _TYPES[kind].import_key({part: str(fitting[0][part]) for part in _PARTS if part in fitting[0]})


def count_fitting(keys: bytes, algorithm: str) -> int:
    """How many keys of a JWKS could sign with `algorithm`; Invalid when it is none."""
    try:
        return len(_fitting(keys, algorithm))
    except Unauthenticated as error:
        raise Invalid(str(error)) from error


def _fitting(keys: bytes, algorithm: str) -> list[dict[str, object]]:
    listed = document(keys).get("keys")
    if not isinstance(listed, list) or len(listed) > _KEYS:
        raise Unauthenticated("the issuer publishes no keys")
    kind, measure = ALGORITHMS[algorithm]
    return [
        one
        for one in listed
        if isinstance(one, dict)
        and one.get("kty") == kind
        and one.get("use", "sig") == "sig"
        and one.get("alg", algorithm) == algorithm
        and (kind == "RSA" or one.get("crv") == measure)
    ]


def _bits(modulus: object) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(f"{modulus}=="), "big").bit_length()


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name comes twice")
    return value


def _finite(written: str) -> float:
    if not math.isfinite(value := float(written)):
        raise ValueError("a number that is none")
    return value
