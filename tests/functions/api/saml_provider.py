"""A SAML provider whose page posts answers: right, or wrong in one thing."""

from __future__ import annotations

import base64
import json
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

from flowlens.access import certificates
from flowlens.outbound import carried
from flowlens.outbound.client import Answer, Question

from tests.unit.access.assertions import (
    KEY,
    PARTY,
    REQUEST,
    Signer,
    assertion,
    at,
    certified,
    encoded,
    key_info,
    response,
    same,
    whole,
)
from tests.unit.access.test_saml_metadata import described

SIGN_ON, METADATA = "https://id.example/sso", "https://id.example/metadata"
CERTIFICATE = certified(KEY, begins=time.time() - 86_400, ends=time.time() + 86_400)
SITE = PARTY.receiver.removesuffix("/api/v1/session/saml")
SAML: dict[str, Any] = {"site": SITE, "sign_on": SIGN_ON, "certificates": [certificates.written(CERTIFICATE)]}
TEXT: dict[str, Any] = {"name": "Company sign-in", "client_id": PARTY.entity, "saml": SAML}
Change = Callable[[str], str]


def now(seconds: float) -> str:
    return datetime.fromtimestamp(time.time() + seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def asked(location: str) -> ElementTree.Element:
    """The AuthnRequest that a browser is sent with."""
    packed = dict(parse_qsl(urlsplit(location).query))["SAMLRequest"]
    return ElementTree.fromstring(zlib.decompress(base64.b64decode(packed), -15))  # noqa: S314 -- our own


@dataclass(slots=True)
class Provider:
    """Whoever is signed in there is `person`; `before` changes what is signed, `after` what is sent."""

    person: str = "ada-0815"
    email: str = "Ada@Example.com"
    before: Change = same
    after: Change = same
    signer: Signer = field(default_factory=Signer)
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)

    def call(self, name: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """In the place of the function outside the network."""
        assert name == "outbound-ask"
        question = carried.read_question(json.loads(json.dumps(event)))
        self.asked.append(question)
        path = urlsplit(question.url).path
        right = {"/sso": Answer(200, {}, b"<html>"), "/metadata": Answer(200, {}, self.metadata().encode())}
        return carried.answer(self.answers.get(path) or right.get(path) or Answer(404, {}, b""))

    def metadata(self) -> str:
        return described(f'<KeyDescriptor use="signing">{key_info(CERTIFICATE)}</KeyDescriptor>')

    def signs_in(self, location: str) -> bytes:
        """Somebody follows the location and shows who they are: the form that the provider's page posts."""
        request = asked(location).attrib["ID"]

        def fresh(text: str) -> str:
            for seconds in (-2, -10, 300, -300, 0):
                text = text.replace(f'"{at(seconds)}"', f'"{now(seconds)}"')
            text = text.replace(REQUEST, request).replace("ada-0815", self.person)
            return text.replace("Ada@Example.com", self.email)

        inner = whole(self.before(fresh(assertion())), replace(self.signer))
        sent = encoded(self.after(fresh(response(inner))))
        relay = dict(parse_qsl(urlsplit(location).query))["RelayState"]
        return urlencode({"SAMLResponse": sent, "RelayState": relay}).encode()
