"""An OpenID provider behind the function that asks others: right, or wrong in one thing."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlsplit

from flowlens.outbound import carried
from flowlens.outbound.client import Answer, Question
from joserfc import jwt
from joserfc.jwk import RSAKey

ISSUER = "https://id.example"
KEY, STRANGER = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
CLIENT, SECRET = "flowlens & more", "a secret: with marks+"
METADATA: dict[str, object] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
    "code_challenge_methods_supported": ["S256"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "authorization_response_iss_parameter_supported": True,
}


def _right(claims: dict[str, Any]) -> None:
    """Leaves them as they are."""


@dataclass(slots=True)
class Provider:
    """Whoever is signed in there is `person`; `spoil` may change the claims, `answers` whole answers by path."""

    person: dict[str, object] = field(
        default_factory=lambda: {"sub": "0815", "email": "Ada@Example.com", "name": "Ada"}
    )
    key: RSAKey = field(default_factory=lambda: KEY)
    spoil: Callable[[dict[str, Any]], None] = _right
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def call(self, name: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """In the place of the function outside the network."""
        assert name == "outbound-ask"
        question = carried.read_question(json.loads(json.dumps(event)))
        self.asked.append(question)
        return carried.answer(self.answers.get(urlsplit(question.url).path) or self._answer(question))

    def signs_in(self, location: str) -> str:
        """Somebody follows the location and shows who they are: the query they come back with."""
        asked = dict(parse_qsl(urlsplit(location).query))
        code = f"code{len(self._codes)}"
        self._codes[code] = asked
        return f"code={code}&state={asked['state']}&iss=https%3A%2F%2Fid.example"

    def _answer(self, question: Question) -> Answer:
        path = urlsplit(question.url).path
        if path.endswith("openid-configuration"):
            return _json(METADATA)
        if path == "/keys":
            return _json({"keys": [{**self.key.as_dict(private=False), "kid": "one", "use": "sig"}]})
        return self._redeem(question)

    def _redeem(self, question: Question) -> Answer:
        kind, _, pair = question.headers.get("authorization", "").partition(" ")
        user, _, password = base64.b64decode(pair).decode().partition(":")
        if (kind, unquote_plus(user), unquote_plus(password)) != ("Basic", CLIENT, SECRET):
            return _json({"error": "invalid_client"}, 401)
        said = {name: values[0] for name, values in parse_qs(question.content.decode()).items()}
        asked = self._codes.pop(said["code"], None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(said["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if asked is None or proof != asked["code_challenge"] or said["redirect_uri"] != asked["redirect_uri"]:
            return _json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": asked["nonce"], **self.person,
        }  # fmt: skip
        if "max_age" in asked:
            claims["auth_time"] = now
        self.spoil(claims)
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return _json({"id_token": token, "access_token": "at", "token_type": "Bearer"})


def _json(document: object, status: int = 200) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(document).encode())
