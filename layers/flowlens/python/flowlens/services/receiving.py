"""What an identity provider's page posts to us: looked at, and kept for the browser that was sent.

It comes from another site, so the browser sends no cookie of ours with it (SameSite=Strict). It finds the sign-in by
the random state that only the provider and that browser know; who comes in is decided where the cookie is shown.
"""

from __future__ import annotations

from urllib.parse import parse_qsl
from uuid import UUID

from flowlens.access import sessions
from flowlens.services import denials, vouching
from flowlens.services.sessions import Caller
from flowlens.services.vouching import Ways
from flowlens.store import providers as store
from flowlens.store.connection import Connection, secret_transaction, tenant_transaction
from flowlens.store.providers import Provider

_FIELDS = 8  # of a form


def receive(conn: Connection, ways: Ways, caller: Caller, form: bytes) -> str:
    """The query with which the browser goes on; nothing where nobody waits for this answer.

    What is wrong with an answer is in the trail at once, and is told to whoever shows the cookie.
    """
    vouching.count(ways, caller, what="posted")
    said = _read(form)
    relay = sessions.digest(said.get("RelayState", ""))
    with secret_transaction(conn, relay) as conn:
        waiting = store.of_relay(conn, relay)
    if waiting is None or not waiting.lives:
        return ""
    from flowlens.services.vouching import saml  # few requests need an XML parser

    with tenant_transaction(conn, waiting.tenant) as conn:
        provider = _one(conn, waiting.tenant, waiting.provider)
        if provider is None:
            return ""
        found = saml.judged(provider, waiting, said.get("SAMLResponse", ""))
        kept = store.vouch(conn, waiting.tenant, relay, found)
    why = found.get("refused") if kept else "the provider's answer came a second time"
    if why is not None:
        detail = {"address": caller.address, "provider": provider.id, "why": why}
        denials.note(conn, waiting.tenant, actor="", action="session.refuse", target="sign-in", detail=detail)
    return saml.fetching(waiting) if kept else ""


def _read(form: bytes) -> dict[str, str]:
    """Its fields; none where it is no form, or says something twice."""
    try:
        said = parse_qsl(form.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")
    except ValueError:
        return {}
    told = dict(said)
    return told if len(told) == len(said) else {}


def _one(conn: Connection, tenant: UUID, id: UUID) -> Provider | None:
    found = store.every(conn, tenant, id=id)
    return found[0] if found and found[0].enabled and found[0].kind == "saml" else None
