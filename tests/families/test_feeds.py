"""Every kind of feed has the shape of its family, and a log belongs to the feed that describes it best."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime

import pytest
from flowlens.flows import feeding
from flowlens.flows.feeding import FEEDS, Feed, Form, Origin
from flowlens.model.errors import Invalid
from flowlens.outbound.client import Answer
from flowlens.outbound.stores import STORES, leap, throttled

from functions.api.routers import pushes

KEY = "AWSLogs/1/123456789012_vpcflowlogs_us-east-1_fl-0123456789abcdef0_20261123T1500Z_0a1b2c3d.log.gz"


@pytest.mark.parametrize("name", FEEDS.names())
def test_a_kind_is_a_label_a_form_and_two_verbs(name: str) -> None:
    member = FEEDS.load(name)
    assert (member.__doc__ or "").strip()
    assert 0 < len(member.BRIEF) <= 20
    assert issubclass(member.Settings, Form)
    assert all(field.title and field.description for field in member.Settings.model_fields.values())
    for verb in (member.claims, member.about):
        assert list(inspect.signature(verb).parameters) == ["settings", "origin"]


def test_what_is_visited_has_a_store_of_its_name_and_nothing_else_has() -> None:
    assert list(STORES.names()) == feeding.visited()


@pytest.mark.parametrize("name", STORES.names())
def test_a_store_opens_a_place_and_has_its_two_verbs(name: str) -> None:
    module = STORES.load(name)
    assert (module.__doc__ or "").strip()
    assert list(inspect.signature(module.place).parameters) == ["said", "opening"]
    made = inspect.get_annotations(module.place, eval_str=True)["return"]
    assert list(inspect.signature(made.listed).parameters) == ["self", "since"]
    assert list(inspect.signature(made.piece).parameters) == ["self", "found", "start", "stop"]


@pytest.mark.parametrize("name", feeding.visited())
def test_a_kind_that_is_visited_says_where_since_when_and_what_its_secret_was_given_for(name: str) -> None:
    member = feeding.member(name)
    assert {"prefix", "hours"} <= set(member.Settings.model_fields)
    assert set(member.BOUND) <= set(member.Settings.model_fields)
    assert bool(member.SECRET) == bool(member.BOUND)


def test_no_two_kinds_are_called_alike_in_a_list() -> None:
    assert len({feeding.member(name).BRIEF for name in FEEDS.names()}) == len(FEEDS.names())


def test_a_way_to_push_is_a_route_at_gates() -> None:
    ways = {feeding.member(name).PUSHED for name in FEEDS.names()} - {""}
    paths = {getattr(route, "path", "") for route in pushes.router.routes}
    assert {path.rpartition("/")[2] for path in paths if path.startswith("/pushes/{gate_id}/")} == ways


NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "ahead"),
    [
        ("logs/2025/01/01/a", "logs/2026/11/26"),
        ("logs/2026/11/26/a", ""),
        ("logs/2026/12/01/a", ""),
        ("logs/years/2025/01/01/a", ""),
        ("else/2025/01/01/a", ""),
    ],
)
def test_only_a_list_that_is_named_by_day_is_begun_at_a_later_day(first: str, ahead: str) -> None:
    assert leap("logs/", first, NOW) == ahead


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("999999999999", 3600),
        ("Fri, 27 Nov 2026 10:02:00 GMT", 120),
        ("Fri, 27 Nov 2020 10:02:00 GMT", 0),
        ("", 0),
        ("soon", 0),
        ("-5", 0),
    ],
)
def test_a_place_says_how_long_it_wants_to_be_left_alone_and_no_longer_than_an_hour(said: str, seconds: int) -> None:
    assert throttled(Answer(429, {"retry-after": said}, b""), NOW, "It").seconds == seconds


def feed(id: int, kind: str, **said: object) -> Feed:
    return Feed(id, kind, feeding.settings(kind, said))


def test_of_two_feeds_of_a_bucket_the_one_with_the_longer_prefix_has_the_log() -> None:
    both = [feed(1, "aws_s3", bucket="logs"), feed(2, "aws_s3", bucket="logs", prefix="AWSLogs/")]
    found = [
        feeding.owner(both, Origin("aws_s3", bucket, key))
        for bucket, key in (("logs", KEY), ("logs", "other/x"), ("else", KEY))
    ]
    assert [one.id if one else None for one in found] == [2, 1, None]


def test_what_a_name_says_goes_before_what_a_person_said() -> None:
    known = feed(1, "aws_s3", bucket="logs", account="111111111111").about(Origin("aws_s3", "logs", KEY))
    assert (known.account, known.log, known.fields) == (123456789012, "fl-0123456789abcdef0", ())


def test_a_field_that_does_not_hold_is_named() -> None:
    with pytest.raises(Invalid, match=r"settings\.account"):
        feeding.settings("aws_s3", {"bucket": "logs", "account": "12"})
