"""The audit trail's chain: every way of tampering with 2,000 events is found."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flowlens.kit import trail

from tests.architecture.rooms import PACKAGE

COUNT = 2_000
Lines = list[str]


def made(count: int = COUNT) -> Lines:
    before, lines = trail.GENESIS, []
    for number in range(1, count + 1):
        event: dict[str, object] = {
            "tenant": "one",
            "number": number,
            "at": f"2026-11-23T10:{number // 60 % 60:02}:{number % 60:02}.000001Z",
            "actor": f"ada{number % 7}",
            "action": "asset.describe",
            "target": f"asset {number}",
            "detail": {"name": "Müller", "nested": {"list": [1, None, True]}},
        }
        before = trail.link(before, event)
        lines.append(json.dumps({"event": event, "hash": before.hex()}, ensure_ascii=False))
    first = json.dumps({"trail": {"tenant": "one", "after": 0, "hash": trail.GENESIS.hex()}})
    return [first, *lines, json.dumps({"head": {"number": count, "hash": before.hex()}})]


WHOLE = made()
HEAD: str = json.loads(WHOLE[-1])["head"]["hash"]


def fault(lines: Lines, head: str | None = None) -> trail.Fault | None:
    return trail.check(lines, head)[1]


def resumed(lines: Lines, at: int) -> trail.Checker:
    """A checker that has taken the lines before `at`, without taking them again for every test."""
    checker = trail.Checker()
    checker.take(WHOLE[0])
    if at > 1:
        before = json.loads(lines[at - 1])
        checker.number, checker.hash = before["event"]["number"], bytes.fromhex(before["hash"])
    return checker


def edited(line: str, change: Callable[[dict[str, object]], object]) -> str:
    kept = json.loads(line)
    change(kept["event"])
    return json.dumps(kept, ensure_ascii=False)


def edits() -> Iterator[Callable[[dict[str, object]], object]]:
    yield lambda event: event.update(actor="eve")
    yield lambda event: event.update(action="denied")
    yield lambda event: event.update(target="asset 0")
    yield lambda event: event.update(at="2026-11-23T10:00:00.000002Z")
    yield lambda event: event.update(tenant="two")
    yield lambda event: event.update(detail={})
    yield lambda event: event.update(number=int(str(event["number"])) + 1)
    yield lambda event: event.update(more="more")
    yield lambda event: event.pop("detail")


def test_what_was_written_is_whole() -> None:
    assert fault(WHOLE) is None
    assert fault(WHOLE, HEAD) is None


def test_every_edit_of_every_event_is_found() -> None:
    for change in edits():
        for at in range(1, COUNT + 1):
            checker = resumed(WHOLE, at)
            checker.take(edited(WHOLE[at], change))
            assert checker.fault is not None, at


def test_every_deletion_repetition_and_swap_is_found_at_the_next_event() -> None:
    for at in range(1, COUNT):
        for tampered in ([WHOLE[at + 1]], [WHOLE[at], WHOLE[at]], [WHOLE[at + 1], WHOLE[at]]):
            checker = resumed(WHOLE, at)
            for line in tampered:
                checker.take(line)
            assert checker.fault is not None, at


def test_an_event_that_was_put_in_is_found_even_with_a_hash_of_its_own() -> None:
    for at in range(1, COUNT):
        checker = resumed(WHOLE, at)
        event = json.loads(WHOLE[at])["event"] | {"actor": "eve"}
        checker.take(json.dumps({"event": event, "hash": trail.link(checker.hash, event).hex()}))
        checker.take(WHOLE[at + 1])
        checker.take(WHOLE[at])
        assert checker.fault is not None, at


def test_every_truncation_is_found() -> None:
    for at in range(COUNT + 1):
        checker = resumed(WHOLE, max(at, 1))
        assert checker.finish() is not None
        checker = resumed(WHOLE, max(at, 1))
        checker.take(WHOLE[-1])
        assert checker.finish() is not None or at == COUNT + 1


def test_a_chain_that_was_made_anew_is_found_by_the_head_that_was_signed() -> None:
    for count in (COUNT - 1, COUNT // 2, 1):
        assert fault(made(count)) is None
        assert fault(made(count), HEAD) is not None


def test_a_part_of_a_trail_is_checked_from_where_it_begins() -> None:
    before = json.loads(WHOLE[500])
    first = json.dumps({"trail": {"tenant": "one", "after": 500, "hash": before["hash"]}})
    assert fault([first, *WHOLE[501:]]) is None
    assert fault([first, *WHOLE[502:]]) is not None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "null",
        "{",
        '{"event": {}}',
        '{"head": 1}',
        "[" * 5000,
        '{"trail": {}, "trail": {}}',
        '{"event": 1, "hash": 2}',
    ],
)
def test_what_is_no_line_of_a_trail_is_said_to_be_none(line: str) -> None:
    assert fault([WHOLE[0], line, *WHOLE[1:]]) is not None
    assert fault([line, *WHOLE]) is not None


def test_the_links_hold_one_another() -> None:
    hashes = [json.loads(line)["hash"] for line in WHOLE[1:-1]]
    assert len(set(hashes)) == COUNT
    for (before, _), (after, line) in pairwise(zip(hashes, WHOLE[1:-1], strict=True)):
        assert trail.link(bytes.fromhex(before), json.loads(line)["event"]).hex() == after


def test_the_script_needs_nothing_but_python(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    whole.write_text("\n".join(WHOLE) + "\n", encoding="utf-8")
    cut.write_text("\n".join(WHOLE[:-2]) + "\n", encoding="utf-8")
    script = [sys.executable, "-I", "-S", str(PACKAGE / "kit/trail.py")]
    for file, code, said in ((whole, 0, "whole and unchanged"), (cut, 1, "cut off"), (tmp_path / "none", 2, "")):
        run = subprocess.run([*script, str(file)], capture_output=True, text=True, check=False)
        assert (run.returncode, said in run.stdout) == (code, True)


def part(tmp_path: Path, after: int, last: int, lines: Lines = WHOLE) -> str:
    """The events after one up to another, as an export of its own; the file's name tells nothing of the order."""
    before = trail.GENESIS.hex() if after == 0 else json.loads(lines[after])["hash"]
    first = json.dumps({"trail": {"tenant": "one", "after": after, "hash": before}})
    end = json.dumps({"head": {"number": last, "hash": json.loads(lines[last])["hash"]}})
    file = tmp_path / f"{(7919 * last + len(list(tmp_path.iterdir()))) % 1009}.jsonl"
    file.write_text("\n".join([first, *lines[after + 1 : last + 1], end]) + "\n", encoding="utf-8")
    return str(file)


def test_the_parts_of_a_trail_are_joined_in_any_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = [part(tmp_path, *span) for span in ((0, 700), (700, 1200), (1100, 1300), (1250, COUNT), (50, 60))]
    for given in (parts, parts[::-1], [parts[3], parts[0], parts[4], parts[2], parts[1]], [*parts, parts[0]]):
        assert trail.main([*given, "--head", HEAD]) == 0
        assert capsys.readouterr().out == f"whole and unchanged up to event {COUNT}, whose hash is {HEAD}\n"
    assert trail.main(parts[1:3]) == 0
    assert "begins after event 700" in capsys.readouterr().out


def test_a_part_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = [part(tmp_path, *span) for span in ((0, 700), (700, 1200), (1200, COUNT))]
    assert trail.main([parts[2], parts[0]]) == 1
    said = capsys.readouterr().out
    assert said == f"events 701 to 1200 are missing: a part of the trail, before {parts[2]}\n"
    assert trail.main([parts[1], parts[0], "--head", HEAD]) == 1  # the last one
    assert "cut off" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("spans", "tampered"),
    [
        (((0, 700), (700, COUNT)), 1),  # made anew from where the parts meet
        (((0, 700), (700, COUNT)), 0),
        (((0, 1200), (700, COUNT)), 1),  # where they overlap
        (((0, 1200), (700, COUNT)), 0),
        (((0, COUNT), (500, 900)), 1),  # one within the other
        (((0, COUNT), (500, 900)), 0),
    ],
)
def test_a_part_that_was_made_anew_does_not_fit_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spans: tuple[tuple[int, int], ...], tampered: int
) -> None:
    """Each is whole by itself."""
    forged = rewritten(600)
    parts = [part(tmp_path, *span, forged if at == tampered else WHOLE) for at, span in enumerate(spans)]
    assert [trail.main([one]) for one in parts] == [0, 0]
    capsys.readouterr()
    assert trail.main(parts) == 1
    assert "is another than in the part before" in capsys.readouterr().out
    assert trail.main(parts[::-1]) == 1


def test_parts_of_two_tenants_are_no_trail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Path(part(tmp_path, 0, 0, ['{"hash": ""}', *WHOLE[1:]]))
    first = {"trail": {"tenant": "two", "after": 0, "hash": trail.GENESIS.hex()}}
    end = {"head": {"number": 0, "hash": trail.GENESIS.hex()}}
    other.write_text(f"{json.dumps(first)}\n{json.dumps(end)}\n", encoding="utf-8")
    assert trail.main([str(other), part(tmp_path, 0, 9)]) == 1
    assert "another tenant's" in capsys.readouterr().out


@cache
def private(bits: int = 3072, name: str = "ours") -> rsa.RSAPrivateKey:  # noqa: ARG001 (another name, another key)
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: rsa.RSAPrivateKey) -> str:
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.public_key().public_bytes(*form).decode()


def signed(number: int, made: str, *, tenant: str = "one", key: rsa.RSAPrivateKey | None = None) -> str:
    """As services/heads.py writes it, with cryptography's signature."""
    key = key or private()
    head = {
        "tenant": tenant,
        "number": number,
        "hash": made,
        "signed_at": "2026-11-23T10:05:00Z",
        "key": trail.PublicKey.read(pem(key)).name,
    }
    signature = key.sign(trail.canonical(head), padding.PKCS1v15(), hashes.SHA256())
    return json.dumps({"head": head, "signature": base64.b64encode(signature).decode()})


def hash_of(number: int, lines: Lines = WHOLE) -> str:
    return str(json.loads(lines[number])["hash"])


def heads(*lines: str) -> trail.Heads:
    return trail.Heads.read(lines, [trail.PublicKey.read(pem(private()))])


SIGNED = (500, 1000, 1500, 1900)


@cache
def kept() -> trail.Heads:
    """Four heads; a hundred events came after the last."""
    found = heads(*(signed(number, hash_of(number)) for number in SIGNED))
    assert found.fault is None
    return found


def rewritten(at: int, count: int = COUNT) -> Lines:
    """The trail as whoever owns the database makes it anew: event `at` says something else, every link is right."""
    before, lines = trail.GENESIS, [WHOLE[0]]
    for number in range(1, count + 1):
        event = json.loads(WHOLE[number])["event"] | ({"actor": "eve"} if number == at else {})
        before = trail.link(before, event)
        lines.append(json.dumps({"event": event, "hash": before.hex()}, ensure_ascii=False))
    return [*lines, json.dumps({"head": {"number": count, "hash": before.hex()}})]


def test_a_trail_is_confirmed_up_to_the_head_that_was_signed_last() -> None:
    checker, wrong = trail.check(WHOLE, heads=kept())
    assert (wrong, checker.confirmed, checker.number) == (None, 1900, COUNT)


@pytest.mark.parametrize("at", [1, 250, 500, 501, 1499, 1900])
def test_a_trail_that_was_made_anew_is_found_at_the_next_signed_head(at: int) -> None:
    lines = rewritten(at)
    assert trail.check(lines)[1] is None
    wrong = trail.check(lines, heads=kept())[1]
    following = min(number for number in SIGNED if number >= at)
    assert wrong is not None
    assert wrong.said.startswith(f"event {following}, or one before it, is not what was signed")


def test_every_truncation_behind_the_last_signed_head_is_found_and_none_after_it_is_called_one() -> None:
    """2,000 events: each is the last one once, with a head of the trail that fits it."""
    checker = trail.Checker(heads=kept())
    checker.take(WHOLE[0])
    for number in range(COUNT + 1):
        if number:
            checker.take(WHOLE[number])
        end = trail.Checker(
            tenant="one",
            number=checker.number,
            hash=checker.hash,
            began=True,
            heads=kept(),
            confirmed=checker.confirmed,
        )
        end.take(json.dumps({"head": {"number": number, "hash": checker.hash.hex()}}))
        wrong = end.finish()
        assert (wrong is None) is (number >= SIGNED[-1]), number
        if wrong is not None:
            assert "events were cut off" in wrong.said


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (lambda: [signed(1, "0" * 64, key=private(3072, "theirs"))], "another key"),
        (lambda: [signed(500, hash_of(500)).replace('"number": 500', '"number": 501')], "its signature"),
        (lambda: [signed(500, hash_of(500)).replace(hash_of(500), hash_of(501))], "its signature"),
        (lambda: [signed(1, "0" * 64), signed(2, "0" * 64, tenant="two")], "another tenant"),
        (lambda: [signed(500, hash_of(500)), signed(500, hash_of(501))], "written twice"),
        (lambda: [signed(500, hash_of(500)).replace('"signature": "', '"signature": "AAAA')], "its signature"),
        (lambda: [signed(500, hash_of(500)).replace('"signature": "', '"signature": "*')], "no signed head"),
        (lambda: ["{}"], "no signed head"),
        (lambda: ["["], "no signed head"),
        (
            lambda: ['{"head": {"tenant": [], "number": 1, "hash": 1, "signed_at": 1, "key": []}, "signature": 1}'],
            "no s",
        ),
    ],
)
def test_a_head_that_was_not_signed_so_is_said_to_be_none(lines: Callable[[], Lines], said: str) -> None:
    wrong = heads(*lines()).fault
    assert wrong is not None
    assert said in wrong.said


def test_a_signature_that_only_looks_right_is_none() -> None:
    """Padding that is short and followed by what the forger likes, a number above the modulus, other lengths."""
    key, message = trail.PublicKey.read(pem(private())), b"message"
    right = private().sign(message, padding.PKCS1v15(), hashes.SHA256())
    assert key.signed(message, right)
    above = (int.from_bytes(right, "big") + key.modulus).to_bytes(len(right) + 1, "big")
    root = (1).to_bytes(len(right), "big")
    for wrong in (b"", right[1:], right + b"\x00", b"\x00" + right, above, above[1:], root, bytes(len(right))):
        assert not key.signed(message, wrong)
    assert not key.signed(b"another", right)


@pytest.mark.parametrize("bits", [1024, 2047])
def test_a_weak_key_is_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="RSA public key"):
        trail.PublicKey.read(pem(private(bits)))


@pytest.mark.parametrize(
    "text", ["", "nothing", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "MAA=", "////"]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"RSA|base64|padding|multiple of 4"):
        trail.PublicKey.read(text)


def test_heads_of_another_stretch_or_tenant_confirm_nothing() -> None:
    first = json.dumps({"trail": {"tenant": "one", "after": 1950, "hash": hash_of(1950)}})
    wrong = trail.check([first, *WHOLE[1951:]], heads=kept())[1]
    assert wrong is not None
    assert "nothing confirms it" in wrong.said
    wrong = trail.check(WHOLE, heads=heads(signed(500, hash_of(500), tenant="two")))[1]
    assert wrong is not None
    assert "another tenant" in wrong.said


def test_the_script_checks_signed_heads_with_nothing_but_python(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("whole", "anew", "heads", "key")}
    files["whole"].write_text("\n".join(WHOLE) + "\n", encoding="utf-8")
    files["anew"].write_text("\n".join(rewritten(700)) + "\n", encoding="utf-8")
    files["heads"].write_text("\n".join(signed(number, hash_of(number)) for number in SIGNED), encoding="utf-8")
    files["key"].write_text(pem(private()))
    script = [sys.executable, "-I", "-S", str(PACKAGE / "kit/trail.py")]
    with_heads = ["--heads", str(files["heads"]), "--key", str(files["key"])]
    for given, code, said in (
        ([str(files["whole"]), *with_heads], 0, "signed up to event 1900; 100 came after it"),
        ([str(files["anew"]), *with_heads], 1, "event 1000, or one before it, is not what was signed"),
        ([str(files["anew"])], 0, "whole and unchanged"),
        ([str(files["whole"]), "--heads", str(files["heads"])], 2, ""),
    ):
        run = subprocess.run([*script, *given], capture_output=True, text=True, check=False)
        assert (run.returncode, said in run.stdout) == (code, True), run
