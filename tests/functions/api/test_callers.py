"""From where somebody calls: who is believed."""

from __future__ import annotations

import pytest

from functions.api.deps import FRONT, VIEWER
from tests.functions.api.test_sessions import OWN, Browser, browser, hashed, person

__all__ = ["browser", "hashed", "person"]  # fixtures


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({}, "192.0.2.77"),
        ({VIEWER: "203.0.113.9"}, "192.0.2.77"),
        ({VIEWER: "203.0.113.9", FRONT: "guessed"}, "192.0.2.77"),
        ({VIEWER: "203.0.113.9", FRONT: ""}, "192.0.2.77"),
        ({"x-forwarded-for": "203.0.113.9", "cloudfront-viewer-address": "203.0.113.9:1"}, "192.0.2.77"),
        ({VIEWER: "203.0.113.9", FRONT: "cloudfront"}, "203.0.113.9"),
        ({FRONT: "cloudfront"}, "192.0.2.77"),
    ],
)
def test_an_address_is_the_gateways_or_cloudfronts_word(
    browser: Browser, headers: dict[str, str], address: str
) -> None:
    browser.headers = {**OWN, **headers}
    browser.sign_in()
    assert [one["address"] for one in browser("/sessions").json()["items"]] == [address]
