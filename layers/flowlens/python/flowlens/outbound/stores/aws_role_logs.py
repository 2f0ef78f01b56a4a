"""A log group of another AWS account: its events by when they came in, by a role there that trusts this feed alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from flowlens.model.errors import Unopened
from flowlens.outbound.roles import Names, Role, asked
from flowlens.outbound.stores import Broken, Found, Gone, Opening

STRETCH = timedelta(minutes=5)  # whose events are one log: the names of logs stand for that, so it must stay as it is
_SETTLED = timedelta(minutes=2)  # after which all that came in is found
LATE = timedelta(hours=1)  # by which a flow's beginning may lie before its coming in
_NAME = "%Y-%m-%dT%H:%MZ"
_EDITION = "1"  # what came in within a stretch that is over never changes
_MOST = 64 << 20  # octets of a stretch
_LATEST, _RECENT = "the latest events", timedelta(hours=3)
_PAGES = 1000
_Event = tuple[int, str, bytes]  # when it came in, its id, its line
_NAMES: Names = {
    "AccessDeniedException": ("role_rights", "the role may not read there: what it may is on the feed's page"),
    "ResourceNotFoundException": ("group_missing", "there is no such log group in this region"),
    "InvalidParameterException": ("group_missing", "AWS knows no log group of such a name"),
    "ExpiredTokenException": ("role_denied", "the role's session ended: the next visit begins another"),
    "UnrecognizedClientException": ("role_denied", "AWS does not know the role's session"),
}


@dataclass(frozen=True, slots=True)
class Where:
    """What the role is taken on for."""

    role: str
    group: str
    region: str
    prefix: str  # of log streams

    @property
    def policy(self) -> str:
        """The session may read events of this log group, whatever else the role may."""
        _, partition, _, _, account, _ = self.role.split(":", 5)
        group = f"arn:{partition}:logs:{self.region}:{account}:log-group:{self.group}:*"
        statement = {"Effect": "Allow", "Action": "logs:FilterLogEvents", "Resource": group}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


@dataclass(slots=True)
class Group:
    """What came in within each stretch of five minutes is a log, which is over two minutes later and then stays.

    Events are found by when their flows began, and told apart by when they came in: so one that comes late is in a
    later log, and each is in one.
    """

    where: Where
    role: Role
    now: datetime
    look: bool = False  # at the latest events, for a person
    _client: Any = field(default=None, repr=False)  # its types are no dependency of ours

    def listed(self, since: datetime) -> Iterator[Found]:
        """All stretches since then that are over. How long each is, is known when it is read."""
        if self.look:
            yield Found(_LATEST, 1, _EDITION, self.now)
            return
        begin = _floor(since)
        while begin + STRETCH + _SETTLED <= self.now:
            yield Found(f"{begin:{_NAME}}", 1, _EDITION, begin + STRETCH)
            begin += STRETCH

    def piece(self, found: Found, start: int, stop: int) -> bytes:  # noqa: ARG002 (the shape of a store)
        """All of it: a line for each event, in an order that stays. Gone where nothing came in."""
        events = self._latest() if self.look else self._came_in(found)
        return b"".join(line for _, _, line in sorted(events, key=lambda one: one[1:]))

    def _latest(self) -> list[_Event]:
        """One page of what AWS has of the last hours."""
        found = list(self._page(self._asked_for(self.now - _RECENT, self.now)))
        if not found:
            raise Unopened("events_none", f"{self.where.group} has no events of the last three hours")
        return found

    def _came_in(self, found: Found) -> list[_Event]:
        """Within its stretch; Broken by `events_size` when they are too many to look for or to hold."""
        begin = datetime.strptime(found.name, _NAME).replace(tzinfo=UTC)
        came, octets = range(_ms(begin), _ms(begin + STRETCH)), 0
        kept: list[_Event] = []
        wanted = self._asked_for(begin - LATE, begin + STRETCH)
        for _ in range(_PAGES):
            some = [one for one in self._page(wanted) if one[0] in came]
            kept, octets = kept + some, octets + sum(len(one[2]) for one in some)
            if octets > _MOST:
                raise Broken("events_size", f"more than {_MOST:,} octets within five minutes: subscribe the log group")
            if "nextToken" not in wanted:
                break
        else:
            raise Broken("events_size", f"more than {_PAGES:,} pages within an hour: subscribe the log group")
        if not kept:
            raise Gone
        return kept

    def _asked_for(self, begin: datetime, end: datetime) -> dict[str, Any]:
        wanted: dict[str, Any] = {"logGroupName": self.where.group, "startTime": _ms(begin), "endTime": _ms(end)}
        return {**wanted, "logStreamNamePrefix": self.where.prefix} if self.where.prefix else wanted

    def _page(self, wanted: dict[str, Any]) -> Iterator[_Event]:
        """What is asked for; then `wanted` asks for the next page, where there is one."""
        answer = asked(partial(self._session().filter_log_events, **wanted), _NAMES)
        wanted.pop("nextToken", None)
        if answer.get("nextToken"):
            wanted["nextToken"] = answer["nextToken"]
        for event in answer.get("events", []):
            line = " ".join(str(event["message"]).splitlines()).encode("utf-8", "replace") + b"\n"
            yield int(event["ingestionTime"]), str(event["eventId"]), line

    def _session(self) -> Any:
        if self._client is None:
            self._client = self.role.taken_on("logs", self.where.policy)
        return self._client


def place(said: Any, opening: Opening) -> Group:
    where = Where(said.role, said.log_group, said.region, said.prefix)
    role = Role(said.role, said.region, opening.feed, str(opening.external_id))
    return Group(where, role, opening.now, look=opening.page > 0)


def _floor(at: datetime) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // STRETCH.total_seconds() * STRETCH.total_seconds(), UTC)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
