"""What happens by the clock."""

from __future__ import annotations

from constructs import Construct

from cdk import manifest
from cdk.config import Settings
from cdk.constructs.code import Layers
from cdk.constructs.workflow import Workflow
from cdk.parts import Parts
from cdk.stacks.data import Data
from cdk.stacks.room import Room


class Workflows(Room):
    """One state machine for each workflow of the manifest."""

    def __init__(self, scope: Construct, name: str, *, data: Data, parts: Parts, settings: Settings) -> None:
        super().__init__(scope, name, settings=settings)
        layers = Layers(self, "layers", parts=parts)
        self.workflows = {
            declared.name: Workflow(self, declared, place=data.place, layers=layers) for declared in manifest.WORKFLOWS
        }
