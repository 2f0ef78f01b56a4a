"""The collector's first boot: what CloudFormation writes for it, read as the machine would."""

from __future__ import annotations

import configparser
import json
import re
import subprocess

import pytest

from cdk import manifest
from collector_vm.settings import Settings
from tests.cdk.templates import Templates

pytestmark = pytest.mark.infra


@pytest.fixture(scope="module")
def boot(templates: Templates) -> str:
    """The script with its names filled in, as Fn::Sub does it."""
    template = templates.one("AWS::EC2::LaunchTemplate", "ingest/collector-0/").properties["LaunchTemplateData"]
    script, values = template["UserData"]["Fn::Base64"]["Fn::Sub"]
    for name, value in values.items():
        script = script.replace(f"${{{name}}}", value if isinstance(value, str) else _plain(value))
    left = re.findall(r"\$\{(\w[^}]*)\}", script)
    assert not left
    return str(script.replace("${!", "${"))


def _plain(value: object) -> str:
    """A join becomes its literal parts; what only the account knows becomes a word."""
    if isinstance(value, dict) and "Fn::Join" in value:
        return "".join(part if isinstance(part, str) else "known-later" for part in value["Fn::Join"][1])
    return "known-later"


def document(boot: str, path: str) -> str:
    """What the script writes to a file."""
    return boot.split(f"cat >{path} <<'END'\n")[1].split("\nEND\n")[0]


def test_the_shell_can_read_it(boot: str) -> None:
    run = subprocess.run(["bash", "-n"], input=boot, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_environment_is_what_the_collector_reads(boot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = dict(line.split("=", 1) for line in document(boot, "/etc/flowlens.env").splitlines())
    read = {f"COLLECTOR_{name.upper()}" for name in Settings.model_fields}
    assert set(given) - {"AWS_DEFAULT_REGION"} <= read
    assert set(manifest.COLLECTOR) <= set(given)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    taken = Settings()
    assert taken.ports == (2055, 4739, 6343)
    assert taken.spool_max_bytes == 98 << 30


def test_the_unit_waits_longer_than_the_collector_drains(boot: str) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read_string(document(boot, "/etc/systemd/system/flowlens-collector.service"))
    assert unit["Service"]["ExecStart"] == "/usr/bin/python3.11 -m collector_vm"
    drain = re.search(r"COLLECTOR_DRAIN_SECONDS=(\d+)", boot)
    assert drain
    assert unit.getint("Service", "TimeoutStopSec") > int(drain[1])
    assert str(manifest.COLLECTOR["COLLECTOR_SPOOL"]).startswith(unit["Service"]["ReadWritePaths"])


def test_the_unit_has_no_right_to_look_at_packets_unless_an_interface_is_named(boot: str) -> None:
    assert "CAP_NET_RAW" not in boot
    assert "COLLECTOR_CAPTURE=\n" in boot


def test_the_agent_brings_the_losses_that_the_alarm_adds_up(boot: str, templates: Templates) -> None:
    folder = "/opt/aws/amazon-cloudwatch-agent/etc"
    agent = json.loads(document(boot, f"{folder}/amazon-cloudwatch-agent.json"))
    (declared,) = agent["logs"]["metrics_collected"]["prometheus"]["emf_processor"]["metric_declaration"]
    (selector,) = declared["metric_selectors"]
    alarm = templates.one("AWS::CloudWatch::Alarm", "watch/collector-drops").properties
    added = [one["MetricStat"]["Metric"] for one in alarm["Metrics"] if "MetricStat" in one]
    assert len(added) == len(manifest.COLLECTOR_LOSSES)
    for metric in added:
        assert re.fullmatch(selector, metric["MetricName"])
        assert metric["Dimensions"] == [{"Name": "job", "Value": declared["label_matcher"].strip("^$")}]
