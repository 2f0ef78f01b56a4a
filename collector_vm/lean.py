"""What a worker does about the SDK's memory before it does anything else."""

from __future__ import annotations

from functools import cache

import botocore.session
from botocore.loaders import create_loader


def share_descriptions() -> None:
    """Each thread that speaks with AWS has a session, and each would read the SDK's descriptions for itself: 10 MB."""
    botocore.session.create_loader = cache(create_loader)
