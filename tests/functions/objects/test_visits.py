"""Blobs of Azure are fetched as they grow, counted once whatever is cut off, and what is wrong has a name."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, cast

import boto3
import pytest
from flowlens.aws import objects, queue, secrets
from flowlens.kit import sealing
from flowlens.model.errors import Unopened
from flowlens.outbound.client import Answer, Client, Question, Rules
from flowlens.outbound.stores import azure_blob
from flowlens.services import errands, visits
from flowlens.services.errands import Bound
from flowlens.store import dead_letters, feeds
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.tables import visits as marks

from functions.operations import visit as schedule
from functions.outbound import visit
from tests import azurite_storage
from tests.azurite_storage import Storage, signature
from tests.functions.objects.test_read import BUCKET, aside, azure_records, count, feed, tell, world
from tests.lambdas import context, failed
from tests.postgres import TENANT

__all__ = ["world"]  # a fixture
NAME = "flowLogResourceID=/SUB_RG/WATCHER_FLOWLOG/y=2026/m=11/d=27/h=04/m=00/macAddress=000D3A/PT1H.json"
EACH = 2 * 3 * 2  # flows of a minute: two interfaces, three tuples, both ways; a feed counts tuples
KEY = "k" * 43


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
    cached = (visit.desk, schedule.settings, schedule.database, queue.client, secrets.client)
    for one in cached:
        one.cache_clear()
    sqs = boto3.client("sqs")
    given = {
        "OUTBOUND_NETWORKS": "127.0.0.1/32",
        "OUTBOUND_AUTHORITIES": azurite.certificate.read_text(),
        "FLOW_LOGS_QUEUE": sqs.create_queue(QueueName="flow-logs")["QueueUrl"],
        "VISITS_QUEUE": sqs.create_queue(QueueName="visits")["QueueUrl"],
        "SEALING_SECRET": f"sealing-{id(monkeypatch)}",  # a process remembers a key by its name
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    boto3.client("secretsmanager").create_secret(Name=given["SEALING_SECRET"], SecretString=json.dumps({"key": KEY}))
    yield azurite
    schedule.database().close()
    for one in cached:
        one.cache_clear()


def set_up(app: Connection, storage: Storage, secret: str = signature(), **said: Any) -> int:
    settings = {"container": storage.url, **said}
    fields = feeds.Fields(name=f"azure {secret[-9:]}{said}", settings=settings)
    with tenant_transaction(app, TENANT):
        made = feeds.create(app, TENANT, "azure_blob", fields)
        assert made is not None
        belongs = str(Bound(TENANT, made, "azure_blob", settings))
        feeds.keep_secret(app, TENANT, made, sealing.seal(KEY, secret, belongs=belongs))
    return made


def taken(name: str) -> list[str]:
    """What lies on a queue, which is empty then."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        found += [one["Body"] for one in messages]
        for one in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found


def go() -> None:
    """As the operations workflow and the queues do it."""
    schedule.handler({}, context())
    for body in taken("visits"):
        record = {"messageId": "0", "body": body, "eventSource": "aws:sqs", "attributes": {}, "messageAttributes": {}}
        assert failed(visit.handler(cast("dict[str, Any]", {"Records": [record]}), context())) == []


def fetched() -> list[str]:
    """The messages that S3 would send of all that was fetched."""
    listed = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="fetched/").get("Contents", [])
    details = [
        {"bucket": {"name": BUCKET}, "object": {"key": one["Key"], "etag": one["ETag"].strip('"')}} for one in listed
    ]
    return [json.dumps({"detail-type": "Object Created", "source": "aws.s3", "detail": one}) for one in details]


def state(id: int) -> tuple[str, int]:
    found = marks.state("visit-marks", f"{TENANT}/{id}")
    return (found.problem, int(found.waiting)) if found else ("never", 0)


def test_a_blob_is_fetched_as_it_grows_and_each_piece_once(place: Storage, app: Connection) -> None:
    records = azure_records(6)
    place.append("grows/" + NAME, records[:4], before=0)
    id = set_up(app, place, prefix="grows/")
    go()
    go()
    assert len(fetched()) == 1
    assert tell(*fetched()) == []
    assert count(app)[1] == 2 * EACH
    place.append("grows/" + NAME, records[4:], before=4)
    go()
    assert len(fetched()) == 2
    assert tell(*fetched(), *fetched()) == []
    assert count(app)[1] == 6 * EACH
    one = feed(app)
    assert (state(id), aside(app)) == (("", 0), [])
    assert (one.logs, one.flows, one.has_secret) == (2, 6 * EACH // 2, True)
    assert one.last_data is not None


class Cut(Exception):
    """The function was killed."""


@contextmanager
def cut(monkeypatch: pytest.MonkeyPatch, where: str) -> Iterator[None]:
    """A visit dies there: before it wrote the object, or after it and before it wrote down that it did."""
    real = objects.put_file

    def put_file(*given: Any) -> None:
        if where == "after":
            real(*given)
        raise Cut

    with monkeypatch.context() as patched:
        patched.setattr(objects, "put_file", put_file)
        yield


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_visit_that_is_killed_is_finished_by_the_next_though_the_blob_grew(
    place: Storage, app: Connection, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    records, name = azure_records(6), f"killed-{where}/{NAME}"
    place.append(name, records[:4], before=0)
    id = set_up(app, place, prefix=f"killed-{where}/")
    with tenant_transaction(app, TENANT):
        (due,) = feeds.due(app, TENANT, ["azure_blob"], feed=id)
    errand = errands.read(errands.message(TENANT, due))
    with cut(monkeypatch, where), pytest.raises(Cut):
        visits.visit(errand, visit.desk(), lambda: True)
    assert len(fetched()) == (where == "after")
    if where == "after":
        assert tell(*fetched()) == []
    place.append(name, records[4:], before=4)
    go()
    assert len(fetched()) == 2, "the piece that was begun, as it was begun, and what came since"
    assert tell(*fetched()) == []
    assert count(app)[1] == 6 * EACH
    assert (feed(app).flows, feed(app).logs, aside(app)) == (6 * EACH // 2, 2, [])


def test_a_blob_that_shrank_is_named_disturbs_no_other_and_is_read_anew_when_somebody_retries(
    place: Storage, app: Connection
) -> None:
    records = azure_records(4)
    place.append("shrinks/a/" + NAME, records[:4], before=0)
    id = set_up(app, place, prefix="shrinks/")
    go()
    place.put("shrinks/a/" + NAME, json.dumps({"records": records[4:6]}).encode())
    place.append("shrinks/b/" + NAME, records[6:], before=0)
    go()
    go()
    (told,) = taken("flow-logs")
    assert tell(told, *fetched()) == []
    assert (aside(app), state(id)) == (["blob_shrank"], ("", 0))
    assert count(app)[1] == (2 + 1) * EACH
    with tenant_transaction(app, TENANT):
        (letter,) = dead_letters.page(app, TENANT, limit=2)
        dead_letters.decide(app, TENANT, letter.id, "retrying")
    assert letter.name.startswith("shrinks/a/")
    assert tell(told) == []
    go()
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
    id = set_up(app, Storage(place.url + suffix, place.certificate), secret)
    go()
    assert (state(id), aside(app), fetched()) == ((problem, 0), [], [])


def test_a_place_inside_the_network_is_refused_and_a_secret_opens_only_what_it_was_given_for(
    place: Storage, app: Connection
) -> None:
    inside = set_up(app, Storage("https://169.254.169.254/latest/meta-data", place.certificate))
    moved = set_up(app, place, prefix="moved/")
    settings: dict[str, object] = {"container": "https://evil.example/devstoreaccount1/x", "prefix": "moved/"}
    with tenant_transaction(app, TENANT):
        feeds.update(app, TENANT, moved, feeds.Fields(settings=settings))
    go()
    assert state(inside) == ("place_refused", 0)
    assert state(moved) == ("credential_sealed", 0)


def test_a_paused_feed_is_not_visited(place: Storage, app: Connection) -> None:
    place.append("paused/" + NAME, azure_records(1), before=0)
    id = set_up(app, place, prefix="paused/")
    with tenant_transaction(app, TENANT):
        feeds.update(app, TENANT, id, feeds.Fields(state="paused"))
    go()
    assert (state(id), fetched()) == (("never", 0), [])


def test_an_application_signs_in_and_what_entra_refuses_has_a_name(place: Storage) -> None:
    asked: list[Question] = []

    def ask(question: Question) -> Answer:
        asked.append(question)
        if b"wrong" in question.content:
            return Answer(401, {}, b'{"error":"invalid_client"}')
        if question.method == "POST":
            return Answer(200, {}, json.dumps({"access_token": "of.a.test"}).encode())
        return Client(Rules.of("127.0.0.1/32", authorities=place.certificate.read_text())).ask(question)

    ids = "00000000-0000-4000-8000-00000000000"
    application = azure_blob.Application("https://login.example", ids + "1", ids + "2")
    for secret, problem in (("wrong", "credential_refused"), ("right", "credential_")):
        container = azure_blob.Container(
            ask, place.url, "", secret, application, visits.Desk("", "", "", "", ask).now()
        )
        with pytest.raises(Unopened, match=problem):
            list(container.listed())
    assert asked[-1].headers["authorization"] == "Bearer of.a.test"
    assert asked[0].url == f"https://login.example/{ids}1/oauth2/v2.0/token"
