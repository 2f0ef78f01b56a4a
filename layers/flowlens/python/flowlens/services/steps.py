"""Whole minutes and hours."""

from __future__ import annotations

from datetime import datetime, timedelta

MINUTES_KEPT = timedelta(days=7)  # a day less than the roll-up's retention, so that no answer has a torn edge


def floor(instant: datetime, step: timedelta) -> datetime:
    """The begin of the step that the instant lies in; steps are counted from midnight UTC."""
    return instant - (instant - datetime.min.replace(tzinfo=instant.tzinfo)) % step


def ceil(instant: datetime, step: timedelta) -> datetime:
    """The instant itself, or the end of the step that it lies in."""
    floored = floor(instant, step)
    return floored if floored == instant else floored + step
