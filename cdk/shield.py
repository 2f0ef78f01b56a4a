"""The web ACL alone, in us-east-1, for a deployment elsewhere: `make shield` prints the ARN to give as webAcl."""

from __future__ import annotations

import json
import os

from aws_cdk import App, CfnOutput, Environment, Stack, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from cdk.config import Settings
from cdk.constructs.web_acl import REGION, WebAcl
from cdk.parts import ROOT


class Shield(Stack):
    """Deployed before the others, for CloudFormation does not reach over regions."""

    def __init__(self, app: App, *, settings: Settings) -> None:
        super().__init__(
            app,
            "shield",
            stack_name=f"{settings.service}-shield",
            description=f"FlowLens {settings.stage}: shield",
            env=Environment(region=REGION),
        )
        self.acl = WebAcl(self, "web-acl", settings=settings)
        CfnOutput(self, "WebAcl", value=self.acl.arn, description="Give it to make deploy: SET='webAcl=…'")


def build(app: App, settings: Settings) -> Shield:
    shield = Shield(app, settings=settings)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    return shield


if __name__ == "__main__":
    declared = json.loads((ROOT / "cdk.json").read_text())
    made = App(context=declared["context"], outdir=None if "CDK_OUTDIR" in os.environ else str(ROOT / "cdk.shield.out"))
    build(made, Settings.from_context(made.node.get_all_context()))
    made.synth()
