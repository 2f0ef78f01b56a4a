"""What is believed of a push: the right token of Google's, and none of some two hundred that are nearly right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from flowlens.access import pushed
from flowlens.access.pushed import Bearer
from flowlens.model.errors import Forged

from tests.unit.access.nearly import ABSENT, CLAIMS, NOW, RSA, STRANGER, but, published, raw, signed
from tests.unit.access.nearly import wrong_bytes as nearly_bytes
from tests.unit.access.nearly import wrong_headers as nearly_headers

BEARER = Bearer("https://id.example", "flowlens", "ada@example.com")


def reason(token: str, keys: bytes | None = None, *, now: float = NOW) -> str:
    """Why it is refused; empty when it is believed."""
    try:
        pushed.check(token, keys or published(RSA), BEARER, now=now)
    except Forged as forged:
        return forged.reason
    return ""


def wrong_claims() -> Iterator[tuple[str, str]]:
    issuers = (
        "https://id.example/",
        "http://id.example",
        "id.example",
        "https://ID.example",
        "",
        None,
        [BEARER.issuer],
    )
    yield from (("push_issuer", but(iss=issuer)) for issuer in (*issuers, ABSENT))
    audiences = (
        "other",
        "",
        None,
        ["flowlens"],
        ["flowlens", "x"],
        {"flowlens": 1},
        "flowlens ",
        "FLOWLENS",
        1,
        ABSENT,
    )
    yield from (("push_audience", but(aud=audience)) for audience in audiences)
    accounts = ("eve@example.com", "Ada@example.com", "ada@example.com.evil", "", None, 1, ["ada@example.com"], ABSENT)
    yield from (("push_account", but(email=account)) for account in accounts)
    yield from (("push_account", but(email_verified=said)) for said in (False, None, "true", 1, "", [True], ABSENT))
    no_time: tuple[object, ...] = (None, "", str(NOW + 300), True, [NOW + 300], {}, ABSENT)
    yield from (("push_time", but(exp=at)) for at in (*no_time, NOW + 3_661, NOW + 86_400))
    yield from (("push_expired", but(exp=at)) for at in (NOW - 60, NOW - 3_600, 0, -1))
    yield from (("push_time", but(iat=at)) for at in (*no_time, NOW + 61, NOW - 86_400, 0))
    yield from (("push_time", but(nbf=at)) for at in (*no_time[:-1], NOW + 61))
    for twice in ("iss", "aud", "exp", "email", "email_verified"):
        doubled = json.dumps(CLAIMS)[:-1] + f', "{twice}": {json.dumps(CLAIMS[twice])}}}'
        yield "push_signature", raw('{"alg":"RS256","kid":"k0"}', doubled)
    for claims in ("[]", "null", '"x"', "1", "", "{"):
        yield "push_signature", raw('{"alg":"RS256","kid":"k0"}', claims)
    yield from (("push_signature", signed(key=key)) for key in (STRANGER,))


def test_what_is_wrong_with_a_token_has_a_name() -> None:
    told = [(reason(token), wanted, token) for wanted, token in wrong_claims()]
    assert [one for one in told if one[0] != one[1]] == []
    assert len(told) > 50


@pytest.mark.parametrize("made", [nearly_headers, nearly_bytes])
def test_no_other_algorithm_key_or_form_is_taken(made: Callable[[], Iterator[str]]) -> None:
    tokens = list(made())
    assert {reason(token) for token in tokens} == {"push_signature"}
    assert len(tokens) > 70


@pytest.mark.parametrize(
    "token",
    [signed(), signed(typ="JWT"), but(exp=NOW - 59), but(iat=NOW + 59), but(nbf=NOW), but(azp="1173", sub="1173")],
)
def test_what_is_right_is_believed(token: str) -> None:
    assert reason(token) == ""
