"""A person opens the running product in a real browser: the map, a node, its evidence, the tables, and accounts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from cdk.local.welcome import first_link
from tests import provider
from tests.stack import start

WEB = Path(__file__).parents[2] / "web"


@pytest.mark.browser
@pytest.mark.timeout(1_200)
def test_the_demo_estate_is_seen_selected_and_explained_in_a_browser(tmp_path: Path) -> None:
    at, saml = provider.place(tmp_path / "provider"), provider.place(tmp_path / "saml")
    authorities = tmp_path / "authorities.pem"
    authorities.write_bytes(at.certificate.read_bytes() + saml.certificate.read_bytes())
    stack = start(tmp_path / "home", "--demo", "--outbound", "127.0.0.1/32", "--authorities", str(authorities))
    link = first_link(stack.url, stack.token)
    assert link is not None
    told = {
        "FLOWLENS_URL": stack.url,
        "FLOWLENS_TOKEN": stack.token,
        "FLOWLENS_LINK": link,
        "FLOWLENS_PROVIDER": at.url,
        "FLOWLENS_SAML": saml.url,
    }
    try:
        with (
            provider.running(at, redirect=f"{stack.url}/signed-in"),
            provider.running_saml(saml, receiver=f"{stack.url}/api/v1/session/saml"),
        ):
            run = subprocess.run(
                ["node_modules/.bin/playwright", "test"],
                cwd=WEB,
                env={**os.environ, **told, "CI": "1"},
                capture_output=True,
                text=True,
                timeout=1_100,
                check=False,
            )
    finally:
        stack.stop()
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
