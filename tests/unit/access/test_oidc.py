"""What is believed of an OpenID provider: a right ID token, and none of some hundred that are nearly right."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from flowlens.access import oidc
from flowlens.access.jwts import ALGORITHMS
from flowlens.model.errors import Invalid, Unauthenticated
from joserfc import jws

from tests.unit.access.nearly import (
    ACCESS,
    ATTEMPT,
    CLAIMS,
    CLIENT,
    EC,
    NOW,
    RSA,
    SHORT,
    STRANGER,
    b64,
    but,
    left_half,
    published,
    raw,
    signed,
    wrong_bytes,
    wrong_claims,
    wrong_headers,
)


def person(token: str, keys: bytes | None = None, client: oidc.Client = CLIENT) -> oidc.Person:
    return oidc.person(token, keys or published(RSA), client, ATTEMPT, now=NOW, access=ACCESS)


@pytest.mark.parametrize("made", [wrong_headers, wrong_claims, wrong_bytes])
def test_nothing_that_is_nearly_right_is_believed(made: Callable[[], Iterator[str]]) -> None:
    believed = []
    for token in made():
        try:
            believed.append((token, person(token)))
        except Unauthenticated:
            continue
    assert believed == []


def test_there_are_more_than_two_hundred_of_them_and_no_two_alike() -> None:
    tokens = [*wrong_headers(), *wrong_claims(), *wrong_bytes()]
    assert len(set(tokens)) >= 300


@pytest.mark.parametrize(
    "token",
    [
        signed(),
        signed(typ="JWT"),
        raw('{"alg":"RS256"}', json.dumps(CLAIMS)),
        but(aud=["flowlens"]),
        but(aud=["flowlens", "other"], azp="flowlens"),
        but(azp="flowlens"),
        but(exp=NOW - 59),
        but(iat=NOW + 59),
        but(iat=NOW - 599.5),
        but(nbf=NOW),
        but(at_hash=left_half(ACCESS)),
    ],
)
def test_what_is_right_is_believed(token: str) -> None:
    assert person(token) == oidc.Person("https://id.example", "248289761001", "ada@example.com", "Ada", None)


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_each_algorithm_is_understood_where_it_was_agreed(algorithm: str) -> None:
    key = EC.get(algorithm, RSA)
    token = jws.serialize_compact({"alg": algorithm, "kid": "k0"}, json.dumps(CLAIMS), key, algorithms=[algorithm])
    assert person(token, published(key), replace(CLIENT, algorithm=algorithm)).subject == CLAIMS["sub"]


@pytest.mark.parametrize(
    "keys",
    [
        published(STRANGER),
        published(RSA, use="enc"),
        published(RSA, alg="RS512"),
        published(RSA, kty="EC"),
        json.dumps({"keys": [{"kty": "RSA", "kid": "k0"}]}).encode(),
        json.dumps({"keys": [{"kty": "RSA", "kid": "k0", "n": 1, "e": []}]}).encode(),
        json.dumps({"keys": [{"kty": "oct", "kid": "k0", "k": "AAAA"}]}).encode(),
        json.dumps({"keys": json.loads(published(RSA))["keys"] * 2}).encode(),
        json.dumps({"keys": json.loads(published(RSA))["keys"] + [{}] * 64}).encode(),
        b"{}",
        b"[]",
        b'{"keys":{}}',
        b'{"keys":[1,null,"k0"]}',
        b"\xff",
        b"<html>",
        b" " * 262_145,
    ],
)
def test_a_key_that_is_not_plainly_the_one_verifies_nothing(keys: bytes) -> None:
    with pytest.raises(Unauthenticated):
        person(signed(), keys)


def test_a_short_key_verifies_nothing_though_it_signed() -> None:
    numbers = SHORT.public_key().public_numbers()
    modulus = b64(numbers.n.to_bytes(128))
    with pytest.raises(Unauthenticated, match="too short"):
        person(
            signed(key=SHORT), json.dumps({"keys": [{"kty": "RSA", "kid": "k0", "n": modulus, "e": "AQAB"}]}).encode()
        )


def test_without_a_name_a_key_is_taken_only_where_there_is_one() -> None:
    with pytest.raises(Unauthenticated):
        person(raw('{"alg":"RS256"}', json.dumps(CLAIMS)), published(RSA, STRANGER))


def test_a_provider_is_asked_with_what_the_browser_is_bound_to() -> None:
    asked = dict(parse_qsl(urlsplit(oidc.question(CLIENT, "https://id.example/auth?policy=1", ATTEMPT)).query))
    assert asked.pop("code_challenge") == b64(hashlib.sha256(ATTEMPT.verifier.encode()).digest())
    assert ATTEMPT.verifier not in asked.values()
    assert asked == {
        "policy": "1",
        "response_type": "code",
        "client_id": "flowlens",
        "redirect_uri": CLIENT.redirect,
        "scope": "openid email profile",
        "state": ATTEMPT.state,
        "nonce": ATTEMPT.nonce,
        "code_challenge_method": "S256",
    }


def test_no_two_attempts_share_anything() -> None:
    one, other = oidc.begin(), oidc.begin()
    assert len({one.state, one.nonce, one.verifier, other.state, other.nonce, other.verifier}) == 6


STATE, CODE, ISS = ("state", ATTEMPT.state), ("code", "c"), ("iss", CLIENT.issuer)


@pytest.mark.parametrize(
    "said",
    [
        [],
        [CODE],
        [STATE],
        [STATE, ("code", "")],
        [("state", ""), CODE],
        [("state", "x"), CODE],
        [STATE, CODE, CODE],
        [STATE, ("state", "x"), CODE],
        [STATE, CODE, ("iss", "https://evil.example")],
        [STATE, CODE, ("iss", "")],
        [STATE, CODE, ("error", "access_denied")],
    ],
)
def test_an_answer_to_another_question_is_none(said: list[tuple[str, str]]) -> None:
    with pytest.raises(Unauthenticated):
        oidc.answer(said, CLIENT, ATTEMPT)


def test_a_provider_that_names_itself_must() -> None:
    naming = replace(CLIENT, names_itself=True)
    assert oidc.answer([STATE, CODE, ISS], naming, ATTEMPT) == oidc.answer([STATE, CODE], CLIENT, ATTEMPT) == "c"
    with pytest.raises(Unauthenticated, match="another provider"):
        oidc.answer([STATE, CODE], naming, ATTEMPT)


METADATA: dict[str, object] = {
    "issuer": CLIENT.issuer,
    "authorization_endpoint": "https://id.example/auth",
    "token_endpoint": "https://id.example/token",
    "jwks_uri": "https://id.example/jwks",
    "id_token_signing_alg_values_supported": ["RS256"],
    "code_challenge_methods_supported": ["S256"],
    "authorization_response_iss_parameter_supported": True,
}


def test_metadata_say_where_to_ask() -> None:
    found = oidc.endpoints(json.dumps(METADATA).encode(), CLIENT)
    assert found == oidc.Endpoints(
        "https://id.example/auth", "https://id.example/token", "https://id.example/jwks", names_itself=True
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://id.example/"},
        {"issuer": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://id.example/auth#x"},
        {"token_endpoint": "http://id.example/token"},
        {"jwks_uri": None},
        {"jwks_uri": "https://id.example/\r\nx"},
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
        {"id_token_signing_alg_values_supported": "RS256"},
        {"code_challenge_methods_supported": ["plain"]},
    ],
)
def test_metadata_that_do_not_fit_are_refused_in_words(changed: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        oidc.endpoints(json.dumps(METADATA | changed).encode(), CLIENT)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "", "RS1"])
def test_only_public_keys_can_be_agreed_on(algorithm: str) -> None:
    with pytest.raises(Invalid, match="algorithm"):
        replace(CLIENT, algorithm=algorithm)
