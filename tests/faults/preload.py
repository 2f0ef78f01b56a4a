"""What a life finds loaded, so that it costs a fork: modules, botocore's data, the ports, a first fold."""

from __future__ import annotations

import gc

import boto3
import numpy as np
from flowlens.flows.conversations import Origin, fold

import tests.postgres
from tests.faults import collector, worker
from tests.traffic import flows

__all__ = ["collector", "tests", "worker"]  # pytest comes with tests.postgres: each life imports its parent's main

boto3.client("secretsmanager", region_name="us-east-1", endpoint_url="http://127.0.0.1:1")
_ZERO = np.zeros(1, np.int64)
fold(flows("10.0.0.1:40000 > 10.0.0.2:443 tcp"), Origin(_ZERO, _ZERO))
gc.freeze()  # a collection in a life would copy every page of what it inherits
