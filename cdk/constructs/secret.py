"""A generated secret of the manifest."""

from __future__ import annotations

import json

from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk import manifest
from cdk.constructs.acknowledge import acknowledge

_LENGTH = 43  # of letters and digits: 256 bits


def generated(
    scope: Construct, declared: manifest.Secret, *, key: kms.IKey, name: str | None = None
) -> secretsmanager.Secret:
    """Its value is made in the account and is in no template."""
    secret = secretsmanager.Secret(
        scope,
        name or declared.name,
        description=f"FlowLens {name or declared.name}",
        encryption_key=key,
        generate_secret_string=secretsmanager.SecretStringGenerator(
            secret_string_template=json.dumps(dict(declared.template)),
            generate_string_key=declared.generate,
            password_length=_LENGTH,
            exclude_punctuation=True,
        ),
    )
    acknowledge(
        secret,
        {
            "AwsSolutions-SMG4": "256 random bits that only named roles can read. A new value has to reach the role in "
            "the database, its proxy and its address in one step (or, for the token, the table of tokens), which no "
            "hosted rotation does.",
        },
    )
    return secret
