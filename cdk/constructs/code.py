"""Our code as assets, none of which needs Docker."""

from __future__ import annotations

from aws_cdk import IgnoreMode
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from cdk.parts import ROOT, Parts

RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64
_CACHES = ["**/__pycache__", "**/*.pyc"]


def functions() -> lambda_.AssetCode:
    """The folder `functions`, under that name, so that a handler has the name it is imported by."""
    return lambda_.Code.from_asset(
        str(ROOT), exclude=["*", "!functions", *_CACHES, "**/*.md"], ignore_mode=IgnoreMode.DOCKER
    )


def collector_program(scope: Construct, name: str) -> assets.Asset:
    """The collector and the package it imports, laid out as in the tree."""
    return assets.Asset(
        scope,
        name,
        path=str(ROOT),
        exclude=["*", "!collector_vm", "!layers/flowlens/python", *_CACHES, "**/*.md"],
        ignore_mode=IgnoreMode.DOCKER,
    )


class Layers(Construct):
    """Third-party packages and ours. Each stack has its own: a layer's ARN changes with its content, and CloudFormation
    refuses to change a value that another stack imports."""

    def __init__(self, scope: Construct, name: str, *, parts: Parts) -> None:
        super().__init__(scope, name)
        self.all = [
            self._layer("runtime", lambda_.Code.from_asset(str(parts.runtime), exclude=_CACHES)),
            self._layer(
                "flowlens",
                lambda_.Code.from_asset(
                    str(ROOT / "layers/flowlens"), exclude=[*_CACHES, "**/*.md"], ignore_mode=IgnoreMode.DOCKER
                ),
            ),
        ]

    def _layer(self, name: str, code: lambda_.Code) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self, name, code=code, compatible_runtimes=[RUNTIME], compatible_architectures=[ARCHITECTURE]
        )
