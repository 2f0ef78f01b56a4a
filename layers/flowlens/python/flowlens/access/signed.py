"""XML that strangers send: read strictly, and of what is signed nothing but the octets that the signature covers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from flowlens.model.errors import Malformed

MOST = 196_608  # octets of a document
_ATTRIBUTES = 100  # of an element: libxml2 sorts them in quadratic time
DS = "{http://www.w3.org/2000/09/xmldsig#}"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_INCLUSIVE = f"{{{EXCLUSIVE}}}InclusiveNamespaces"
METHODS = frozenset(SignatureMethod[f"{key}_SHA{bits}"] for key in ("RSA", "ECDSA") for bits in (256, 384, 512))
DIGESTS = frozenset(DigestAlgorithm[f"SHA{bits}"] for bits in (256, 384, 512))
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]{4,4096}", re.ASCII)
_PREFIXES = re.compile(r"(?:#default|[A-Za-z_][\w.-]*)(?: (?:#default|[A-Za-z_][\w.-]*)){0,15}", re.ASCII)
_DECLARATION = re.compile(r"\ufeff?<\?xml\s[^<>?]*\?>", re.ASCII)
# The attributes and children that each part of a signature has; in that order, and no others.
_SHAPE: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "Signature": (frozenset({"Id"}), ("SignedInfo", "SignatureValue")),
    "SignedInfo": (frozenset({"Id"}), ("CanonicalizationMethod", "SignatureMethod", "Reference")),
    "SignatureMethod": (frozenset({"Algorithm"}), ()),
    "Reference": (frozenset({"URI", "Id"}), ("Transforms", "DigestMethod", "DigestValue")),
    "Transforms": (frozenset(), ("Transform", "Transform")),
    "DigestMethod": (frozenset({"Algorithm"}), ()),
    "DigestValue": (frozenset(), ()),
    "SignatureValue": (frozenset({"Id"}), ()),
}


def read(octets: bytes, *, comments: bool = False) -> etree._Element:
    """The root of a document in UTF-8 without DTD, entities and instructions; Malformed by `xml` for anything else.

    `comments` says whether comments and CDATA may be in it (they are left out): never in what is believed.
    """
    if len(octets) > MOST:
        raise Malformed("xml", f"it is longer than {MOST:,} octets")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("xml", "it is not UTF-8") from error
    rest = _DECLARATION.sub("", text, count=1) if _DECLARATION.match(text) else text.removeprefix("\ufeff")
    # In well-formed XML these two can only begin markup: a DTD, a comment, a section, an instruction.
    if "<!DOCTYPE" in rest or "<!ENTITY" in rest or (not comments and ("<!" in rest or "<?" in rest)):
        raise Malformed("xml", "a DTD, a comment, a section or an instruction is in it")
    try:
        root = etree.fromstring(rest.encode(), _parser())
    except etree.XMLSyntaxError as error:
        raise Malformed("xml", "it is not well formed") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Malformed("xml", "a DTD is in it")
    if any(len(one.attrib) > _ATTRIBUTES for one in root.iter()):
        raise Malformed("xml", f"an element has more than {_ATTRIBUTES} attributes")
    return root


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True, strip_cdata=True, recover=False,
    )  # fmt: skip


def verified(root: etree._Element, tag: str, certificates: Sequence[x509.Certificate], *, now: float) -> etree._Element:
    """The only child `tag` of the root, read anew from the octets that its signature covers.

    One of `certificates` must have made it, with an algorithm of ours; what the signature says of keys is not looked
    at. Malformed by `signature` for anything else.
    """
    signature = root.find(f"./{tag}/{DS}Signature")
    if signature is None:
        raise Malformed("signature", "it is not signed")
    subject = signature.getparent()
    id = subject.get("ID", "") if subject is not None else ""
    for info in signature.findall(f"./{DS}KeyInfo"):
        signature.remove(info)
    _check_shape(signature, f"#{id}")
    for certificate in certificates:
        octets = _covered(root, tag, certificate, now)
        if octets is not None:
            return _read_anew(octets, tag, id)
    raise Malformed("signature", "none of the certificates that were agreed has made it")


def _covered(root: etree._Element, tag: str, certificate: x509.Certificate, now: float) -> bytes | None:
    """The canonical octets, or None when this certificate has not signed them, or does not hold at `now`."""
    agreed = SignatureConfiguration(
        location=f"./{tag}/",
        expect_references=1,
        signature_methods=METHODS,
        digest_algorithms=DIGESTS,
        verification_time=datetime.fromtimestamp(now, UTC),
    )
    try:
        found = XMLVerifier().verify(
            root, x509_cert=certificate, expect_config=agreed, id_attribute="ID", parser=_parser()
        )
    except (SignXMLException, etree.LxmlError, ValueError, TypeError):
        return None
    return found.signed_data if not isinstance(found, list) else None


def _read_anew(octets: bytes, tag: str, id: str) -> etree._Element:
    subject = read(octets)
    if subject.tag != tag or subject.get("ID") != id or next(subject.iter(f"{DS}Signature"), None) is not None:
        raise Malformed("signature", "it covers something else")
    return subject


def _check_shape(signature: etree._Element, reference: str) -> None:
    """That nothing but the signature of the element around it can be meant, canonicalised as is agreed."""
    _check_part(signature, "Signature")
    info = signature[0]
    _check_canonical(info[0], "CanonicalizationMethod")
    transforms = info[2][0]
    first, second = transforms[0], transforms[1]
    if first.get("Algorithm") != _ENVELOPED or len(first) or len(first.attrib) != 1:
        raise Malformed("signature", "the first transform must take the signature out, and do nothing else")
    _check_canonical(second, "Transform")
    if info[2].get("URI") != reference or reference == "#":
        raise Malformed("signature", "it is of another element")
    for value in (info[2][2].text, signature[1].text):
        if not value or not _BASE64.fullmatch(value):
            raise Malformed("signature", "a value of it is none")


def _check_part(part: etree._Element, name: str) -> None:
    attributes, children = _SHAPE.get(name, (None, None))
    if attributes is None or children is None:
        return  # the two that _check_canonical looks at
    names = tuple(str(child.tag) for child in part)
    if names != tuple(f"{DS}{child}" for child in children) or not {str(one) for one in part.attrib} <= attributes:
        raise Malformed("signature", f"its {name} has another shape than SAML's")
    for child, called in zip(part, children, strict=True):
        _check_part(child, called)


def _check_canonical(part: etree._Element, name: str) -> None:
    prefixes = [str(child.get("PrefixList", "")) for child in part if child.tag == _INCLUSIVE and len(child) == 0]
    if (
        part.get("Algorithm") != EXCLUSIVE
        or len(part.attrib) != 1
        or not len(part) == len(prefixes) <= 1
        or not all(_PREFIXES.fullmatch(one) for one in prefixes)
    ):
        raise Malformed("signature", f"its {name} must be exclusive, without comments")
