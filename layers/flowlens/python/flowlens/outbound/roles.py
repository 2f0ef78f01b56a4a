"""Roles of other AWS accounts that trust one feed: taken on for one visit, narrowed to what it is for, and AWS's no."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from flowlens.model.errors import Unopened, Unreachable
from flowlens.outbound.stores import Throttled

_T = TypeVar("_T")
Names = Mapping[str, tuple[str, str]]
_SESSION_SECONDS = 900  # the least that AWS gives, and more than a visit takes
CONFIG = Config(retries={"max_attempts": 3, "mode": "standard"}, connect_timeout=4, read_timeout=15)
_BUSY = frozenset(
    {"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "ServiceUnavailable", "503"}
    | {"LimitExceededException", "ServiceUnavailableException"}
)
_DENIED = ("role_denied", "the role does not exist, or does not trust FlowLens with this feed's external id")
_ROLES: Names = {
    "AccessDenied": _DENIED,
    "RegionDisabledException": ("bucket_region", "the region is not enabled"),
    "PackedPolicyTooLarge": ("prefix_long", "AWS packs no more into a session: shorten the prefix"),
    "PackedPolicyTooLargeException": ("prefix_long", "AWS packs no more into a session: shorten the prefix"),
}


@dataclass(frozen=True, slots=True)
class Role:
    """A role, where it is used, and for which feed, whose own the external id is: we made it, and nobody can set it."""

    arn: str
    region: str
    feed: str
    external_id: str

    def taken_on(self, service: str, policy: str) -> Any:
        """A client of a service of AWS there, which may what the role and the policy may, both of them."""
        doorkeeper = boto3.client("sts", region_name=self.region, config=CONFIG)
        given = asked(
            lambda: doorkeeper.assume_role(
                RoleArn=self.arn,
                RoleSessionName=f"flowlens-feed-{self.feed}",  # as that account's CloudTrail shows it
                ExternalId=self.external_id,
                Policy=policy,
                DurationSeconds=_SESSION_SECONDS,
            ),
            _ROLES,
        )["Credentials"]
        make: Any = boto3.client  # the name of the service is no literal
        return make(
            service,
            region_name=self.region,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            config=CONFIG,
        )


def asked(ask: Callable[[], _T], names: Names, otherwise: Callable[[str], Exception | None] = lambda _: None) -> _T:
    """In our words; what AWS wrote stays out of them. `otherwise` may say what a code means before names do."""
    try:
        return ask()
    except ClientError as error:
        raise _named(error, names, otherwise) from error
    except BotoCoreError as error:
        raise Unreachable("connection", "AWS does not answer there: is the region right?") from error


def _named(error: ClientError, names: Names, otherwise: Callable[[str], Exception | None]) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in _BUSY:
        return Throttled("AWS asks us to come less often: it is tried again", _wait(error))
    known = otherwise(code)
    if known is not None:
        return known
    return Unopened(*names[code]) if code in names else Unopened("answer", f"AWS answers {code[:60]}")


def _wait(error: ClientError) -> int:
    said = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("retry-after", "")
    return min(int(said), 3600) if said.isascii() and said.isdecimal() else 0
