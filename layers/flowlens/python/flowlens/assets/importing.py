"""What the rows of an imported file want: which column means what, and each row's subject with what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_interface, ip_network

from flowlens.assets.attributes import KNOWN, check
from flowlens.assets.sheets import MAX_CELL, Fault, Sheet, formula, plain
from flowlens.model.errors import Invalid

ASSETS, RULES = "assets", "classification_rules"
KINDS = (ASSETS, RULES)
ADDRESS, NETWORK, SPACE, NAME, NOTE = "address", "network", "address_space", "name", "note"
_SUBJECT = {ASSETS: ADDRESS, RULES: NETWORK}
_MAX_NAME, _MAX_NOTE = 200, 4000
# How other inventories call the same, in small letters without spaces and dashes.
_ALSO: Mapping[str, tuple[str, ...]] = {
    ADDRESS: ("ip", "ipaddress", "ipv4", "ipv4address", "primaryip", "hostip", "ciipaddress"),
    NETWORK: ("cidr", "prefix", "subnet"),
    SPACE: ("addressspace", "vrf", "space"),
    NAME: ("hostname", "host", "fqdn", "ciname", "displayname", "asset", "device"),
    NOTE: ("description", "comment", "comments", "notes", "shortdescription"),
    "environment": ("env", "usedfor", "stage"),
    "datacenter": ("datacentre", "dc"),
    "location": ("city", "region"),
    "asset_type": ("type", "assettype", "class", "role", "sysclassname"),
    "application": ("app", "service", "businessservice"),
    "owner": ("ownedby", "assignedto", "contact"),
    "team": ("supportgroup", "assignmentgroup", "group"),
    "criticality": ("businesscriticality", "priority", "tier"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a row says; None where it leaves something as it is, and an attribute of None is taken away."""

    row: int
    space: int
    subject: str  # an address, or a network
    name: str | None = None
    note: str | None = None
    attributes: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column of the file means: a field, an attribute, or nothing (None)."""

    column: str
    means: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """How a file is to be read: what its columns mean where that is not clear, and whether an empty cell clears."""

    kind: str
    columns: Mapping[str, str | None] = field(default_factory=dict)
    clear: bool = False


def meanings(sheet: Sheet, settings: Settings) -> list[Meaning]:
    """What each column means, told or guessed; Invalid when one is told to mean what nothing can."""
    found = [Meaning(name, _told(name, settings) if name in settings.columns else _guessed(name, settings.kind))
             for name in sheet.columns]  # fmt: skip
    used: set[str] = set()
    for at, meaning in enumerate(found):
        if meaning.means in used:
            found[at] = Meaning(meaning.column, None)  # the first one counts
        elif meaning.means:
            used.add(meaning.means)
    return found


def _told(name: str, settings: Settings) -> str | None:
    means = settings.columns[name]
    if means is None or means in _fields(settings.kind) or check({means: "x"}):
        return means
    raise Invalid(f"columns: {name} cannot mean {means}")


def _fields(kind: str) -> tuple[str, ...]:
    return (ADDRESS, SPACE, NAME, NOTE) if kind == ASSETS else (NETWORK, SPACE, NOTE)


def _guessed(name: str, kind: str) -> str | None:
    wanted = (*_fields(kind), *KNOWN)
    lower = plain(name).strip().lower()
    if lower in wanted or lower.startswith("tag:"):
        return lower
    short = lower.replace(" ", "").replace("_", "").replace("-", "")
    return next((means for means in wanted if short in (means.replace("_", ""), *_ALSO.get(means, ()))), None)


def rows(
    sheet: Sheet, settings: Settings, found: Sequence[Meaning], space_of: Callable[[str], int]
) -> tuple[list[Said], list[Fault]]:
    """What the rows say, and what is wrong with those that say nothing that can be used. `space_of` raises Invalid."""
    subject = _SUBJECT[settings.kind]
    if not sheet.rows and sheet.faults:
        return [], list(sheet.faults)
    if subject not in {meaning.means for meaning in found}:
        raise Invalid(f"no column is the {subject}: name it {subject}, or say which one it is")
    places = [(at, meaning.column, meaning.means) for at, meaning in enumerate(found) if meaning.means]
    said, faults, first = [], list(sheet.faults), dict[tuple[int, str], int]()
    for line, cells in sheet.rows:
        wrong: list[Fault] = []
        one = _row(line, [(column, means, cells[at]) for at, column, means in places], settings, space_of, wrong)
        if one and not wrong:
            before = first.setdefault((one.space, one.subject), line)
            if before == line:
                said.append(one)
                continue
            column = next(meaning.column for meaning in found if meaning.means == subject)
            wrong.append(Fault(line, column, f"{one.subject} is in row {before} already"))
        faults += wrong
    return said, faults


def _row(
    line: int, cells: list[tuple[str, str, str]], settings: Settings, space_of: Callable[[str], int], wrong: list[Fault]
) -> Said | None:
    values: dict[str, str | None] = {}
    heads = {means: column for column, means, _ in cells}
    for column, means, cell in cells:
        try:
            values[means] = _value(means, cell.strip())
        except Invalid as fault:
            wrong.append(Fault(line, column, str(fault)))
    subject = values.pop(_SUBJECT[settings.kind], None)
    try:
        space = space_of(values.pop(SPACE, None) or "")
    except Invalid as fault:
        wrong.append(Fault(line, heads.get(SPACE, SPACE), str(fault)))
    if subject is None and not wrong:
        wrong.append(Fault(line, heads[_SUBJECT[settings.kind]], "it is empty"))
    if subject is None or wrong:
        return None
    name, note = (_text(values, what, settings) for what in (NAME, NOTE))
    attributes = {what: value for what, value in values.items() if value is not None or settings.clear}
    return Said(line, space, subject, name, note, attributes)


def _text(values: dict[str, str | None], what: str, settings: Settings) -> str | None:
    if what not in values:
        return None
    value = values.pop(what)
    return "" if value is None and settings.clear else value


def _value(means: str, cell: str) -> str | None:
    """As it is kept, None for an empty cell; Invalid says what is wrong with it."""
    if not cell:
        return None
    if len(cell) > MAX_CELL:
        raise Invalid(f"it has more than {MAX_CELL:,} characters")
    if formula(cell):
        raise Invalid("it looks like a formula: put an apostrophe before it if it is meant")
    reader = _READERS.get(means)
    return reader(plain(cell)) if reader else check({means: plain(cell)})[means]


def _line(cell: str) -> str:
    if len(cell) > _MAX_NAME or not cell.isprintable():
        raise Invalid(f"it must be at most {_MAX_NAME} printable characters")
    return cell


def _note(cell: str) -> str:
    if len(cell) > _MAX_NOTE:
        raise Invalid(f"it must be at most {_MAX_NOTE:,} characters")
    return cell


def _address(cell: str) -> str:
    try:
        found = ip_address(cell)
    except ValueError:
        raise Invalid(f"{cell[:60]!r} is no address") from None
    if getattr(found, "scope_id", None):
        raise Invalid("an address without a zone")
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def network(written: str) -> str:
    """As it is kept; Invalid says what is wrong, with what was probably meant."""
    try:
        meant = ip_network(written, strict=False)
    except ValueError:
        meant = None
    if meant is None or "%" in written:  # a zone means something on one machine only
        raise Invalid("network: must be a network such as 10.1.0.0/16 or 2001:db8::/32")
    if int(ip_interface(written).ip) == int(meant.network_address):
        return str(meant)
    raise Invalid(f"network: {written} has bits beyond its length set: did you mean {meant}?")


_READERS: Mapping[str, Callable[[str], str]] = {
    ADDRESS: _address,
    NETWORK: network,
    NAME: _line,
    SPACE: _line,
    NOTE: _note,
}
