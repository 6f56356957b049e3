"""Input made to be long, many or strange: found where it stands, at a cost in proportion."""

from __future__ import annotations

import base64
import json
from collections import Counter
from itertools import pairwise

import pytest

from pii_guard import Policy
from pii_guard.collecting import THRESHOLDS, seldom
from pii_guard.detect.engine import Memory
from pii_guard.detect.known import KnownValues
from pii_guard.document import Kind, Segment
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.findings import KnownValue
from pii_guard.limits import Limits
from pii_guard.redact import surrogates
from pii_guard.redact.surrogates import Surrogates

MAIL = "zebedee.quartermain@mail.example"


def found(guard, text, kind=Kind.LOG):
    return guard.detector.detect([Segment(text, (), kind)], Memory())


@pytest.mark.parametrize("plane", range(17))
def test_a_value_is_found_between_characters_of_every_plane(guard, plane):
    odd = "".join(map(chr, range(plane << 16, (plane << 16) + 0x10000, 97)))
    text = f"{odd} {MAIL} {odd}"
    at = text.index(MAIL)
    spans = [(f.start, f.end) for f in found(guard, text) if f.entity_type == "EMAIL_ADDRESS"]
    assert (at, at + len(MAIL)) in spans


@pytest.mark.parametrize("run", ["x", "Ü", "a-", "a."])
def test_a_run_of_letters_before_an_address_does_not_hide_it(guard, run):
    text = run * 3_000 + MAIL
    assert any(f.end == len(text) and f.entity_type == "EMAIL_ADDRESS" for f in found(guard, text))


@pytest.mark.parametrize("tail", [".net" * 9, ".net" * 500, f".{'a' * 200}.net", f".{'b' * 200}"])
def test_a_domain_that_is_longer_than_any_does_not_hide_an_address(guard, tail):
    text = f"write to {MAIL}{tail} soon"
    (one,) = found(guard, text)
    assert (text[one.start : one.end], one.entity_type) == (f"{MAIL}{tail}", "EMAIL_ADDRESS")


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


CHAIN = json.dumps({"alg": "RS256", "x5c": [base64.b64encode(bytes(range(256)) * 8).decode()] * 3})
LONG_TOKENS = {
    "a web token with a chain of certificates": (
        f"{base64url(CHAIN.encode())}.{base64url(b'7' * 20_000)}.", base64url(bytes(range(256)) * 12)
    ),
    "Negotiate": ("Authorization: Negotiate ", base64.b64encode(bytes(range(256)) * 24).decode()),
    "a session": ("Cookie: JSESSIONID=", base64url(bytes(range(256)) * 24)),
    "Google": ("token ya29.", base64url(bytes(range(256)) * 3)),
}  # fmt: skip


@pytest.mark.parametrize("kind", LONG_TOKENS)
def test_a_credential_is_found_however_long_it_is(guard, kind):
    head, secret = LONG_TOKENS[kind]
    text = f"sent {head}{secret} then"
    assert any(text[f.start : f.end].endswith(secret) for f in found(guard, text))


@pytest.mark.parametrize(
    "odd", ["\ud800", "\udfff\udc00", "\u202e\u2066", "\u200b", "\x00", "\ufeff"]
)
def test_an_odd_character_beside_a_value_does_not_move_it(guard, odd):
    text = f"{odd}write to {odd} {MAIL} {odd} soon{odd}"
    at = text.index(MAIL)
    assert any(f.start <= at and at + len(MAIL) <= f.end for f in found(guard, text))


@pytest.mark.parametrize(
    "odd", ["\u200b", "\u200d", "\u202e", "\u2066", "\u00ad", "\ufeff", "\ufe0f"]
)
def test_an_invisible_character_within_a_value_hides_nothing(guard, odd):
    hidden = odd.join(MAIL)
    text = f"write to {hidden} soon"
    assert [text[f.start : f.end] for f in found(guard, text)] == [hidden]


def test_a_long_line_is_read_everywhere(guard):
    filler = "ok " * 20_000
    text = f"{MAIL} {filler}{MAIL} {filler}{MAIL}"
    assert [text[f.start : f.end] for f in found(guard, text)] == [MAIL] * 3


@pytest.mark.parametrize("unit", ["a", "QUJD", "%41", "1-", "\u0430", "\u200b", "\ud800", "é "])
def test_a_hundred_thousand_repetitions_are_read_and_hold_nothing(guard, unit):
    assert found(guard, unit * 100_000) == ()


def test_many_findings_are_all_found_and_disjoint(guard):
    mails = [f"u{n}.x@mail{n % 97}.example" for n in range(5_000)]
    text = " ".join(mails)
    spans = found(guard, text)
    assert [text[f.start : f.end] for f in spans] == mails
    assert all(one.end <= other.start for one, other in pairwise(spans))


def test_reading_ends_with_the_first_finding_too_many(guard):
    memory = Memory()
    text = "\n".join(f"u{n}.x@mail.example" for n in range(20_000))
    with pytest.raises(Unreadable) as refused:
        guard.detector.detect([Segment(text, (), Kind.LOG)], memory, most=100)
    assert refused.value.reason.code is ReasonCode.LIMIT_FINDINGS
    assert sum(len(read) for read, _ in memory.passages) < len(text)
    assert guard.detector.detect([Segment(text[:900], (), Kind.LOG)], Memory(), most=100)


def test_a_case_quarantines_more_findings_than_its_policy_allows(guard):
    from pii_guard import Guard

    few = Guard(Policy(limits=Limits(max_findings=10)), nlp_engine=guard.detector.nlp_engine)
    scan = few.scan("\n".join(f"u{n}.x@mail.example" for n in range(11)).encode(), name="a.log")
    assert scan.reason is not None
    assert scan.reason.code is ReasonCode.LIMIT_FINDINGS
    assert few.scan(b"u1.x@mail.example\n" * 10, name="a.log").reason is None


def test_a_search_for_known_values_looks_up_as_often_however_many_share_a_word(monkeypatch):
    calls = Counter()
    whole = KnownValues._whole

    def counted(self, *arguments, **named):
        calls["whole"] += 1
        return whole(self, *arguments, **named)

    monkeypatch.setattr(KnownValues, "_whole", counted)
    known = [KnownValue("EMAIL_ADDRESS", f"maria.{n:05}@mail.example") for n in range(5_000)]
    known += [
        KnownValue("PERSON", f"Maria Roe{chr(97 + n % 26)}{chr(97 + n // 26)}") for n in range(600)
    ]
    text = " ".join(one.value for one in known)
    hits = list(KnownValues(known).find(text))
    assert len(hits) == len(known)
    assert calls["whole"] < 4 * len(text.split())


def test_a_name_is_compared_with_few_people_however_many_there_are(monkeypatch):
    calls = Counter()
    may_be = surrogates._may_be

    def counted(*arguments):
        calls["compared"] += 1
        return may_be(*arguments)

    monkeypatch.setattr(surrogates, "_may_be", counted)
    issued = Surrogates()
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = [f"Maria Roe{b}{a}" for a in letters for b in letters]
    tokens = {issued.token("PERSON", name) for name in names}
    assert len(tokens) == len(names)
    assert calls["compared"] < len(names)


def test_the_collector_is_as_before_once_nobody_is_at_work():
    import gc

    before = gc.get_threshold()
    with seldom(), seldom():
        assert gc.get_threshold() == THRESHOLDS
    assert gc.get_threshold() == before
    gc.set_threshold(0)
    try:
        with seldom():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
