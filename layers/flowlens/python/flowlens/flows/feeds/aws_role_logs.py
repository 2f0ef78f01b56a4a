"""AWS flow logs in a log group of another account, read by a role of that account"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from flowlens.flows.feeding import Form, Origin
from flowlens.flows.feeds import aws_logs
from flowlens.flows.files.aws_vpc import checked_format
from flowlens.flows.reading import About

BRIEF = "AWS, group by role"
SECRET, BOUND, VISITED, PUSHED = "", (), True, ""  # the role trusts us, and asks for an external id that we made


class Settings(Form):
    """Which role reads which log group, and what its events do not say: they have no header line."""

    role: str = Field(
        pattern=r"^arn:aws(-[a-z]+)*:iam::\d{12}:role/flowlens-read-[A-Za-z0-9+=,.@_-]{1,50}$",
        title="Role",
        description="its ARN: arn:aws:iam::210987654321:role/flowlens-read-…, whether it exists yet or not",
    )
    log_group: str = Field(
        pattern=r"^[A-Za-z0-9_./#-]{1,512}$", title="Log group", description="name of the log group in CloudWatch Logs"
    )
    region: str = Field(
        pattern=r"^[a-z]{2}(-[a-z]{2,9}){1,3}-\d{1,2}$",
        title="Region",
        description="of the log group, such as eu-west-1",
    )
    prefix: str = Field(
        default="",
        pattern=r"^[^:*]*$",
        max_length=500,
        title="Log streams",
        description="only those whose name begins with this, such as eni-; empty: all",
    )
    hours: int = Field(
        default=1, ge=0, le=720, title="Hours back", description="how much of what is there already is read at first"
    )
    log_format: Annotated[str, AfterValidator(checked_format)] = Field(
        default="",
        max_length=4000,
        title="Log format",
        description="as AWS shows it (${version} ${account-id} …); empty: AWS's default format",
    )


def claims(settings: Settings, origin: Origin) -> bool:
    """By log group and account."""
    return (origin.place, origin.key) == (settings.log_group, settings.role.split(":")[4])


def about(settings: Settings, origin: Origin) -> About:  # noqa: ARG001 (the shape of a member)
    """As of any log group; the account is the role's."""
    account = settings.role.split(":")[4]
    said = aws_logs.Settings(log_group=settings.log_group, account=account, log_format=settings.log_format)
    return aws_logs.about(said, Origin("aws_logs", settings.log_group, account))
