"""Azure flow logs in a container of Azure Storage, fetched as they grow"""

from __future__ import annotations

from pydantic import Field, model_validator

from flowlens.flows.feeding import Form, Origin
from flowlens.flows.reading import About

BRIEF = "Azure, container"
SECRET = "A shared access signature of the container (list and read), or the application's client secret"  # noqa: S105
BOUND = ("container", "authority", "directory", "client")  # a secret that was given for these opens no others
VISITED, PUSHED = True, "eventgrid"  # Event Grid may say that there is something new
_ID = r"^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|)$"


class Settings(Form):
    """Which container, and as whom it is read."""

    container: str = Field(
        pattern=r"^https?://[A-Za-z0-9.:\-\[\]]{1,260}(/[A-Za-z0-9$_-]{1,63}){1,2}/?$",
        title="Container",
        description="its address: https://ACCOUNT.blob.core.windows.net/insights-logs-flowlogflowevent",
    )
    prefix: str = Field(
        default="", max_length=1024, title="Prefix", description="only blobs whose name begins with this"
    )
    hours: int = Field(
        default=24, ge=0, le=720, title="Hours back", description="how much of what is there already is read at first"
    )
    directory: str = Field(
        default="", pattern=_ID, title="Directory (tenant) id", description="of the application; empty: by a signature"
    )
    client: str = Field(
        default="",
        pattern=_ID,
        title="Application (client) id",
        description="of the application; empty: by a signature",
    )
    authority: str = Field(
        default="https://login.microsoftonline.com",
        pattern=r"^https?://[A-Za-z0-9.:\-\[\]]{1,260}/?$",
        title="Sign-in address",
        description="where applications sign in; national clouds have their own",
    )

    @model_validator(mode="after")
    def _both(self) -> Settings:
        if bool(self.directory) != bool(self.client):
            raise ValueError("name both the directory and the application, or neither")
        return self


def claims(settings: Settings, origin: Origin) -> bool:
    """By container and prefix."""
    return origin.place == settings.container and origin.key.startswith(settings.prefix)


def about(settings: Settings, origin: Origin) -> About:  # noqa: ARG001 (the shape of a member)
    """A blob says all of it."""
    return About()
