"""How our processes reach the emulation, and nothing but the emulation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from cdk.local.runtime import REGION

# Keys that open nothing: should an endpoint ever be missing, AWS turns them away.
KEY = "local"
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "SSL_CERT_FILE")


def environment(endpoint: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """A child's whole environment: what the user's shell holds of AWS is not passed on."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **kept,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PGSSLMODE": "disable",  # loopback
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_SERVICE_NAME": "flowlens",
        "POWERTOOLS_METRICS_NAMESPACE": "FlowLens",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "PYTHONUNBUFFERED": "1",
        **(more or {}),
    }


def client(service: str, endpoint: str) -> Any:
    """A boto3 client of the emulation that looks at no environment and no file."""
    import boto3
    from botocore.config import Config

    make: Any = boto3.client  # typed for each service by its literal name only
    return make(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=KEY,
        aws_secret_access_key=KEY,
        config=Config(retries={"max_attempts": 3, "mode": "standard"}, read_timeout=60, max_pool_connections=20),
    )
