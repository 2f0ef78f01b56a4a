"""SAML answers: without a key of the provider's, whatever is sent lets in nobody but whom the provider signed for."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from functools import cache
from random import Random

from cryptography.hazmat.primitives.asymmetric import ec
from flowlens.access import saml
from flowlens.access.oidc import Person
from flowlens.access.saml import Party
from flowlens.model.errors import Unauthenticated

from tests.fuzz.bending import bent
from tests.fuzz.oracles import demand
from tests.unit.access.assertions import MORE, NOW, PARTY, REQUEST, Signer, assertion, certified, response, whole

# The same in each run, or kept inputs would be signed by nobody.
_KEYS = {name: ec.derive_private_key(secret, ec.SECP256R1()) for name, secret in (("ours", 4711), ("theirs", 815))}
_TAG = re.compile(r"(<[^<>]*>)")
_VALUE = re.compile(r'"([^"]*)"')


@cache
def _party() -> Party:
    return replace(PARTY, certificates=(certified(_KEYS["ours"]),))


def _signed(key: str, subject: str) -> str:
    text = assertion().replace("ada-0815", subject).replace("Ada@", f"{subject}@")
    return whole(text, Signer(key=_KEYS[key], method=f"{MORE}ecdsa-sha256"))


@cache
def _right() -> str:
    return _signed("ours", "ada-0815")


@cache
def _forged() -> tuple[str, ...]:
    """What an attacker makes: their own signature, none, and the right one around other words."""
    theirs = _signed("theirs", "mallory")
    unsigned = assertion().replace("{signature}", "").replace("ada-0815", "mallory")
    other = _right().replace("ada-0815", "mallory")
    return theirs, unsigned, other, unsigned.replace("_a1", "_a2"), theirs.replace("_a1", "_a2")


def make(rng: Random) -> bytes:
    """The right answer, a forged one, or both in one; then tags and values exchanged, and octets bent."""
    inner = rng.choice(
        (_right(), rng.choice(_forged()), _right() + rng.choice(_forged()), rng.choice(_forged()) + _right())
    )
    if rng.random() < 0.3:
        inner = _wrapped(rng, _right(), rng.choice(_forged()))
    parts = _TAG.split(response(inner))
    for _ in range(rng.choice((0, 0, 1, 2, 5))):
        _exchange(rng, parts)
    data = "".join(parts).encode()
    return bent(rng, data) if rng.random() < 0.3 else data


def _wrapped(rng: Random, one: str, other: str) -> str:
    """One inside the other, at any of its tags: signature wrapping."""
    outer, inner = rng.choice(((one, other), (other, one)))
    parts = _TAG.split(outer)
    parts.insert(rng.randrange(1, len(parts)), inner)
    return "".join(parts)


def _exchange(rng: Random, parts: list[str]) -> None:
    at, other = rng.randrange(len(parts)), rng.randrange(len(parts))
    kind = rng.randrange(4)
    if kind == 0:
        parts[at], parts[other] = parts[other], parts[at]
    elif kind == 1:
        parts[at] = rng.choice(("", parts[other], parts[at] * 2, "<!---->", "mallory", "&#0;", "<x/>"))
    elif kind == 2:
        values = _VALUE.findall("".join(parts))
        parts[at] = _VALUE.sub(lambda _: f'"{rng.choice(values)}"', parts[at], count=1)
    else:
        parts[at] = parts[at].replace("saml:", rng.choice(("", "ds:", "samlp:")), 1)


def run(data: bytes) -> None:
    try:
        came = saml.person(base64.b64encode(data).decode(), _party(), request=REQUEST, now=NOW)
    except Unauthenticated as refused:
        demand(str(refused).isprintable(), "a refusal that repeats what came")
        return
    demand(came == _ada(), f"let in {came.subject}")


@cache
def _ada() -> Person:
    right = base64.b64encode(response(_right()).encode()).decode()
    return saml.person(right, _party(), request=REQUEST, now=NOW)
