"""What happens by the clock."""

from __future__ import annotations

from aws_cdk import Stack, StackProps
from constructs import Construct

from cdk import manifest
from cdk.constructs.code import Layers
from cdk.constructs.workflow import Workflow
from cdk.parts import Parts
from cdk.stacks.data import Data


class Workflows(Stack):
    """One state machine for each workflow of the manifest."""

    def __init__(self, scope: Construct, name: str, *, data: Data, parts: Parts, props: StackProps) -> None:
        super().__init__(scope, name, stack_name=props.stack_name, description=props.description)
        layers = Layers(self, "layers", parts=parts)
        self.workflows = {
            declared.name: Workflow(self, declared, place=data.place, layers=layers) for declared in manifest.WORKFLOWS
        }
