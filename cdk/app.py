"""The CDK app: `python -m cdk.app [name=value …]` writes cdk.out, after cdk-nag has seen all of it."""

from __future__ import annotations

import json
import os
import sys
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


def build(app: App, *, settings: Settings, parts: Parts) -> None:
    """All stacks, each given what it stands on."""
    network = Network(app, "network", settings=settings)
    data = Data(app, "data", network=network, parts=parts, settings=settings)
    ingest = Ingest(app, "ingest", network=network, data=data, parts=parts, settings=settings)
    workflows = Workflows(app, "workflows", data=data, parts=parts, settings=settings)
    api = Api(app, "api", data=data, parts=parts, settings=settings)
    Pages(app, "site", api=api, ingest=ingest, parts=parts, settings=settings)
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
        build(app, settings=Settings.from_context(app.node.get_all_context()), parts=Parts.built())
    except (BadSetting, MissingPart) as fault:
        sys.stderr.write(f"flowlens: {fault}\n")
        return 2
    app.synth()  # ends here when a finding has no answer
    sys.stdout.write(f"{Path(app.outdir).name}: {len(STACKS)} stacks; cdk-nag has no finding without an answer\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
