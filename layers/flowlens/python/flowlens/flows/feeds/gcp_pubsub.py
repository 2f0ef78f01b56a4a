"""Google Cloud flow logs that a subscription of Pub/Sub pushes within seconds"""

from __future__ import annotations

from pydantic import Field

from flowlens.flows.feeding import Form, Origin
from flowlens.flows.reading import About

BRIEF = "Google, pushed"
SECRET, BOUND, VISITED, PUSHED = "", (), False, "pubsub"  # Google signs each push: there is no secret to keep


class Settings(Form):
    """Who pushes."""

    account: str = Field(
        pattern=r"^[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,190}$",
        title="Service account",
        description="whose tokens the subscription pushes with: flowlens-push@PROJECT.iam.gserviceaccount.com",
    )
    subscription: str = Field(
        default="",
        pattern=r"^(projects/[a-z0-9.:-]{1,100}/subscriptions/[A-Za-z][A-Za-z0-9._~%+-]{2,254})?$",
        title="Subscription",
        description="projects/PROJECT/subscriptions/NAME: messages of others are refused; empty: whatever it pushes",
    )
    issuer: str = Field(
        default="https://accounts.google.com",
        pattern=r"^https://[A-Za-z0-9.:\-\[\]]{1,260}(/[A-Za-z0-9._~-]{1,100}){0,5}$",
        title="Issuer",
        description="who signs the tokens, when it is not Google's own sign-in",
    )


def claims(settings: Settings, origin: Origin) -> bool:
    """By subscription."""
    return settings.subscription in ("", origin.place)


def about(settings: Settings, origin: Origin) -> About:  # noqa: ARG001 (the shape of a member)
    """An entry says all of it. What is pushed comes in any company, so that each entry is counted by itself."""
    return About(format="gcp_vpc", log="push", each=True)
