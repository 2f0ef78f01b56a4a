"""Google Cloud flow logs in a bucket of Cloud Storage, which a log sink writes"""

from __future__ import annotations

from pydantic import Field

from flowlens.flows.feeding import Form, Origin
from flowlens.flows.reading import About

BRIEF = "Google, bucket"
SECRET = "The key file of a service account that may read the bucket, all of its JSON"  # noqa: S105
BOUND = ("bucket", "account", "storage", "authority")  # a secret that was given for these opens no others
VISITED, PUSHED = True, ""
_ADDRESS = r"^https?://[A-Za-z0-9.:\-\[\]]{1,260}"


class Settings(Form):
    """Which bucket, and as whom it is read."""

    bucket: str = Field(
        pattern=r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$", title="Bucket", description="that the log sink writes to"
    )
    prefix: str = Field(
        default="compute.googleapis.com/vpc_flows/",
        max_length=1024,
        title="Prefix",
        description="only objects whose name begins with this; a sink's begin with compute.googleapis.com/vpc_flows/",
    )
    hours: int = Field(
        default=24, ge=0, le=720, title="Hours back", description="how much of what is there already is read at first"
    )
    account: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190})?$",
        title="Service account",
        description="its address, where the key must be of that one; empty: of whichever the key file names",
    )
    storage: str = Field(
        default="https://storage.googleapis.com",
        pattern=_ADDRESS + "/?$",
        title="Storage address",
        description="where the storage answers; a private endpoint has its own",
    )
    authority: str = Field(
        default="https://oauth2.googleapis.com/token",
        pattern=_ADDRESS + r"(/[A-Za-z0-9._~/-]{0,200})?$",
        title="Sign-in address",
        description="where the service account signs in, when it is not at Google's own",
    )


def claims(settings: Settings, origin: Origin) -> bool:
    """By bucket and prefix."""
    return origin.place == settings.bucket and origin.key.startswith(settings.prefix)


def about(settings: Settings, origin: Origin) -> About:  # noqa: ARG001 (the shape of a member)
    """An entry says all of it."""
    return About()
