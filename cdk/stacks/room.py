"""What all our stacks have in common."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

from cdk.config import Settings


class Room(Stack):
    """Named after the deployment and itself; bound to no account, so that a synthesis needs none."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings) -> None:
        super().__init__(
            scope, name, stack_name=f"{settings.service}-{name}", description=f"FlowLens {settings.stage}: {name}"
        )
