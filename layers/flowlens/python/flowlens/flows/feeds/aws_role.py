"""AWS flow logs in a bucket of another account, read by a role of that account"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from flowlens.flows.feeding import Form, Origin
from flowlens.flows.feeds import aws_s3
from flowlens.flows.files.aws_vpc import checked_format
from flowlens.flows.reading import About

BRIEF = "AWS, bucket by role"
SECRET, BOUND, VISITED, PUSHED = "", (), True, ""  # the role trusts us, and asks for an external id that we made


class Settings(Form):
    """Which role reads which bucket."""

    role: str = Field(
        pattern=r"^arn:aws(-[a-z]+)*:iam::\d{12}:role/flowlens-read-[A-Za-z0-9+=,.@_-]{1,50}$",
        title="Role",
        description="its ARN: arn:aws:iam::210987654321:role/flowlens-read-…, whether it exists yet or not",
    )
    bucket: str = Field(
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", title="Bucket", description="name of the S3 bucket"
    )
    region: str = Field(
        pattern=r"^[a-z]{2}(-[a-z]{2,9}){1,3}-\d{1,2}$", title="Region", description="of the bucket, such as eu-west-1"
    )
    prefix: str = Field(
        default="",
        pattern=r"^[^*?$\"\\]*$",  # it stands in a policy, where these mean something
        max_length=500,
        title="Prefix",
        description="only objects whose key begins with this, such as AWSLogs/210987654321/vpcflowlogs/eu-west-1/",
    )
    hours: int = Field(
        default=24, ge=0, le=720, title="Hours back", description="how much of what is there already is read at first"
    )
    account: str = Field(
        default="", pattern=r"^(\d{12})?$", title="Account", description="12 digits, where neither field nor name says"
    )
    log_format: Annotated[str, AfterValidator(checked_format)] = Field(
        default="",
        max_length=4000,
        title="Log format",
        description="as AWS shows it (${version} ${account-id} …), for objects without a header line",
    )


def claims(settings: Settings, origin: Origin) -> bool:
    """By bucket and prefix."""
    return origin.place == settings.bucket and origin.key.startswith(settings.prefix)


def about(settings: Settings, origin: Origin) -> About:
    """As of any bucket."""
    fields = settings.model_dump(include={"bucket", "prefix", "account", "log_format"})
    return aws_s3.about(aws_s3.Settings.model_validate(fields), origin)
