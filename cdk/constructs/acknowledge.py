"""Findings of cdk-nag that we accept, each with its reason."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(scope: IConstruct, findings: dict[str, str]) -> None:
    """`findings`: the finding's id, as cdk-nag prints it, and why it stands. Holds for all below `scope`."""
    Validations.of(scope).acknowledge(*(Acknowledgment(id=name, reason=reason) for name, reason in findings.items()))
