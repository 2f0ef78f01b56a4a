"""Objects of Cloud Storage are fetched a generation each, counted once, and what is wrong has a name."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta

import pytest
from flowlens.outbound.stores import Gone
from flowlens.services import visits
from flowlens.store import dead_letters
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.tables import visits as marks

from functions.outbound import visit
from tests import google_storage
from tests.estates import ESTATE, google_log
from tests.functions.objects.test_read import aside, count, feed, put, tell, world
from tests.functions.objects.visiting import (
    Cut,
    cut,
    errand,
    fetched,
    go,
    octets,
    set_up,
    state,
    taken,
    two_at_once,
    visiting,
)
from tests.google_storage import ACCOUNT, Storage
from tests.postgres import TENANT

__all__ = ["world"]  # a fixture
TODAY = f"{datetime.now(UTC):%Y/%m/%d}"
NAME = f"compute.googleapis.com/vpc_flows/{TODAY}/09:00:00_09:59:59_S0.json"


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Generator[Storage]:
    with google_storage.running(tmp_path_factory.mktemp("google")) as storage:
        yield storage


@pytest.fixture(scope="module")
def key(google: Storage) -> str:
    return google.key()


@pytest.fixture
def place(
    google: Storage,
    world: None,  # noqa: ARG001 (a fixture for its effect)
    monkeypatch: pytest.MonkeyPatch,
) -> Generator[Storage]:
    """The function can be called."""
    google.front.planned.clear()
    google.front.asked.clear()
    with visiting(monkeypatch, google.front.certificate.read_text()):
        yield google


def of(app: Connection, place: Storage, secret: str, prefix: str, **other: str) -> int:
    return set_up(app, "gcp_storage", {**place.settings(prefix), **other}, secret)


def lines(first: int = 0, last: int | None = None) -> bytes:
    return b"".join(google_log().splitlines(keepends=True)[first:last])


def test_what_a_sink_wrote_is_fetched_and_another_generation_adds_what_is_new(
    place: Storage, app: Connection, key: str
) -> None:
    place.put("grows/" + NAME, lines(0, 8))
    id = of(app, place, key, "grows/")
    assert go() + go() == []
    assert len(fetched()) == 1
    assert tell(*fetched()) == []
    first = count(app)
    place.put("grows/" + NAME, lines())
    place.put(f"grows/compute.googleapis.com/vpc_flows/{TODAY}/08:00:00_08:59:59_A0.json", lines(4, 12))
    assert go() + go() == []
    assert len(fetched()) == 3
    assert tell(*fetched(), *fetched()) == []
    whole = count(app)
    one = feed(app)
    assert (first[1] < whole[1], state(id), aside(app)) == (True, ("", 0), [])
    assert (one.logs, one.has_secret) == (3, True)
    assert tell(*fetched()) == []
    assert count(app) == whole


def test_a_feed_counts_what_the_same_log_counts_that_is_delivered(place: Storage, app: Connection, key: str) -> None:
    assert tell(put(google_log(), key="delivered.json")) == []
    delivered = count(app)
    place.put("same/" + NAME, google_log())
    of(app, place, key, "same/")
    assert go() == []
    assert tell(*fetched()) == []
    assert count(app) == delivered, "its parts are named by their text: it is the same log"


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_visit_that_is_killed_is_repeated_to_the_octet(
    place: Storage, app: Connection, monkeypatch: pytest.MonkeyPatch, key: str, where: str
) -> None:
    place.put(f"killed-{where}/{NAME}", lines())
    id = of(app, place, key, f"killed-{where}/")
    with cut(monkeypatch, where), pytest.raises(Cut):
        visits.visit(errand(app, "gcp_storage", id), visit.desk(), lambda: True)
    before = octets()
    assert (state(id), len(before)) == (("visit_failed", 0), int(where == "after"))
    assert go() == []
    assert len(octets()) == 1
    assert before.items() <= octets().items()
    assert list(octets().values()) == [lines()]
    assert tell(*fetched()) == []
    assert (state(id), aside(app), feed(app).logs) == (("", 0), [], 1)


def test_two_visits_at_once_fetch_the_same_and_it_counts_once(
    place: Storage, app: Connection, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        place.put(f"both/{number}/{NAME}", lines(4 * number, 4 * number + 4))
    id = of(app, place, key, "both/")
    one = errand(app, "gcp_storage", id)
    two_at_once(one, monkeypatch)
    assert go() == []
    assert tell(*fetched(), *fetched()) == []
    assert (len(fetched()), state(id), feed(app).logs, feed(app).flows) == (5, ("", 0), 5, 4 * len(ESTATE))


def test_a_log_larger_than_a_piece_comes_in_pieces_and_a_list_in_pages(
    place: Storage, app: Connection, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr(visits, "PIECE", 1000)
    for number in range(7):
        place.put(f"pages/{number}/{NAME}", lines())
    id = of(app, place, key, "pages/")
    one = errand(app, "gcp_storage", id)
    listed = list(visits.place(one, visit.desk(), page=2).listed(datetime.now(UTC)))
    assert [found.name[6] for found in listed] == list("0123456")
    pages = [asked.path for asked in place.front.asked if "maxResults=2" in asked.path]
    assert (len(pages), sum("pageToken=" in path for path in pages)) == (4, 3)
    assert go() == []
    assert set(octets().values()) == {lines()}
    assert len({asked.headers["range"] for asked in place.front.asked if "range" in asked.headers}) > 1


def test_days_that_are_long_past_are_not_listed(place: Storage, app: Connection, key: str) -> None:
    now = datetime.now(UTC)
    days = [f"{now - timedelta(days=back):%Y/%m/%d}" for back in (0, 1, 2, 20, 21, 22, 23, 24)]
    for day in days:
        place.put(f"days/{day}/09:00:00_09:59:59_S0.json", lines())
    id = of(app, place, key, "days/")
    store = visits.place(errand(app, "gcp_storage", id), visit.desk(), page=3)
    found = [one.name.removeprefix("days/")[:10] for one in store.listed(now)]
    assert sorted(set(found), reverse=True) == days[:2]
    assert sum("/o?" in one.path for one in place.front.asked) == 2
    assert (
        len(list(visits.place(errand(app, "gcp_storage", id), visit.desk(), page=3).listed(now - timedelta(90)))) == 8
    )


def test_an_object_that_is_rewritten_or_removed_while_it_is_read_is_left_to_the_next_look(
    place: Storage, app: Connection, key: str
) -> None:
    place.put("moves/a/" + NAME, lines(0, 8))
    place.put("moves/b/" + NAME, lines(0, 8))
    id = of(app, place, key, "moves/")
    store = visits.place(errand(app, "gcp_storage", id), visit.desk())
    a, b = store.listed(datetime.now(UTC))
    place.put("moves/a/" + NAME, lines(8))
    place.remove("moves/b/" + NAME)
    for one in (a, b):
        with pytest.raises(Gone):
            store.piece(one, 0, one.size)
    assert go() == []
    assert (list(octets().values()), state(id)) == ([lines(8)], ("", 0))


def test_an_object_of_another_encoding_or_too_large_is_named_and_others_are_read(
    place: Storage, app: Connection, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    place.put("odd/a/" + NAME, lines(), encoding="gzip")
    place.put("odd/b/" + NAME, lines() * 3)
    place.put("odd/c/" + NAME, lines())
    id = of(app, place, key, "odd/")
    with monkeypatch.context() as patched:
        patched.setattr(visits, "_MOST", 2 * len(lines()))
        assert go() + go() == []
    told = taken("flow-logs")
    assert tell(*told, *fetched()) == []
    assert (sorted(aside(app)), state(id)) == (["object_encoding", "object_size"], ("", 0))
    assert len(fetched()) == 1
    with tenant_transaction(app, TENANT):
        for letter in dead_letters.page(app, TENANT, limit=3):
            if letter.reason == "object_size":
                dead_letters.decide(app, TENANT, letter.id, "retrying")
    tell(*told)
    assert go() == []
    assert (len(fetched()), aside(app)) == (2, ["object_encoding"])


Made = Callable[[Storage], str]
NOT_OURS, STRANGER = "x@y.iam.gserviceaccount.com", "https://evil.example/token"
WRONG: dict[str, tuple[Made, dict[str, str], str]] = {
    "no JSON": (lambda _: "sesame", {}, "credential_form"),
    "no key file": (lambda _: json.dumps({"type": "authorized_user"}), {}, "credential_form"),
    "no key": (lambda place: place.key(private_key="sesame"), {}, "credential_form"),
    "another account": (lambda place: place.key(), {"account": NOT_OURS}, "credential_form"),
    "signs in elsewhere": (lambda place: place.key(token_uri=STRANGER), {}, "credential_form"),
    "deleted": (lambda place: place.key(known=False), {}, "credential_refused"),
    "no right": (lambda place: place.key(NOT_OURS, reads=False), {}, "credential_rights"),
    "no bucket": (lambda place: place.key(), {"bucket": "gone-for-good"}, "bucket_missing"),
    "inside": (lambda place: place.key(), {"storage": "https://169.254.169.254"}, "place_refused"),
    "nobody there": (lambda place: place.key(), {"storage": "https://127.0.0.1:1"}, "place_unreachable"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_open_the_place_has_a_name_on_the_feed(place: Storage, app: Connection, case: str) -> None:
    made, other, problem = WRONG[case]
    id = of(app, place, made(place), "wrong/", **other)
    assert go() == []
    assert (state(id), aside(app), fetched()) == ((problem, 0), [], [])
    found = marks.state("visit-marks", f"{TENANT}/{id}")
    assert found is not None
    assert not any(word in found.detail for word in ("PRIVATE", "ya29", "evil.example"))


def test_a_key_whose_token_was_taken_back_is_refused(place: Storage, app: Connection, key: str) -> None:
    id = of(app, place, key, "taken-back/")
    place.front.plan("/token", 200, json.dumps({"access_token": "ya29.nobodys"}).encode())
    assert go() == []
    assert state(id) == ("credential_refused", 0)


LIMIT = json.dumps({"error": {"code": 403, "errors": [{"reason": "rateLimitExceeded"}]}}).encode()
BUSY: dict[str, tuple[str, int, bytes, dict[str, str]]] = {
    "429": ("/o\\?", 429, b"", {"retry_after": "120"}),
    "503": ("alt=media", 503, b"", {"retry_after": "120"}),
    "403": ("/o\\?", 403, LIMIT, {"retry_after": "120"}),
    "a date": ("/o\\?", 429, b"", {"retry_after": "date"}),
    "signing in": ("/token", 429, b"", {"retry_after": "120"}),
}


@pytest.mark.parametrize("case", BUSY)
def test_a_place_that_is_busy_is_left_alone_as_long_as_it_says(
    place: Storage, app: Connection, key: str, case: str
) -> None:
    path, status, body, headers = BUSY[case]
    if headers["retry_after"] == "date":
        headers = {"retry_after": f"{datetime.now(UTC) + timedelta(seconds=120):%a, %d %b %Y %H:%M:%S GMT}"}
    place.put("busy/" + NAME, lines())
    id = of(app, place, key, "busy/")
    place.front.plan(path, status, body, **headers)
    assert go() == []
    asked = len(place.front.asked)
    assert go() == []
    assert (state(id), len(place.front.asked)) == (("quota", 0), asked), "nobody asks before"
    found = marks.state("visit-marks", f"{TENANT}/{id}")
    assert found is not None
    assert 100 <= found.rest - found.visited <= 120
    found.rest = time.time() - 1
    found.save()
    assert go() == []
    assert (state(id), len(fetched())) == (("", 0), 1)


def test_the_token_is_asked_for_once_a_visit_to_read_and_nothing_else(
    place: Storage, app: Connection, key: str
) -> None:
    for number in range(3):
        place.put(f"token/{number}/{NAME}", lines())
    of(app, place, key, "token/")
    assert go() == []
    assert [one.path for one in place.front.asked].count("/token") == 1
    assert {one.method for one in place.front.asked if one.path != "/token"} == {"GET"}
    assert place.accounts.tokens[place.front.asked[-1].headers["authorization"].removeprefix("Bearer ")] == ACCOUNT


@pytest.mark.usefixtures("place")
def test_a_key_that_signs_in_elsewhere_is_taken_only_where_the_settings_say_so(app: Connection, key: str) -> None:
    id = set_up(app, "gcp_storage", {"bucket": google_storage.BUCKET}, key)
    assert go() == []
    assert state(id)[0] == "credential_form"
