"""What can happen that a caller must know about; one class per thing, translated once at the edge."""

from __future__ import annotations


class FlowLensError(Exception):
    """The base of everything FlowLens says went wrong."""


class NotFound(FlowLensError):
    """The thing named does not exist, or not for this tenant."""


class Conflict(FlowLensError):
    """The thing changed since it was read, or already exists."""


class Stale(Conflict):
    """The thing changed since it was read; `version` is what it is now."""

    def __init__(self, version: int) -> None:
        super().__init__(f"it changed since you read it: it is at version {version} now")
        self.version = version


class Forbidden(FlowLensError):
    """The actor lacks the permission."""


class Unproven(Forbidden):
    """The actor may, after showing once more who they are."""


class Unauthenticated(FlowLensError):
    """No valid token or session came with the request."""


class Forged(Unauthenticated):
    """Somebody is not who they say. `reason` is a short stable name, for whom they wanted to get at, not for them."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class Unready(FlowLensError):
    """It cannot be done now; the same may be asked again in a while."""


class Throttled(FlowLensError):
    """It was tried too often; `seconds` is how long to wait."""

    def __init__(self, detail: str, *, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class OverQuota(Throttled):
    """More was asked for in a stretch of time than the quota of this name allows."""

    def __init__(self, quota: str, *, seconds: int) -> None:
        super().__init__(
            f"that is more than the quota {quota!r} allows; ask again in {seconds} seconds", seconds=seconds
        )


class Invalid(FlowLensError):
    """A value that cannot be used, with what to change."""


class Malformed(FlowLensError):
    """Bytes that are not what they claim to be. `reason` is a short stable name for counters."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class Refused(FlowLensError):
    """A URL that FlowLens does not ask. `reason` is a short stable name; nothing was sent."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class Unreachable(FlowLensError):
    """No whole answer came from another system. `reason` is a short stable name."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class Unopened(FlowLensError):
    """A place that logs are fetched from gave none. `reason` is a short stable name."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail
