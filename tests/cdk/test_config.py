"""What whoever deploys may say, and what they are told when it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from cdk.config import BadSetting, Settings
from cdk.parts import ROOT
from cdk.shield import build


def test_nothing_has_to_be_said() -> None:
    settings = Settings.from_context({"@aws-cdk/core:flag": True, "aws:cdk:version-reporting": True})
    assert settings == Settings()
    assert settings.lasting


def test_the_command_line_gives_text_and_cdk_json_gives_values() -> None:
    said = Settings.from_context({"stage": "demo", "collectors": "3", "exporterCidrs": "10.1.0.0/16, fd00::/8"})
    written = Settings.from_context({"stage": "demo", "collectors": 3, "exporterCidrs": ["10.1.0.0/16", "fd00::/8"]})
    assert said == written
    assert said.collectors == 3
    assert said.exporter_cidrs == ("10.1.0.0/16", "fd00::/8")


def test_only_prod_outlives_its_stacks() -> None:
    assert not Settings(stage="demo").lasting


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("colectors", "3", "no setting is called colectors; there are alertEmail, "),
        ("collectors", "many", "collectors: 'many' is not a whole number"),
        ("collectors", "0", "collectors: 1 to 20"),
        ("stage", "Prod!", "stage: "),
        ("exporterCidrs", "10.0.0.1/8", "exporterCidrs: 10.0.0.1/8 has host bits set"),
        ("exporterCidrs", [], "exporterCidrs: at least one"),
        ("domainName", "map.example.com", "domainName and certificateArn: both or none"),
        ("logDays", "33", "logDays: one of 7, 14, 30"),
        ("collectorCapture", "eth0;id", "collectorCapture: names of interfaces"),
        ("unknownExporters", "drop", "unknownExporters: accept or hold"),
        ("databaseMinAcu", "32", "databaseMinAcu, databaseMaxAcu: "),
        ("backupDays", "0", "backupDays: 1 to 35"),
        ("retentionDays", "0", "retentionDays: 1 to 3650"),
        ("alertEmail", "operations", "alertEmail: an e-mail address"),
        ("collectorType", "m5.large", "collectorType: a Graviton type"),
        ("vpcId", "main", "vpcId: begins with vpc-"),
        ("vpcId", "vpc-1", "vpcId, vpcCidr, vpcSubnets and vpcZones: all or none"),
        ("vpcZones", "eu-west-1a,eu-west-1b", "vpcId, vpcCidr, vpcSubnets and vpcZones: all or none"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_may_be(key: str, value: object, told: str) -> None:
    with pytest.raises(BadSetting, match=told):
        Settings.from_context({key: value})


def test_a_certificate_of_another_region_is_refused() -> None:
    arn = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
    with pytest.raises(BadSetting, match="us-east-1"):
        Settings.from_context({"domainName": "map.example.com", "certificateArn": arn})


def test_the_deployment_page_lists_every_setting() -> None:
    table = (ROOT / "web/docs/deploy.md").read_text().split("## What it makes")[0]
    with pytest.raises(BadSetting) as told:
        Settings.from_context({"unknown": "1"})
    names = str(told.value).split("there are ")[1].split(", ")
    assert len(names) > 10
    assert not [name for name in names if f"`{name}`" not in table]


def test_outside_us_east_1_a_web_acl_has_to_be_given() -> None:
    given = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/mine/1a2b"
    Settings().check_region(None)
    Settings().check_region("us-east-1")
    Settings(web_acl=given).check_region("eu-central-1")
    Settings(web_acl="none").check_region("eu-central-1")
    with pytest.raises(BadSetting, match="make shield"):
        Settings().check_region("eu-central-1")


@pytest.mark.parametrize("acl", ["", "ours", "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/mine/1a2b"])
def test_what_is_no_web_acl_of_cloudfront_is_refused(acl: str) -> None:
    with pytest.raises(BadSetting, match="webAcl"):
        Settings(web_acl=acl)


def test_the_web_acl_alone_is_a_stack_of_us_east_1(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    shield = build(app, Settings())
    made = Template.from_stack(shield)
    made.resource_count_is("AWS::WAFv2::WebACL", 1)
    assert shield.region == "us-east-1"
    assert list(made.find_outputs("*")) == ["WebAcl"]
