"""Keys of issuers: asked for once an hour, again when they changed, and never as often as forged tokens want."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from flowlens.model.errors import Invalid, Unready
from flowlens.outbound.client import Answer, Question
from flowlens.services import published
from flowlens.services.outside import Outside
from flowlens.services.published import Ring

from tests.unit.access.nearly import RSA, STRANGER, signed
from tests.unit.access.nearly import published as jwks

ISSUER = "https://id.example"


@dataclass(slots=True)
class Issuer:
    """Publishes `keys`, says that it is `called`, and may be away."""

    keys: bytes = field(default_factory=lambda: jwks(RSA))
    called: str = ISSUER
    where: str = "https://keys.example/jwks"
    away: bool = False
    now: float = 1_000.0
    asked: list[str] = field(default_factory=list)

    def ask(self, question: Question, *, what: str) -> Answer:
        self.asked.append(urlsplit(question.url).path)
        if self.away:
            raise Invalid(f"{what}: nobody answers there")
        told = {"issuer": self.called, "jwks_uri": self.where}
        content = json.dumps(told).encode() if question.url.endswith("configuration") else self.keys
        return Answer(200, {}, content)


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Issuer:
    made = Issuer()
    monkeypatch.setattr(Outside, "ask", lambda _, question, *, what: made.ask(question, what=what))
    return made


@pytest.fixture
def ring(issuer: Issuer) -> Ring:
    return Ring(Outside("outbound-ask"), clock=lambda: issuer.now)


def test_keys_are_asked_for_once_an_hour(issuer: Issuer, ring: Ring) -> None:
    for seconds, asked in ((0, 2), (61, 2), (3_500, 2), (40, 4), (61, 4)):
        issuer.now += seconds
        assert ring.of(ISSUER, signed(), "RS256") == jwks(RSA)
        assert len(issuer.asked) == asked


def test_a_key_that_is_new_is_asked_for_and_a_forged_one_at_most_once_a_minute(issuer: Issuer, ring: Ring) -> None:
    ring.of(ISSUER, signed(), "RS256")
    issuer.keys = jwks(RSA, STRANGER)
    issuer.now += 59
    assert ring.of(ISSUER, signed(kid="k1"), "RS256") == jwks(RSA)
    issuer.now += 1
    assert ring.of(ISSUER, signed(kid="k1"), "RS256") == jwks(RSA, STRANGER)
    asked = len(issuer.asked)
    for _ in range(100):
        ring.of(ISSUER, signed(kid="made up"), "RS256")
    assert len(issuer.asked) == asked
    issuer.now += 61
    for token in ("", "a.b.c", "x" * 9_000, signed(alg="none", kid="k9"), signed()):
        ring.of(ISSUER, token, "RS256")
    assert len(issuer.asked) == asked, "what is no token is not worth a question"


def test_an_issuer_that_is_away_is_not_missed_for_a_day(issuer: Issuer, ring: Ring) -> None:
    ring.of(ISSUER, signed(), "RS256")
    issuer.away = True
    issuer.now += 86_300
    assert ring.of(ISSUER, signed(), "RS256") == jwks(RSA)
    asked = len(issuer.asked)
    issuer.now += 30
    assert ring.of(ISSUER, signed(), "RS256") == jwks(RSA)
    issuer.now += 71
    with pytest.raises(Unready):
        ring.of(ISSUER, signed(), "RS256")
    assert len(issuer.asked) == asked + 1
    with pytest.raises(Unready):
        ring.of(ISSUER, signed(), "RS256")
    issuer.away = False
    issuer.now += 61
    assert ring.of(ISSUER, signed(), "RS256") == jwks(RSA)


def test_an_issuer_that_never_answered_is_asked_once_a_minute(issuer: Issuer, ring: Ring) -> None:
    issuer.away = True
    for _ in range(5):
        with pytest.raises(Unready):
            ring.of(ISSUER, signed(), "RS256")
    assert len(issuer.asked) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("called", "https://another.example"), ("where", "http://keys.example/jwks"), ("where", ""), ("keys", b"<html>")],
)
def test_what_an_issuer_says_of_itself_must_fit(issuer: Issuer, ring: Ring, name: str, value: object) -> None:
    setattr(issuer, name, value)
    with pytest.raises(Unready):
        ring.of(ISSUER, signed(), "RS256")


def test_no_more_issuers_are_remembered_than_fit(issuer: Issuer, ring: Ring) -> None:
    for number in range(published._MOST + 10):
        issuer.called = f"https://id{number}.example"
        ring.of(issuer.called, signed(), "RS256")
    assert len(ring._kept) == published._MOST
