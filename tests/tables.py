"""Tables of the manifest, in an emulated DynamoDB."""

from __future__ import annotations

import boto3

from cdk import manifest


def create(*names: str) -> None:
    for table in (one for one in manifest.TABLES if one.name in names):
        keys = [key for key in (table.partition_key, table.sort_key) if key]
        boto3.client("dynamodb").create_table(
            TableName=table.name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": "RANGE" if at else "HASH"} for at, key in enumerate(keys)],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        )
