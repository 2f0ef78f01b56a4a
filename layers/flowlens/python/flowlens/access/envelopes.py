"""What is around a SAML assertion: nobody need have signed it, so it can only make an answer worse."""

from __future__ import annotations

import base64
import binascii
import hmac

from lxml import etree

from flowlens.access import signed
from flowlens.model.errors import Malformed

PROTOCOL, ASSERTION = "urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:2.0:assertion"
LONGEST = signed.MOST // 3 * 4  # characters of an answer
_P, _A = f"{{{PROTOCOL}}}", f"{{{ASSERTION}}}"
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"


def opened(answer: str, *, issuer: str, receiver: str, request: str) -> etree._Element:
    """The root of a SAMLResponse shaped as an answer of `issuer` to `request`, with one assertion; else Malformed."""
    root = signed.read(_decoded(answer))
    _check_whole(root, issuer, receiver, request)
    _check_ids(root)
    _check_parts(root)
    return root


def text(element: etree._Element) -> str:
    """All of it; nothing where elements are in between."""
    return (element.text or "") if len(element) == 0 else ""


def same(said: str | None, kept: str) -> bool:
    return said is not None and hmac.compare_digest(said.encode("utf-8", "replace"), kept.encode())


def _decoded(answer: str) -> bytes:
    if len(answer) > LONGEST:
        raise Malformed("answer", "it is too long")
    try:
        return base64.b64decode("".join(answer.split()), validate=True)
    except (ValueError, binascii.Error) as error:
        raise Malformed("answer", "it is not base64") from error


def _check_whole(root: etree._Element, issuer: str, receiver: str, request: str) -> None:
    if root.tag != f"{_P}Response" or root.get("Version") != "2.0":
        raise Malformed("answer", "it is no SAML 2.0 response")
    if any("Encrypted" in str(one.tag) for one in root.iter()):
        raise Malformed("answer", "it is encrypted; switch off encryption of assertions at the provider")
    if root.get("Destination") != receiver or not same(root.get("InResponseTo"), request):
        raise Malformed("answer", "it is for another sign-in, or for another place")
    issuers = root.findall(f"./{_A}Issuer")
    if len(issuers) > 1 or any(text(one) != issuer for one in issuers):
        raise Malformed("answer", "it comes from another provider than the one that was asked")
    status = root.findall(f"./{_P}Status/{_P}StatusCode")
    if [one.get("Value") for one in status] != [_SUCCESS]:
        raise Malformed("answer", "the provider did not sign you in")


def _check_parts(root: etree._Element) -> None:
    # Wherever it hides, under whichever name space: there is one, and it is where it belongs.
    found = [one for one in root.iter() if etree.QName(one).localname == "Assertion"]
    if [one.tag for one in found] != [f"{_A}Assertion"] or found[0].getparent() is not root:
        raise Malformed("answer", "it must have one assertion, and no other")
    allowed = {f"{_A}Issuer", f"{signed.DS}Signature", f"{_P}Extensions", f"{_P}Status", f"{_A}Assertion"}
    parts = [str(child.tag) for child in root]
    if len(set(parts)) != len(parts) or not set(parts) <= allowed:
        raise Malformed("answer", "it has parts that are none of a response")
    _check_signatures(root, found[0])


def _check_signatures(root: etree._Element, assertion: etree._Element) -> None:
    """One in the assertion, after its issuer (Core 2.3.3); perhaps one of the whole; none elsewhere."""
    found = [one for one in root.iter() if etree.QName(one).localname == "Signature"]
    inside = [one for one in found if one.getparent() is assertion and one.tag == f"{signed.DS}Signature"]
    outside = [one for one in found if one.getparent() is root]
    if len(inside) != 1:
        raise Malformed("signature", "its assertion is not signed; let the provider sign assertions")
    if len(found) != len(inside) + len(outside) or len(outside) > 1:
        raise Malformed("signature", "there is a signature where none belongs")
    if assertion.index(inside[0]) != 1 or assertion[0].tag != f"{_A}Issuer":
        raise Malformed("signature", "it must follow the issuer")


def _check_ids(root: etree._Element) -> None:
    """An ID names one element, whoever reads it: none comes twice, and none has a prefix."""
    seen = set[str]()
    for element in root.iter():
        for key, value in element.attrib.items():
            name = etree.QName(str(key))
            if name.localname.lower() != "id":
                continue
            if name.namespace is not None or str(value) in seen:
                raise Malformed("answer", "an ID in it names two things")
            seen.add(str(value))
