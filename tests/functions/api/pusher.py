"""Google as it pushes: keys that it publishes, tokens that it signs, messages in their envelopes."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from flowlens.outbound import carried
from flowlens.outbound.client import Answer
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.functions.api.gateway import Ask, Reply

ISSUER, KEYS = "https://accounts.google.com", "https://www.googleapis.com/oauth2/v3/certs"
ACCOUNT, SUBSCRIPTION = "flowlens-push@shop.iam.gserviceaccount.com", "projects/shop/subscriptions/flowlens"
NOTHING: Mapping[str, object] = {}
KEY, STRANGER = RSAKey.generate_key(2048), RSAKey.generate_key(2048)


@dataclass(slots=True)
class Google:
    """Answers in the place of the function outside the network; `away`: nobody does."""

    key: RSAKey = field(default_factory=lambda: KEY)
    kid: str = "one"
    away: bool = False
    asked: int = 0

    def call(self, name: str, event: Mapping[str, Any]) -> dict[str, Any]:
        assert name == "outbound-ask"
        self.asked += 1
        question = carried.read_question(json.loads(json.dumps(event)))
        told: dict[str, Any] = {"issuer": ISSUER, "jwks_uri": KEYS}
        if question.url == KEYS:
            told = {"keys": [{**self.key.as_dict(private=False), "kid": self.kid, "use": "sig", "alg": "RS256"}]}
        else:
            assert question.url == f"{ISSUER}/.well-known/openid-configuration"
        return carried.answer(Answer(503 if self.away else 200, {}, json.dumps(told).encode()))

    def token(
        self, audience: str, *, key: RSAKey | None = None, kid: str | None = None, but: Mapping[str, object] = NOTHING
    ) -> str:
        """As Pub/Sub bears it, but for what is said to be otherwise; None leaves a claim out."""
        now = int(time.time())
        claims = {
            "aud": audience, "azp": "117368", "email": ACCOUNT, "email_verified": True, "exp": now + 3_600, "iat": now,
            "iss": ISSUER, "sub": "117368", **but,
        }  # fmt: skip
        said = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": kid or self.kid, "typ": "JWT"}, said, key or self.key)


def envelope(text: str | bytes, id: str = "1", subscription: str = SUBSCRIPTION, **but: object) -> dict[str, Any]:
    """A message as Pub/Sub wraps it."""
    data = base64.b64encode(text.encode() if isinstance(text, str) else text).decode()
    message = {
        "data": data, "messageId": id, "message_id": id, "publishTime": "2026-11-27T10:00:00.1Z",
        "attributes": {"logging.googleapis.com/timestamp": "2026-11-27T10:00:00Z"}, **but,
    }  # fmt: skip
    return {"message": message, "subscription": subscription}


def gate_of(ask: Ask, name: str = "pushed", **settings: str) -> dict[str, Any]:
    """A feed that is pushed to, and its gate."""
    said = {"account": ACCOUNT, "subscription": SUBSCRIPTION, **settings}
    feed = ask("/feeds", method="POST", body={"kind": "gcp_pubsub", "name": name, "settings": said})
    assert feed.status == 201, feed.json()
    gate: dict[str, Any] = ask(f"/feeds/{feed.json()['id']}/push").json()["gate"]
    return {**gate, "feed": feed.json()}


def push(gateway: Ask, path: str, token: str | None, body: object, **headers: str) -> Reply:
    return gateway.as_(token)(path, method="POST", body=body, headers=headers)


def waiting() -> list[dict[str, Any]]:
    """What lies on the stream of what waits to be read."""
    return [json.loads(one)["pushed"] for one in payloads()]


def payloads() -> list[bytes]:
    found = boto3.client("kinesis")
    shard = found.get_shard_iterator(
        StreamName="log-events", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    return [record["Data"] for record in found.get_records(ShardIterator=shard["ShardIterator"])["Records"]]
