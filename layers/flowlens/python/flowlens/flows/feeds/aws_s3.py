"""AWS flow logs in an S3 bucket, put there by AWS or by Firehose"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from flowlens.flows.feeding import Form, Origin
from flowlens.flows.files.aws_vpc import checked_format, fields_of
from flowlens.flows.reading import About

# 123456789012_vpcflowlogs_us-east-1_fl-0123456789abcdef0_20261123T1500Z_0a1b2c3d.log.gz
_NAME = re.compile(r"(?:^|/)(\d{12})_[a-z]+_[a-z0-9-]+_(fl-[0-9a-f]{8,17})_[^/]*$")

BRIEF = "AWS, bucket"
SECRET, BOUND, VISITED, PUSHED = "", (), False, ""  # AWS delivers, and asks for nothing


class Settings(Form):
    """Which objects, and what their names and headers do not say."""

    bucket: str = Field(
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", title="Bucket", description="name of the S3 bucket"
    )
    prefix: str = Field(
        default="", max_length=1024, title="Prefix", description="only objects whose key begins with this"
    )
    account: str = Field(
        default="", pattern=r"^(\d{12})?$", title="Account", description="12 digits, where neither field nor name says"
    )
    log_format: Annotated[str, AfterValidator(checked_format)] = Field(
        default="",
        max_length=4000,
        title="Log format",
        description="as AWS shows it (${version} ${account-id} …), for objects without a header line, as Firehose's",
    )


def claims(settings: Settings, origin: Origin) -> bool:
    """By bucket and prefix."""
    return origin.place == settings.bucket and origin.key.startswith(settings.prefix)


def about(settings: Settings, origin: Origin) -> About:
    """What AWS writes into a log's name goes before what a person said."""
    found = _NAME.search(origin.key)
    account = int(found[1]) if found else int(settings.account or 0)
    fields = fields_of(settings.log_format)
    return About(account=account, log=found[2] if found else "", fields=fields, format="aws_vpc" if fields else "")
