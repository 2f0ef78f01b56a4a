"""ID tokens that are nearly right, each signed so that nothing but one thing is wrong (reliability: V14)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flowlens.access.jwts import ALGORITHMS
from flowlens.access.oidc import Attempt, Client
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

NOW = 1_800_000_000
CLIENT = Client("https://id.example", "flowlens", "https://flowlens.example/api/v1/session/oidc")
ATTEMPT = Attempt("s" * 43, "n" * 43, "v" * 43)
ACCESS = "an access token"
RSA, STRANGER = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
SHORT = rsa.generate_private_key(65_537, 1024)  # noqa: S505 -- to be refused; the library will not make one
EC = {"ES256": ECKey.generate_key("P-256"), "ES384": ECKey.generate_key("P-384"), "ES512": ECKey.generate_key("P-521")}
CLAIMS = {
    "iss": CLIENT.issuer,
    "sub": "248289761001",
    "aud": CLIENT.client_id,
    "exp": NOW + 300,
    "iat": NOW - 1,
    "nonce": ATTEMPT.nonce,
    "email": "ada@example.com",
    "email_verified": True,
    "name": "Ada",
}
ABSENT = object()


def b64(value: bytes | str) -> str:
    return base64.urlsafe_b64encode(value.encode() if isinstance(value, str) else value).rstrip(b"=").decode()


def published(*keys: RSAKey | ECKey, **also: object) -> bytes:
    return json.dumps(
        {"keys": [{**key.as_dict(private=False), "kid": f"k{n}", **also} for n, key in enumerate(keys)]}
    ).encode()


def raw(header: str, payload: str, key: RSAKey | rsa.RSAPrivateKey = RSA) -> str:
    """Signed with RS256 whatever the header says, so that nothing but the words is wrong."""
    signing = f"{b64(header)}.{b64(payload)}"
    private = key.private_key if isinstance(key, RSAKey) else key
    assert private
    return f"{signing}.{b64(private.sign(signing.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def signed(claims: object = CLAIMS, key: RSAKey | rsa.RSAPrivateKey = RSA, **header: Any) -> str:
    return raw(json.dumps({"alg": "RS256", "kid": "k0", **header}), json.dumps(claims), key)


def but(**changed: object) -> str:
    return signed({k: v for k, v in (CLAIMS | changed).items() if v is not ABSENT})


def left_half(access: str) -> str:
    return b64(hashlib.sha256(access.encode()).digest()[:16])


def wrong_headers() -> Iterator[str]:
    others = [
        *ALGORITHMS,
        "none",
        "None",
        "NONE",
        "nOnE",
        "HS256",
        "HS384",
        "HS512",
        "EdDSA",
        "ES256K",
        "rs256",
        "RS256 ",
        "",
        "RSA-OAEP",
        "dir",
    ]
    yield from (signed(alg=alg) for alg in others if alg != "RS256")
    yield from (signed(alg=alg) for alg in (None, 1, True, ["RS256"], {"RS256": 1}))
    extensions: dict[str, list[Any]] = {
        "crit": [[], ["exp"], ["b64"], "exp"],
        "b64": [False, True],
        "zip": ["DEF"],
        "jku": ["https://evil.example/keys", "https://id.example/keys"],
        "x5u": ["https://evil.example/chain"],
        "x5c": [["MIIB"]],
        "x5t": ["abc"],
        "x5t#S256": ["abc"],
        "jwk": [STRANGER.as_dict(private=False), RSA.as_dict(private=False)],
        "enc": ["A256GCM"],
        "cty": ["JWT"],
        "iss": [CLIENT.issuer],
    }
    for name, values in extensions.items():
        yield from (signed(**{name: value}) for value in values)
        yield from (signed(key=STRANGER, **{name: value}) for value in values)
    yield from (signed(typ=typ) for typ in ("at+jwt", "logout+jwt", "dpop+jwt", "JOSE", "", 1, None))
    yield from (signed(kid=kid) for kid in ("k1", "", "K0", "k0 ", "../k0", "k0'--", None, 0, ["k0"]))
    said = json.dumps(CLAIMS)
    yield raw('{"alg":"none","alg":"RS256","kid":"k0"}', said)
    yield raw('{"alg":"RS256","alg":"RS256","kid":"k0"}', said)
    yield from (
        raw(header, said)
        for header in ("{}", "[]", "null", '"RS256"', "{", '{"alg":"RS256"}x', "[" * 2_000, '{"kid":"k0"}')
    )


def wrong_claims() -> Iterator[str]:
    issuers = (
        "https://id.example/",
        "http://id.example",
        "https://ID.example",
        "https://id.example.evil",
        "https://evil.example",
        "",
        None,
        [CLIENT.issuer],
    )
    yield from (but(iss=issuer) for issuer in (*issuers, ABSENT))
    audiences: tuple[object, ...] = (
        "other",
        "",
        None,
        [],
        ["other"],
        ["flowlens", "other"],
        ["flowlens", 1],
        {"flowlens": 1},
        "flowlens ",
        "FLOWLENS",
        1,
        ["flowlens"] * 9,
        [["flowlens"]],
    )
    yield from (but(aud=audience) for audience in (*audiences, ABSENT))
    yield from (but(azp=azp) for azp in ("other", "", None, 1, ["flowlens"]))
    yield but(aud=["flowlens", "other"], azp="other")
    no_time: tuple[object, ...] = (None, "", "soon", str(NOW + 300), True, False, [NOW + 300], {}, ABSENT)
    yield from (but(exp=at) for at in (*no_time, NOW - 60, NOW - 3_600, 0, -1, 1))
    yield from (but(iat=at) for at in (*no_time, NOW + 61, NOW + 86_400, NOW - 661, 0, -1))
    yield from (but(nbf=at) for at in (*no_time[:-1], NOW + 61, NOW + 86_400))
    yield from (
        but(nonce=nonce)
        for nonce in ("", "n" * 42, "n" * 44, "N" * 43, ATTEMPT.state, None, 1, ["n" * 43], "\ud800", ABSENT)
    )
    yield from (but(sub=sub) for sub in ("", "a" * 256, "Ä", "a\x00b", "a\nb", None, 1, True, ["a"], {"a": 1}, ABSENT))
    yield from (but(at_hash=said) for said in ("", "x", left_half("another"), left_half(ACCESS) + "=", None, 1))
    for name, number in (
        ("exp", "1e999"),
        ("exp", "Infinity"),
        ("exp", "NaN"),
        ("iat", "NaN"),
        ("iat", "-Infinity"),
        ("nbf", "NaN"),
        ("nbf", "-1e999"),
    ):
        yield raw(
            '{"alg":"RS256","kid":"k0"}', json.dumps(CLAIMS | {name: 0}).replace(f'"{name}": 0', f'"{name}": {number}')
        )
    for twice in ("iss", "sub", "aud", "exp", "nonce"):
        yield raw('{"alg":"RS256","kid":"k0"}', json.dumps(CLAIMS)[:-1] + f', "{twice}": {json.dumps(CLAIMS[twice])}}}')
    yield from (
        raw('{"alg":"RS256","kid":"k0"}', claims) for claims in ("[]", "null", '"x"', "1", "{}", "", "[{}]", "{")
    )
    yield signed(CLAIMS | {"more": "x" * 8_192})


def wrong_bytes() -> Iterator[str]:
    good = signed()
    header, payload, signature = good.split(".")
    yield from (signed(key=key) for key in (STRANGER, SHORT))
    yield from (
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        header,
        f"{header}.{payload}",
        f"{header}.{payload}.",
        f".{payload}.{signature}",
        f"{header}..{signature}",
    )
    yield from (
        f"{good}.",
        f".{good}",
        f"{good}.{signature}",
        f"{good}..",
        f" {good}",
        f"{good}\n",
        f"{good}=",
        f"{good}==",
        good + "A",
        good[:-1],
        good * 30,
    )
    yield from (f"{header}.{payload}.{'A' * size}" for size in (1, 2, 86, 342))
    yield f"{b64(json.dumps({'alg': 'none'}))}.{payload}."
    yield f"{b64(json.dumps({'alg': 'none'}))}.{payload}.{signature}"
    yield json.dumps({"payload": payload, "protected": header, "signature": signature})
    yield json.dumps({"payload": payload, "signatures": []})
    yield f"{good}~"
    yield good.replace(".", "%2E")
    for at in range(0, len(signature) - 1, 12):
        yield f"{header}.{payload}.{signature[:at]}{'A' if signature[at] != 'A' else 'B'}{signature[at + 1 :]}"
    for at in range(0, len(payload) - 1, 12):
        yield f"{header}.{payload[:at]}{'A' if payload[at] != 'A' else 'B'}{payload[at + 1 :]}.{signature}"
    # Key confusion: the public key, in every spelling, as the secret of an HMAC.
    for secret in (
        RSA.as_pem(private=False),
        RSA.as_der(private=False),
        published(RSA),
        str(RSA.as_dict(private=False)["n"]).encode(),
    ):
        for alg in ("HS256", "HS384", "HS512"):
            signing = f"{b64(json.dumps({'alg': alg, 'kid': 'k0'}))}.{payload}"
            yield f"{signing}.{b64(hmac.digest(secret, signing.encode(), 'sha' + alg[2:]))}"
    for alg, key in EC.items():
        yield jws.serialize_compact({"alg": alg, "kid": "k0"}, json.dumps(CLAIMS), key, algorithms=[alg])
