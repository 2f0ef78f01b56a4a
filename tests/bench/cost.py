"""What a billion flows cost on Kinesis, Lambda and Aurora by the price table, against one JSON record a flow."""

from __future__ import annotations

import json
import math
from pathlib import Path

from tests.bench import stream

PRICES: dict[str, float] = {
    name: value
    for name, value in json.loads(Path(__file__).with_name("prices.json").read_text()).items()
    if not isinstance(value, str)
}
_BILLION = 1e9
# Reading one JSON document a flow in a Lambda, without a database: measured with orjson and dictionaries.
_JSON_NS = 8_600.0


def run() -> dict[str, float]:
    """USD for 10^9 flows, shards fully used; Aurora only where we know what it takes, which is the same for both."""
    sizes = stream.run()
    ours = _kinesis(sizes["stream.bytes_per_flow"] * stream.ROWS, stream.ROWS)
    theirs = _kinesis(sizes["stream.json_bytes_per_flow"], 1)
    found = {"cost.kinesis_usd": ours, "cost.json_kinesis_usd": theirs, "cost.json_lambda_usd": _lambda(_JSON_NS)}
    known = Path(".build/bench.json")
    figures: dict[str, float] = json.loads(known.read_text()) if known.exists() else {}
    if rate := figures.get("aggregate.flows_per_core_s"):
        found["cost.aggregate_usd"] = _lambda(1e9 / rate) + _aurora(1e9 / rate)
    found["cost.stream_times_cheaper"] = theirs / ours
    return {name: round(value, 4) for name, value in found.items()}


def _kinesis(octets: float, flows: int) -> float:
    records = _BILLION / flows
    seconds = records * max(
        octets / PRICES["kinesis_shard_octets_per_second"], 1 / PRICES["kinesis_shard_records_per_second"]
    )
    units = records * math.ceil(octets / PRICES["kinesis_put_unit_octets"])
    return seconds / 3600 * PRICES["kinesis_shard_hour_usd"] + units / 1e6 * PRICES["kinesis_million_put_units_usd"]


def _lambda(nanoseconds: float) -> float:
    return nanoseconds * PRICES["lambda_gb_per_core"] * PRICES["lambda_arm_gb_second_usd"]


def _aurora(nanoseconds: float) -> float:
    """As if all of it were the database's: an upper bound."""
    return nanoseconds / 3600 * PRICES["aurora_acu_per_core"] * PRICES["aurora_acu_hour_usd"]
