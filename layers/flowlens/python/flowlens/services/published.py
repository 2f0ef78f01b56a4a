"""What issuers of tokens publish of themselves: metadata, and the keys that they sign with."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from flowlens.access import jwts
from flowlens.model.errors import Invalid, Unready
from flowlens.outbound.client import Question
from flowlens.services.outside import Outside

_WELL_KNOWN = "/.well-known/openid-configuration"
_FRESH, _STALE = 3_600.0, 86_400.0  # seconds: then keys are asked for anew, then they are not used any longer
_AGAIN = 60.0  # seconds after which an issuer may be asked once more, whatever tokens say
_MOST = 64  # issuers


def metadata(outside: Outside, issuer: str) -> bytes:
    """Invalid says why there are none."""
    return _asked(outside, issuer.rstrip("/") + _WELL_KNOWN, "the provider's metadata")


def keys(outside: Outside, where: str) -> bytes:
    """A JWKS. Invalid says why there is none."""
    return _asked(outside, where, "the provider's keys")


def _asked(outside: Outside, where: str, what: str) -> bytes:
    answer = outside.ask(Question(url=where, headers={"accept": "application/json"}), what=what)
    if answer.status != 200:
        raise Invalid(f"{what}: {where} answers with status {answer.status}")
    return answer.content


@dataclass(slots=True)
class _Kept:
    keys: bytes
    at: float  # when they were had
    asked: float  # when they were last asked for


@dataclass(slots=True)
class Ring:
    """Keys of issuers, kept for an hour, and for a day where the issuer does not answer.

    A token that names another key has them asked for again, at most once a minute: issuers change keys.
    """

    outside: Outside
    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)

    def of(self, issuer: str, token: str, algorithm: str) -> bytes:
        """The issuer's JWKS. Unready when there is none to be had now."""
        now, kept = self.clock(), self._kept.get(issuer)
        if kept and now - kept.asked < _AGAIN:
            return self._used(kept, now, issuer)
        if kept and now - kept.at < _FRESH and jwts.knows(kept.keys, token, algorithm):
            return kept.keys
        try:
            found = self._fetched(issuer)
        except Invalid as problem:
            kept = kept or _Kept(b"", -math.inf, now)
            kept.asked = now
            self._keep(issuer, kept)
            if now - kept.at >= _STALE:
                raise Unready(f"the keys of {issuer} cannot be had: {problem}") from problem
            return kept.keys
        self._keep(issuer, _Kept(found, now, now))
        return found

    @staticmethod
    def _used(kept: _Kept, now: float, issuer: str) -> bytes:
        if now - kept.at >= _STALE:
            raise Unready(f"the keys of {issuer} cannot be had")
        return kept.keys

    def _fetched(self, issuer: str) -> bytes:
        said = jwts.document(metadata(self.outside, issuer))
        if said.get("issuer") != issuer:
            raise Invalid("the issuer calls itself something else")
        where = said.get("jwks_uri")
        if not isinstance(where, str) or not where.startswith("https://"):
            raise Invalid("its metadata give no https:// address of keys")
        found = keys(self.outside, where)
        jwts.document(found)
        return found

    def _keep(self, issuer: str, kept: _Kept) -> None:
        self._kept[issuer] = kept
        self._kept.move_to_end(issuer)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
