"""Gates that clouds push flow logs through."""

from __future__ import annotations

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from functions.api.shapes.fields import Out, Time

_GATE = "3f0b4a3c-0c1e-4d8f-9d55-0f0c7b1f6a2e"
_REFUSAL: JsonDict = {
    "reason": "push_audience",
    "times": 3,
    "last_at": "2026-11-27T10:04:12Z",
    "detail": "the token is for somebody else: give the subscription this feed's audience",
}
_PUSH: JsonDict = {
    "path": f"/api/v1/pushes/{_GATE}/pubsub",
    "audience": f"urn:flowlens:push:{_GATE}",
    "has_secret": False,
    "made_at": "2026-11-22T08:15:10Z",
    "heard_at": "2026-11-27T10:04:12Z",
    "former_until": "2026-11-23T08:15:10Z",
    "refusals": [_REFUSAL],
    "secret": "",
}


class Refusal(Out):
    """What was refused at a gate in the last day, by reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REFUSAL]}, from_attributes=True)

    reason: str = Field(description="a short name that stays")
    times: int
    last_at: Time
    detail: str = Field(description="of the last one")


class Push(Out):
    """The gate of a feed: where to push, and what to bear."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PUSH]}, from_attributes=True)

    path: str = Field(description="below the address of FlowLens; made by it, and no other feed of anybody has it")
    audience: str = Field(description="`aud` of the tokens that it opens to; empty where a secret is borne")
    has_secret: bool
    made_at: Time = Field(description="when the address, or the secret, was made")
    heard_at: Time | None = Field(description="when somebody was last let in, to the minute")
    former_until: Time | None = Field(description="until then the secret before is good as well")
    refusals: list[Refusal] = Field(description="of the last day, the most frequent first")
    secret: str = Field(description="told in the answer to making it, and never again")


class Gates(Out):
    """A feed's gate; null: it has none yet."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"gate": _PUSH}]}, from_attributes=True)

    gate: Push | None


class Allowed(Out):
    """What Event Grid wants to hear where it asks whether events are wanted; empty for events."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"validationResponse": ""}]})

    validationResponse: str  # noqa: N815 (Microsoft's name)


class Welcome(Out):
    """Who may send events here, and how often; the headers `webhook-allowed-…` say the same."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"origin": "eventgrid.azure.net", "rate": 120}]})

    origin: str
    rate: int = Field(description="calls a minute")
