"""Databases of addresses (MaxMind's format, .mmdb) under a URL: s3://bucket/prefix, or file:///directory."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import boto3
import maxminddb
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from flowlens.model.errors import Invalid

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_FILES = 8
MAX_OCTETS = 200 << 20  # of one database; a function's disk holds 512 MB
_MAX_VALUE = 100
_SUFFIX = ".mmdb"
_CONFIG = Config(retries={"max_attempts": 2, "mode": "standard"}, connect_timeout=3, read_timeout=20)
# https://dev.maxmind.com/geoip/docs/databases and https://db-ip.com/db/lite.php name the types and fields.
_COUNTRIES = ("country", "city", "enterprise", "location")
_ORGANISATIONS = ("asn", "isp", "enterprise")
_ORGANISATION_FIELDS = ("autonomous_system_organization", "organization", "isp", "as_name")


@cache
def client() -> S3Client:
    return boto3.client("s3", config=_CONFIG)


def listed(url: str) -> dict[str, tuple[str, int]]:
    """Each database's version and size in octets, by name; Invalid when nobody answers."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        files = sorted(Path(unquote(parts.path)).glob(f"*{_SUFFIX}"))[:MAX_FILES]
        about = ((file.name, file.stat()) for file in files)
        return {name: (f"{stat.st_mtime_ns}-{stat.st_size}", stat.st_size) for name, stat in about}
    if parts.scheme != "s3" or not parts.netloc:
        raise Invalid(f"databases are at s3://bucket/prefix or file:///directory, not {url!r}")
    prefix = parts.path.strip("/") + "/"
    try:
        found = client().list_objects_v2(Bucket=parts.netloc, Prefix=prefix).get("Contents", [])
    except (ClientError, BotoCoreError) as error:
        raise Invalid(f"the databases cannot be listed: {type(error).__name__}") from error
    named = {one["Key"].removeprefix(prefix): one for one in found if one["Key"].endswith(_SUFFIX)}
    return {name: (named[name]["ETag"].strip('"'), named[name]["Size"]) for name in sorted(named)[:MAX_FILES]}


class Database:
    """One database, opened. Invalid when it cannot be."""

    def __init__(self, url: str, name: str, size: int) -> None:
        if size > MAX_OCTETS:
            raise Invalid(f"it has {size:,} octets, and {MAX_OCTETS:,} are the most")
        parts = urlsplit(url)
        try:
            if parts.scheme == "file":
                self._reader = maxminddb.open_database(Path(unquote(parts.path)) / name)
            else:
                self._reader = _fetched(parts.netloc, f"{parts.path.strip('/')}/{name}")
        except (maxminddb.InvalidDatabaseError, ValueError, OSError) as error:
            raise Invalid("it is no MaxMind database, or a damaged one") from error
        except (ClientError, BotoCoreError) as error:
            raise Invalid(f"it cannot be fetched: {type(error).__name__}") from error
        about = self._reader.metadata()
        self.type = str(about.database_type)[:_MAX_VALUE]
        self.built_at = datetime.fromtimestamp(about.build_epoch, UTC)

    @property
    def tells(self) -> tuple[str, ...]:
        """Of country, organisation or both, by its type; one of an unknown type may tell of either."""
        kind = self.type.lower()
        country = any(word in kind for word in _COUNTRIES)
        organisation = any(word in kind for word in _ORGANISATIONS)
        both = country == organisation
        return (*(["country"] if country or both else []), *(["organisation"] if organisation or both else []))

    def country(self, address: str) -> str | None:
        """By its English name, or its two letters."""
        record = self._record(address)
        country = record.get("country") or record.get("registered_country")
        if isinstance(country, Mapping):
            names = country.get("names")
            english = names.get("en") if isinstance(names, Mapping) else None
            return _readable(english) or _readable(country.get("iso_code"))
        return _readable(record.get("country_name")) or _readable(country)

    def organisation(self, address: str) -> str | None:
        """Whose autonomous system announces it."""
        record = self._record(address)
        return next((said for name in _ORGANISATION_FIELDS if (said := _readable(record.get(name)))), None)

    def _record(self, address: str) -> Mapping[str, object]:
        """Nothing of an address that is not in it, or whose record is damaged."""
        try:
            record = self._reader.get(address)
        except (maxminddb.InvalidDatabaseError, ValueError):  # IPv6 in a database of IPv4
            return {}
        return record if isinstance(record, dict) else {}

    def close(self) -> None:
        self._reader.close()


def _fetched(bucket: str, key: str) -> maxminddb.Reader:
    """Once it is mapped into memory, its name on the disk is given back."""
    with tempfile.NamedTemporaryFile(suffix=_SUFFIX) as file:
        client().download_fileobj(bucket, key, file)
        file.flush()
        return maxminddb.open_database(file.name)


def _readable(value: object) -> str | None:
    said = value.strip()[:_MAX_VALUE] if isinstance(value, str) else ""
    return said if said and said.isprintable() else None
