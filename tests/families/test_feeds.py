"""Every kind of feed has the shape of its family, and a log belongs to the feed that describes it best."""

from __future__ import annotations

import inspect

import pytest
from flowlens.flows import feeding
from flowlens.flows.feeding import FEEDS, Feed, Form, Origin
from flowlens.model.errors import Invalid

KEY = "AWSLogs/1/123456789012_vpcflowlogs_us-east-1_fl-0123456789abcdef0_20261123T1500Z_0a1b2c3d.log.gz"


@pytest.mark.parametrize("name", FEEDS.names())
def test_a_kind_is_a_label_a_form_and_two_verbs(name: str) -> None:
    member = FEEDS.load(name)
    assert (member.__doc__ or "").strip()
    assert issubclass(member.Settings, Form)
    assert all(field.title and field.description for field in member.Settings.model_fields.values())
    for verb in (member.claims, member.about):
        assert list(inspect.signature(verb).parameters) == ["settings", "origin"]


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
