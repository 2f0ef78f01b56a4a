"""FlowLens: who talks to whom, since when, with what evidence."""

from __future__ import annotations

import logging

# At DEBUG these write whole answers, secrets and tokens among them, and addresses with their signatures. Whatever level
# somebody sets for a function, they stay above it.
for _name in ("boto3", "botocore", "s3transfer", "urllib3", "pynamodb"):
    logging.getLogger(_name).setLevel(logging.INFO)
