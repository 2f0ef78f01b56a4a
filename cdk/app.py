"""The CDK app: `python -m cdk.app [name=value …]` writes cdk.out, after cdk-nag has seen all of it."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from cdk.config import BadSetting, Settings
from cdk.parts import ROOT, MissingPart, Parts
from cdk.stacks.api import Api
from cdk.stacks.data import Data
from cdk.stacks.ingest import Ingest
from cdk.stacks.network import Network
from cdk.stacks.site import Pages
from cdk.stacks.watch import Watch
from cdk.stacks.workflows import Workflows

STACKS = ("network", "data", "ingest", "workflows", "api", "site", "watch")  # in the order of their dependencies

_PACKS = ("AwsSolutions-", "Serverless-")


def build(app: App, *, settings: Settings, parts: Parts) -> None:
    """All stacks, each given what it stands on."""
    network = Network(app, "network", settings=settings)
    data = Data(app, "data", network=network, parts=parts, settings=settings)
    ingest = Ingest(app, "ingest", network=network, data=data, parts=parts, settings=settings)
    workflows = Workflows(app, "workflows", data=data, parts=parts, settings=settings)
    api = Api(app, "api", data=data, ingest=ingest, parts=parts, settings=settings)
    Pages(app, "site", data=data, api=api, ingest=ingest, parts=parts, settings=settings)
    Watch(app, "watch", data=data, ingest=ingest, workflows=workflows, api=api, settings=settings)
    Tags.of(app).add("flowlens:stage", settings.stage, exclude_resource_types=["AWS::RDS::DBProxyTargetGroup"])
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))


def main(arguments: list[str]) -> int:
    """`arguments` are settings as `name=value`; the CDK command hands its own over in the environment."""
    declared = json.loads((ROOT / "cdk.json").read_text())
    given = dict(argument.partition("=")[::2] for argument in arguments)
    app = App(
        context={**declared["context"], **given},
        outdir=None if "CDK_OUTDIR" in os.environ else str(ROOT / declared["output"]),
    )
    try:
        settings = Settings.from_context(app.node.get_all_context())
        settings.check_region(os.environ.get("CDK_DEFAULT_REGION"))
        build(app, settings=settings, parts=Parts.built())
    except (BadSetting, MissingPart) as fault:
        sys.stderr.write(f"flowlens: {fault}\n")
        return 2
    app.synth()  # ends here when a finding has no answer
    sys.stdout.write(report(Path(app.outdir)))
    return 0


def report(out: Path) -> str:
    """The findings of cdk-nag that are answered, below the answer; there are no others."""
    answers: dict[str, Counter[str]] = {}
    for rule, reason in _acknowledged(out):
        answers.setdefault(reason, Counter())[rule] += 1
    lines = []
    for reason, rules in sorted(answers.items()):
        lines += [reason, *(f"{count:6} {rule}" for rule, count in sorted(rules.items()))]
    total = sum(rules.total() for rules in answers.values())
    summary = f"{out.name}: {len(STACKS)} stacks; every finding of cdk-nag is answered ({total})"
    return "\n".join([*lines, summary, ""])


def _acknowledged(out: Path) -> Iterator[tuple[str, str]]:
    """As CDK wrote them down: rule and reason."""
    written = [json.loads((out / f"{stack}.metadata.json").read_text()) for stack in STACKS]
    for entry in (entry for constructs in written for entries in constructs.values() for entry in entries):
        if entry["type"] == Validations.ACKNOWLEDGED_RULES_METADATA_KEY:
            found = ((rule.removeprefix("Annotation::"), reason) for rule, reason in entry["data"].items())
            yield from ((rule, reason) for rule, reason in found if rule.startswith(_PACKS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
