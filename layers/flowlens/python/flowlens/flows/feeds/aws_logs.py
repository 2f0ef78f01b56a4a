"""AWS flow logs in a log group of CloudWatch Logs, which a subscription delivers"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from flowlens.flows.feeding import Form, Origin
from flowlens.flows.files.aws_vpc import checked_format, fields_of
from flowlens.flows.reading import About

BRIEF = "AWS, log group"
SECRET, BOUND, VISITED, PUSHED = "", (), False, ""  # AWS delivers, and asks for nothing


class Settings(Form):
    """Which log group, and what its events do not say: they have no header line."""

    log_group: str = Field(
        pattern=r"^[A-Za-z0-9_./#-]{1,512}$", title="Log group", description="name of the log group in CloudWatch Logs"
    )
    account: str = Field(
        default="", pattern=r"^(\d{12})?$", title="Account", description="12 digits: whose log group; empty: anybody's"
    )
    log_format: Annotated[str, AfterValidator(checked_format)] = Field(
        default="",
        max_length=4000,
        title="Log format",
        description="as AWS shows it (${version} ${account-id} …); empty: AWS's default format",
    )


def claims(settings: Settings, origin: Origin) -> bool:
    """By log group and, where it is said, account."""
    return origin.place == settings.log_group and settings.account in ("", origin.key)


def about(settings: Settings, origin: Origin) -> About:
    """The owner of the log group, where no field says whose the interface is."""
    account = int(origin.key) if origin.key.isdecimal() and len(origin.key) <= 12 else int(settings.account or 0)
    return About(account=account, fields=fields_of(settings.log_format), format="aws_vpc")
