"""Blobs of Azure are fetched as they grow, counted once whatever is cut off, and what is wrong has a name."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from typing import Any
from uuid import UUID

import pytest
from flowlens.flows import feeding
from flowlens.flows.reading import happenings
from flowlens.services import errands, eventgrid, visits
from flowlens.services.pushes import Gate
from flowlens.store import dead_letters, feeds
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.tables import visits as marks

from functions.outbound import visit
from tests import azurite_storage, tables
from tests.azurite_storage import Storage, signature
from tests.functions.objects.test_read import aside, azure_records, count, feed, tell, world
from tests.functions.objects.visiting import Cut, cut, errand, fetched, go, set_up, state, taken, two_at_once, visiting
from tests.postgres import TENANT

__all__ = ["world"]  # a fixture
NAME = "flowLogResourceID=/SUB_RG/WATCHER_FLOWLOG/y=2026/m=11/d=27/h=04/m=00/macAddress=000D3A/PT1H.json"
EACH = 2 * 3 * 2  # flows of a minute: two interfaces, three tuples, both ways; a feed counts tuples


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Generator[Storage]:
    with azurite_storage.running(tmp_path_factory.mktemp("azurite")) as storage:
        storage.create()
        yield storage


@pytest.fixture
def place(
    azurite: Storage,
    world: None,  # noqa: ARG001 (a fixture for its effect)
    monkeypatch: pytest.MonkeyPatch,
) -> Generator[Storage]:
    """The function can be called."""
    azurite.front.planned.clear()
    with visiting(monkeypatch, azurite.certificate.read_text(), azurite.front.certificate.read_text()):
        yield azurite


def of(app: Connection, storage: Storage, secret: str = signature(), **said: Any) -> int:
    return set_up(app, "azure_blob", {"container": storage.url, **said}, secret)


def test_a_blob_is_fetched_as_it_grows_and_each_piece_once(place: Storage, app: Connection) -> None:
    records = azure_records(6)
    place.append("grows/" + NAME, records[:4], before=0)
    id = of(app, place, prefix="grows/")
    assert go() == []
    assert go() == []
    assert len(fetched()) == 1
    assert tell(*fetched()) == []
    assert count(app)[1] == 2 * EACH
    place.append("grows/" + NAME, records[4:], before=4)
    assert go() == []
    assert len(fetched()) == 2
    assert tell(*fetched(), *fetched()) == []
    assert count(app)[1] == 6 * EACH
    one = feed(app)
    assert (state(id), aside(app)) == (("", 0), [])
    assert (one.logs, one.flows, one.has_secret) == (2, 6 * EACH // 2, True)
    assert one.last_data is not None


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_visit_that_is_killed_is_finished_by_the_next_though_the_blob_grew(
    place: Storage, app: Connection, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    records, name = azure_records(6), f"killed-{where}/{NAME}"
    place.append(name, records[:4], before=0)
    id = of(app, place, prefix=f"killed-{where}/")
    with cut(monkeypatch, where), pytest.raises(Cut):
        visits.visit(errand(app, "azure_blob", id), visit.desk(), lambda: True)
    assert state(id) == ("visit_failed", 0)
    assert len(fetched()) == (where == "after")
    if where == "after":
        assert tell(*fetched()) == []
    place.append(name, records[4:], before=4)
    assert go() == []
    assert len(fetched()) == 2, "the piece that was begun, as it was begun, and what came since"
    assert tell(*fetched()) == []
    assert count(app)[1] == 6 * EACH
    assert (feed(app).flows, feed(app).logs, aside(app)) == (6 * EACH // 2, 2, [])


def test_a_blob_that_shrank_is_named_disturbs_no_other_and_is_read_anew_when_somebody_retries(
    place: Storage, app: Connection
) -> None:
    records = azure_records(4)
    place.append("shrinks/a/" + NAME, records[:4], before=0)
    id = of(app, place, prefix="shrinks/")
    assert go() == []
    place.put("shrinks/a/" + NAME, json.dumps({"records": records[4:6]}).encode())
    place.append("shrinks/b/" + NAME, records[6:], before=0)
    assert go() == []
    assert go() == []
    (told,) = taken("flow-logs")
    assert tell(told, *fetched()) == []
    assert (aside(app), state(id)) == (["blob_shrank"], ("", 0))
    assert count(app)[1] == (2 + 1) * EACH
    with tenant_transaction(app, TENANT):
        (letter,) = dead_letters.page(app, TENANT, limit=2)
        dead_letters.decide(app, TENANT, letter.id, "retrying")
    assert letter.name.startswith("shrinks/a/")
    assert tell(told) == []
    assert go() == []
    assert tell(*fetched()) == []
    assert (aside(app), count(app)[1]) == ([], 4 * EACH)


WRONG = {
    "another key": (signature(key="b3RoZXI="), "", "credential_rights"),  # azurite's word for it
    "ended": (signature(ends="2020-01-01T00:00:00Z"), "", "credential_expired"),
    "no list": (signature("r"), "", "credential_rights"),
    "none": ("sesame", "", "credential_form"),
    "no container": (signature(), "-gone", "container_missing"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_open_the_place_has_a_name_on_the_feed(place: Storage, app: Connection, case: str) -> None:
    secret, suffix, problem = WRONG[case]
    id = of(app, place.named(place.url + suffix), secret)
    assert go() == []
    assert (state(id), aside(app), fetched()) == ((problem, 0), [], [])


def test_a_place_inside_the_network_is_refused_and_a_secret_opens_only_what_it_was_given_for(
    place: Storage, app: Connection
) -> None:
    inside = of(app, place.named("https://169.254.169.254/latest/meta-data"))
    moved = of(app, place, prefix="moved/")
    settings: dict[str, object] = {"container": "https://evil.example/devstoreaccount1/x", "prefix": "moved/"}
    with tenant_transaction(app, TENANT):
        feeds.update(app, TENANT, moved, feeds.Fields(settings=settings))
    assert go() == []
    assert state(inside) == ("place_refused", 0)
    assert state(moved) == ("credential_sealed", 0)


def test_a_paused_feed_is_not_visited(place: Storage, app: Connection) -> None:
    place.append("paused/" + NAME, azure_records(1), before=0)
    id = of(app, place, prefix="paused/")
    with tenant_transaction(app, TENANT):
        feeds.update(app, TENANT, id, feeds.Fields(state="paused"))
    assert go() == []
    assert (state(id), fetched()) == (("never", 0), [])


IDS = "00000000-0000-4000-8000-00000000000"


def application(storage: Storage, **other: str) -> dict[str, str]:
    return {"directory": IDS + "1", "client": IDS + "2", "authority": storage.front.url, **other}


def test_an_application_signs_in_and_reads_with_the_token_that_it_is_given(place: Storage, app: Connection) -> None:
    place.append("entra/" + NAME, azure_records(2), before=0)
    id = of(app, place, azurite_storage.CLIENT_SECRET, prefix="entra/", **application(place))
    assert go() == []
    assert tell(*fetched()) == []
    assert (state(id), count(app)[1]) == (("", 0), 2 * EACH)
    signed_in = [one for one in place.front.asked if one.path.endswith("/oauth2/v2.0/token")]
    assert signed_in[-1].path == f"/{IDS}1/oauth2/v2.0/token"


ENTRA = {
    "another secret": ("wrong", {}, "credential_refused"),
    "another application": (azurite_storage.CLIENT_SECRET, {"client": IDS + "3"}, "credential_refused"),
    "another audience": (azurite_storage.CLIENT_SECRET, {"directory": IDS + "9"}, "credential_refused"),
}


@pytest.mark.parametrize("case", ENTRA)
def test_what_entra_or_the_storage_does_not_take_has_a_name(place: Storage, app: Connection, case: str) -> None:
    secret, other, problem = ENTRA[case]
    id = of(app, place, secret, **application(place, **other))
    assert go() == []
    assert (state(id), fetched()) == ((problem, 0), [])


@pytest.mark.parametrize("status", [429, 503])
def test_a_place_that_is_busy_is_left_alone_as_long_as_it_says(place: Storage, app: Connection, status: int) -> None:
    prefix = f"busy-{status}/"
    place.append(prefix + NAME, azure_records(2), before=0)
    behind = place.named(place.through)
    id = of(app, behind, prefix=prefix)
    place.front.plan("comp=list", status, retry_after="600")
    assert go() == []
    asked = len(place.front.asked)
    assert go() == []
    assert (state(id), len(place.front.asked)) == (("quota", 0), asked), "nobody asks within those ten minutes"
    found = marks.state("visit-marks", f"{TENANT}/{id}")
    assert found is not None
    assert 590 <= found.rest - found.visited <= 600
    found.rest = time.time() - 1
    found.save()
    assert go() == []
    assert tell(*fetched()) == []
    assert (state(id), count(app)[1]) == (("", 0), 2 * EACH)


def test_a_place_that_tires_between_two_pieces_is_read_on_from_where_it_was(
    place: Storage, app: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "PIECE", 1000)
    place.append("tires/" + NAME, azure_records(6), before=0)
    id = of(app, place.named(place.through), prefix="tires/")
    place.front.plan(r"PT1H\.json", 206, b"")  # its end is asked for first: this answer is none
    assert go() == []
    assert state(id)[0] == "answer"
    place.front.plan(r"PT1H\.json", 200, b"x" * 64)  # nor does this one close the document
    assert go() == []
    assert state(id) == ("", 1)
    assert go() == []
    assert tell(*fetched()) == []
    assert (state(id), count(app)[1]) == (("", 0), 6 * EACH)


def test_a_blob_that_grew_by_too_much_is_named_and_others_are_read(
    place: Storage, app: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.append("large/a/" + NAME, azure_records(6), before=0)
    place.append("large/b/" + NAME, azure_records(1), before=0)
    id = of(app, place, prefix="large/")
    with monkeypatch.context() as patched:
        patched.setattr(visits, "_MOST", 2000)
        assert go() == []
        assert go() == []
    (told,) = taken("flow-logs")
    assert tell(told, *fetched()) == []
    assert (aside(app), state(id), count(app)[1]) == (["object_size"], ("", 0), EACH)
    with tenant_transaction(app, TENANT):
        (letter,) = dead_letters.page(app, TENANT, limit=2)
        dead_letters.decide(app, TENANT, letter.id, "retrying")
    assert tell(told) == []
    assert go() == []
    assert tell(*fetched()) == []
    assert (aside(app), count(app)[1]) == ([], 6 * EACH), "the minute of the other stands in this one too"


def test_two_visits_at_once_fetch_the_same_and_it_counts_once(
    place: Storage, app: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        place.append(f"both/{number}/{NAME}", azure_records(6)[2 * number : 2 * number + 2], before=0)
    id = of(app, place, prefix="both/")
    one = errand(app, "azure_blob", id)
    two_at_once(one, monkeypatch)
    assert go() == []
    assert len(fetched()) == 6
    assert tell(*fetched(), *fetched()) == []
    assert (state(id), count(app)[1], feed(app).logs) == (("", 0), 6 * EACH, 6)


def test_a_visit_that_never_ended_is_seen_until_one_does(place: Storage, app: Connection) -> None:
    id = of(app, place, prefix="ends/")
    subject = f"{TENANT}/{id}"
    began = int(time.time()) - 1000
    marks.begin("visit-marks", subject, now=began)
    marks.begin("visit-marks", subject, now=began + 300)
    found = marks.state("visit-marks", subject)
    assert found is not None
    assert found.began == began, "the first of them says since when"
    assert go() == []
    found = marks.state("visit-marks", subject)
    assert found is not None
    assert (found.began, found.problem) == (0, "")


def test_word_of_event_grid_fetches_what_was_appended_and_the_next_visit_nothing(
    place: Storage, app: Connection
) -> None:
    """The message that an event puts on the queue is one that a schedule puts there."""
    records = azure_records(4)
    place.append("woken/" + NAME, records, before=0)
    id = of(app, place, prefix="woken/")
    watched = happenings.watched(place.url, "woken/")
    subject = f"/blobServices/default/containers/{place.url.rpartition('/')[2]}/blobs/woken/{NAME}"
    where = f"/subscriptions/0f/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/{azurite_storage.ACCOUNT}"
    body = json.dumps({"type": "Microsoft.Storage.BlobCreated", "source": where, "subject": subject}).encode()
    settings = feeding.settings("azure_blob", {"container": place.url, "prefix": "woken/"})
    gate = Gate(TENANT, id, UUID(int=1), "azure_blob", settings, active=True, secrets=())
    told: list[str] = []
    tables.create("throttles")
    assert watched.concerns(happenings.told(body).happenings[0])
    for _ in range(2):
        eventgrid.hear(app, "throttles", gate, told.append, body)
    assert len(told) == 1
    done = visits.visit(errands.read(told[0]), visit.desk(), lambda: True)
    assert (done.logs, done.problem) == (1, "")
    assert tell(*fetched()) == []
    assert count(app)[1] == 4 * EACH
    assert go() == []
    assert len(fetched()) == 1
