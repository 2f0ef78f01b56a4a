"""The address of FlowLens on one machine serves the built pages as the site does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from cdk.local import edge
from cdk.local.runtime import Outcome


def never(_: bytes) -> Outcome:
    raise AssertionError("a page needs no function")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>FlowLens</title>")
    (tmp_path / "assets" / "entry-1a2b.js").write_text("0")
    application = edge.app(invoke=never, pages=tmp_path, config={"api": "/api/v1"}, status=dict)
    with TestClient(application, base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/map", "/dependencies/12", "/assets"])
def test_every_page_is_the_one_document(site: TestClient, path: str) -> None:
    answer = site.get(path)
    assert answer.status_code == 200
    assert "FlowLens" in answer.text
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Security-Policy"] == edge.CONTENT_POLICY


def test_hashed_files_last_and_missing_ones_are_missing(site: TestClient) -> None:
    assert "immutable" in site.get("/assets/entry-1a2b.js").headers["Cache-Control"]
    assert site.get("/assets/entry-9z9z.js").status_code == 404


def test_another_name_for_this_machine_is_refused(site: TestClient) -> None:
    assert site.get("/", headers={"Host": "rebound.example"}).status_code == 400


def test_pages_that_were_never_built_say_how_to_build_them(tmp_path: Path) -> None:
    application = edge.app(invoke=never, pages=tmp_path, config={}, status=dict)
    with TestClient(application, base_url="http://127.0.0.1") as client:
        answer = client.get("/")
    assert answer.status_code == 503
    assert "make up" in answer.text
