"""A home is its owner's alone, and one stack's at a time."""

from __future__ import annotations

import os
import socket
from itertools import pairwise
from pathlib import Path

import pytest
from flowlens.model.errors import Conflict, Invalid

from cdk import manifest
from cdk.local import ports, resources, up
from cdk.local.children import NotStarted
from cdk.local.home import Home
from cdk.local.resources import Database, Resources
from cdk.local.supervisor import Wishes
from cdk.local.watch import Watched
from cdk.manifest import Kind, Ref


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    return made


def test_what_it_keeps_is_readable_by_its_owner_alone(home: Home) -> None:
    home.write_token("fl_secret")
    home.write_run({"url": "http://127.0.0.1:1"})
    assert home.path.stat().st_mode & 0o077 == 0
    assert [path.stat().st_mode & 0o077 for path in (home.token_file, home.run_file)] == [0, 0]
    assert home.read_token() == "fl_secret"


def test_a_second_stack_is_told_where_the_first_is(home: Home) -> None:
    home.write_run({"url": "http://127.0.0.1:8080"})
    lock = home.lock()
    assert home.held()
    with pytest.raises(Conflict, match=r"already running with .*: http://127"):
        home.lock()
    os.close(lock)
    assert not home.held()


def test_a_home_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Invalid, match="--home"):
        Home(tmp_path / "file" / "home").make()


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"])
def test_real_credentials_stop_the_start_unless_it_is_wanted(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "AKIAREALLOOKING")
    with pytest.raises(Invalid, match=f"{name} is set.*--embedded"):
        up.run(Wishes(home=home))


def test_an_interface_that_cannot_be_captured_is_refused_before_anything_starts(home: Home) -> None:
    with pytest.raises(Invalid, match="'absent' is none"):
        up.run(Wishes(home=home, capture=("absent",)), embedded=True)
    assert not list(home.logs.iterdir())


def test_an_address_that_is_none_is_refused_before_anything_starts(home: Home) -> None:
    with pytest.raises(Invalid, match="'router-1' is none"):
        Wishes(home=home, listen=("router-1",))


def test_a_customary_port_is_taken_only_when_it_is_free() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert ports.choose(socket.SOCK_DGRAM, None, port) != port
        with pytest.raises(Invalid, match=f"port {port} is taken"):
            ports.choose(socket.SOCK_DGRAM, port, 1)
    assert ports.choose(socket.SOCK_DGRAM, None, port) == port


def test_a_child_that_keeps_dying_is_started_ever_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, starts = [1000.0], []
    monkeypatch.setattr("cdk.local.watch.time.monotonic", lambda: clock[0])
    child = Watched(name="the collector", alive=lambda: False, restart=lambda: starts.append(clock[0]))
    for _ in range(200):
        child.look()
        clock[0] += 0.5
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert starts[0] == 1000.0
    assert gaps == sorted(gaps)
    assert gaps[0] <= 4
    assert max(gaps) <= 31


def test_a_child_that_cannot_be_started_is_told_and_tried_again() -> None:
    def refuse() -> None:
        raise NotStarted("the collector did not start")

    child = Watched(name="the collector", alive=lambda: False, restart=refuse)
    assert child.look() == "the collector had stopped and cannot be started: the collector did not start"
    assert child.restarts == 1


def test_every_ref_of_the_manifest_has_a_value_here(tmp_path: Path) -> None:
    where = Database(host="127.0.0.1", port=5432, dbname="flowlens", owner="flowlens", password="p")  # noqa: S106
    made = Resources(endpoint="http://127.0.0.1:1", database=where, archive=tmp_path)
    for spec in made.functions():
        assert all(isinstance(value, str) for value in spec.environment.values())
        assert spec.environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert made.resolve(Ref(Kind.ARCHIVE_URL, "flows")) == (tmp_path / "flows").as_uri()
    assert made.resolve(Ref(Kind.QUEUE_URL, "q")) == "http://127.0.0.1:1/123456789012/q"


def test_nothing_of_the_users_aws_settings_reaches_a_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "PGPASSWORD"):
        monkeypatch.setenv(name, "real")
    where = Database(host="127.0.0.1", port=5432, dbname="flowlens", owner="flowlens", password="p")  # noqa: S106
    made = Resources(endpoint="http://127.0.0.1:1", database=where, archive=tmp_path)
    assert "real" not in made.environment(manifest.COLLECTOR).values()


@pytest.mark.parametrize("workflow", manifest.WORKFLOWS)
def test_a_workflow_names_the_functions_that_are_served(workflow: manifest.Workflow) -> None:
    text = resources.definition(workflow)
    assert "${" not in text
    assert all(resources.deployed(f"{workflow.name}.{task}") in text for task in workflow.tasks)
