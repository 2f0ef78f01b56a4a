"""What Azure Event Grid tells of a storage account, in its own schema or as CloudEvents: which blobs were written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from flowlens.model.errors import Malformed

_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_WRITTEN = "Microsoft.Storage.BlobCreated"  # also of a blob that grew: each list of blocks that is put is such an event
_MOST = 5_000  # Event Grid sends that many together at most
_LONGEST_CODE = 200


class _Data(msgspec.Struct):
    validationCode: str = ""  # noqa: N815 (Microsoft's names)


class _Event(msgspec.Struct):
    """https://learn.microsoft.com/azure/event-grid/event-schema and https://github.com/cloudevents/spec (1.0)"""

    subject: str = ""
    eventType: str = ""  # noqa: N815 (Event Grid's)
    topic: str = ""
    type: str = ""  # CloudEvents'
    source: str = ""
    data: _Data = msgspec.field(default_factory=_Data)


_DECODER = msgspec.json.Decoder(list[_Event] | _Event)


@dataclass(frozen=True, slots=True)
class Happening:
    """Where it happened (the storage account's resource id), and to what (the blob, below its account)."""

    kind: str
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a call tells; with a `code`, it asks whether events are wanted, and the code is the answer."""

    happenings: tuple[Happening, ...]
    code: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """The blobs that a feed is about."""

    account: str
    container: str
    prefix: str

    def concerns(self, one: Happening) -> bool:
        """Names of accounts and containers are what Azure says they are; nothing else in an event is followed."""
        of_account = one.where.lower().endswith(f"/storageaccounts/{self.account.lower()}")
        begins = f"/blobServices/default/containers/{self.container}/blobs/{self.prefix}"
        return one.kind == _WRITTEN and of_account and one.what.startswith(begins)


def told(body: bytes) -> Told:
    """Malformed by `push_json`, `push_events` (they are none) or `push_many`."""
    try:
        found = _DECODER.decode(body)
    except msgspec.ValidationError as error:
        raise Malformed("push_events", "these are no events of Event Grid") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("push_json", "it is no JSON") from error
    events = found if isinstance(found, list) else [found]
    if len(events) > _MOST:
        raise Malformed("push_many", f"{len(events):,} events at once")
    if not events or not all(event.eventType or event.type for event in events):
        raise Malformed("push_events", "these are no events of Event Grid")
    return Told(tuple(_happening(event) for event in events), _code(events))


def _happening(event: _Event) -> Happening:
    return Happening(event.eventType or event.type, event.topic or event.source, event.subject)


def _code(events: Iterable[_Event]) -> str:
    found = [one.data.validationCode for one in events if one.eventType == _VALIDATION]
    return found[0][:_LONGEST_CODE] if found else ""


def watched(container: str, prefix: str) -> Watched:
    """By the address of a container: https://ACCOUNT.blob.core.windows.net/CONTAINER, or https://HOST/ACCOUNT/CONTAINER."""
    where = urlsplit(container)
    parts = where.path.strip("/").split("/")
    account = parts[0] if len(parts) > 1 else (where.hostname or "").partition(".")[0]
    return Watched(account, parts[-1], prefix)
