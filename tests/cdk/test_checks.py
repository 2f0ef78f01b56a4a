"""cdk-nag and cfn-lint have nothing to say, and would have."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks

from cdk.app import build, main, report
from cdk.config import Settings
from cdk.log_format import FORMAT
from tests.cdk.conftest import context, parts
from tests.cdk.templates import Templates, flat

pytestmark = pytest.mark.infra


def test_no_finding_is_without_an_answer(templates: Templates) -> None:
    report = json.loads((templates.out / "validation-report.json").read_text())
    assert report["pluginReports"] == []


def test_the_report_lists_each_answer_with_its_findings(templates: Templates) -> None:
    told = report(templates.out).splitlines()
    here = told.index("A network load balancer logs TLS connections only; these are datagrams.")
    assert told[here + 1] == "     1 AwsSolutions-ELB2"
    listed = sum(int(line.split()[0]) for line in told[:-1] if line.startswith(" "))
    assert told[-1].endswith(f"7 stacks; every finding of cdk-nag is answered ({listed})")


def test_a_finding_without_an_answer_stops_the_synthesis(tmp_path: Path) -> None:
    app = App(context=context(), outdir=str(tmp_path))
    sqs.Queue(Stack(app, "open"), "queue")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert "AwsSolutions-SQS4" in (tmp_path / "validation-report.json").read_text()


OTHER = Settings(
    stage="demo",
    vpc_id="vpc-0a1b2c3d",
    vpc_cidr="10.9.0.0/16",
    vpc_subnets=("subnet-0a1b2c3d", "subnet-0a1b2c3e"),
    vpc_zones=("eu-west-1a", "eu-west-1b"),
    domain_name="map.example.com",
    certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    exporter_cidrs=("10.0.0.0/8", "fd00::/8"),
    unknown_exporters="hold",
    collector_capture=("ens5", "ens6"),
    collectors=3,
    alert_email="operations@example.com",
    flow_log_vpcs=("vpc-0a1b2c3d", "vpc-0123456789abcdef0", "tag:flow-logs=yes"),
    flow_log_accounts=("210987654321",),
    log_groups=("/vpc/flow-logs",),
    log_buckets=("old-logs",),
)


def lint(out: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--non-zero-exit-code", "error"]
    command += ["--ignore-checks", "W3005", "--"]  # W3005, a dependency said twice, is how CDK writes them
    files = sorted(map(str, out.glob("*.template.json")))
    return subprocess.run([*command, *files], capture_output=True, text=True, check=False)


def test_cfn_lint_finds_no_error(templates: Templates) -> None:
    run = lint(templates.out)
    assert run.returncode == 0, run.stdout


def test_other_settings_pass_the_same_checks(tmp_path: Path) -> None:
    app = App(context=context(), outdir=str(tmp_path / "out"))
    build(app, settings=OTHER, parts=parts(tmp_path / "parts"))
    app.synth()
    run = lint(tmp_path / "out")
    assert run.returncode == 0, run.stdout
    made = Templates(tmp_path / "out")
    assert not made.of("AWS::EC2::VPC")
    assert len(made.of("AWS::AutoScaling::AutoScalingGroup")) == 3
    site = made.one("AWS::CloudFront::Distribution").properties["DistributionConfig"]
    assert site["Aliases"] == ["map.example.com"]
    assert "fd00::/8" in made.text("network")
    assert "COLLECTOR_UNKNOWN_EXPORTERS=hold" in made.text("ingest")
    assert "COLLECTOR_CAPTURE=ens5,ens6" in made.text("ingest")
    assert "AmbientCapabilities=CAP_NET_RAW" in made.text("ingest")
    subscribed = {one.properties["ResourceId"]: one.properties for one in made.of("AWS::EC2::FlowLog")}
    assert subscribed["vpc-0a1b2c3d"]["LogFormat"] == FORMAT
    assert "AWSLogs/210987654321/*" in made.text("data")
    (rule,) = made.of("AWS::Events::Rule")
    assert "old-logs" in flat(rule.properties["EventPattern"])
    (role,) = (policy for policy in made.of("AWS::IAM::Policy") if "objects-read" in policy.path)
    assert ":s3:::old-logs/*" in flat(role.properties)
    (follows,) = (policy for policy in made.of("AWS::IAM::Policy") if "operations-subscribe" in policy.path)
    assert '"aws:ResourceTag/flowlens": "flowlens-demo"' in flat(follows.properties)
    follower = made.functions()["functions.operations.subscribe.handler"]["Environment"]["Variables"]
    assert (follower["CHOSEN_VPCS"], follower["LOG_FORMAT"]) == ("tag:flow-logs=yes", FORMAT)
    (straight,) = made.of("AWS::Logs::SubscriptionFilter")
    assert "logshear" in flat(straight.properties["DestinationArn"])
    (may,) = (one for one in made.of("AWS::Lambda::Permission") if one.properties["Principal"] == "logs.amazonaws.com")
    assert ":log-group:/vpc/flow-logs:*" in flat(may.properties["SourceArn"])
    (destination,) = made.of("AWS::Logs::Destination")
    assert "210987654321" in flat(destination.properties["DestinationPolicy"])


def test_a_wrong_setting_ends_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collectors=99"]) == 2
    assert capsys.readouterr().err == "flowlens: collectors: 1 to 20\n"
