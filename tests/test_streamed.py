"""Large files of lines and rows: read in sections, as if they were read whole."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import tempfile

import pytest
from presidio_analyzer import LocalRecognizer, RecognizerResult

from pii_guard import Guard, Policy, originals, sections, streamed
from pii_guard.errors import Reason, ReasonCode
from pii_guard.findings import Quarantined, Redacted
from pii_guard.limits import Limits
from pii_guard.policy import Rule

PEOPLE = [("Jane", "Roe"), ("Omar", "Haddad"), ("Mei", "Tanaka"), ("Piotr", "Nowak")]


def person(number):
    given, family = PEOPLE[number % 4]
    return f"{given} {family}", f"{given}.{family}{number}@mail.example".lower()


def table(rows, sign=","):
    lines = [sign.join(("id", "name", "email", "note"))]
    for number in range(rows):
        name, mail = person(number)
        note = f'"seen\n{sign} twice ""{number}"""' if number % 7 == 0 else f"x{number}"
        lines.append(sign.join((str(number), name, mail, note)))
    return "\n".join(lines).encode() + b"\n"


def records(rows):
    return b"".join(
        json.dumps({"n": n, "user": {"name": person(n)[0], "email": person(n)[1]}}).encode() + b"\n"
        for n in range(rows)
    )


def log(rows):
    return b"".join(
        f"2024-05-01 10:{n // 60 % 60:02}:{n % 60:02} INFO mail to {person(n)[1]} took {n} ms\n"
        f"    at com.acme.Mail.send(Mail.java:{n})\n".encode()
        for n in range(rows)
    )


def notes(rows):
    return "".join(
        f"On day {n} we called {person(n)[0]} and wrote to {person(n)[1]}.\n\n" for n in range(rows)
    ).encode()


def patch(hunks):
    """Every added line begins with a number that nobody finds behind a sign."""
    return b"--- a/a.txt\n+++ b/a.txt\n" + b"".join(
        f"@@ -{n},2 +{n},3 @@\n one\n-two\n+536-22-{1000 + n}\n+{person(n)[1]}\n".encode()
        for n in range(1, 2 * hunks, 2)
    )


FILES = [
    ("a.csv", table(90)), ("b.csv", table(90, ";")), ("c.tsv", table(90, "\t")),
    ("d.jsonl", records(60)), ("e.log", log(60)), ("f.txt", notes(60)),
    ("g.patch", patch(60)),
]  # fmt: skip


@pytest.fixture
def guard(unconfined):
    return unconfined


@pytest.fixture
def small(monkeypatch):
    """Files of more than 1,000 bytes are streamed, in sections of 1,500."""
    monkeypatch.setattr(streamed, "SMALL", 1_000)
    monkeypatch.setattr(originals, "SMALL", 1_000)
    monkeypatch.setattr(streamed, "SIZE", 1_500)
    monkeypatch.setattr(sections, "SIZE", 1_500)


def places(result):
    return sorted((f.entity_type, f.locator, f.segment, f.start, f.end) for f in result.findings)


@pytest.mark.parametrize(("name", "blob"), FILES, ids=[name for name, _ in FILES])
def test_what_is_streamed_is_what_would_be_held(guard, request, name, blob):
    held = guard.redact(blob, name=name)
    request.getfixturevalue("small")
    case = guard.case()
    case.add(blob, name=name)
    (result,) = case.redact()
    assert result.counted is not None  # it was streamed
    assert len(list(result.pieces)) >= 3
    assert result.output == held.output
    assert places(result) == places(held)
    assert result.media_type == held.media_type
    assert result.proof.sha256 == held.proof.sha256
    assert sum(result.counted.by_type().values()) == len(result.findings)
    (scanned,) = [guard.scan(blob, name=name)]
    assert places(scanned) == places(held)
    assert sum(scanned.by_type.values()) == len(scanned)


def test_a_clean_file_comes_back_as_it_was(guard, small):
    blob = b"".join(b"2024-05-01 10:00:00 INFO request %d took 5 ms\n" % n for n in range(99))
    result = guard.redact(blob, name="a.log")
    assert result.verdict == "clean"
    assert result.counted is not None
    assert result.output == blob


def test_a_value_of_the_last_section_goes_from_the_first_and_from_other_files(guard, small):
    filler = b"".join(b"2024-05-01 10:00:00 INFO job %d is done\n" % n for n in range(99))
    blob = (
        b"2024-05-01 09:00:00 INFO tanakamei7 is here\n"
        + filler
        + b"2024-05-01 11:00:00 INFO user=tanakamei7 mail=tanakamei7@mail.example name='Mei Tanaka'\n"
    )
    case = guard.case()
    case.add(blob, name="a.log")
    case.add(b"Ask Mei Tanaka, or tanakamei7@mail.example.", name="b.txt")
    case.add(b"The account is tanakamei7@mail.example", name="c.txt")
    first, second, third = case.redact()
    assert first.counted is not None
    assert b"Tanaka" not in first.output
    assert second.output == b"Ask <PERSON_1>, or <EMAIL_ADDRESS_1>."
    assert b"<EMAIL_ADDRESS_1>" in first.output
    assert third.output == b"The account is <EMAIL_ADDRESS_1>"


def test_what_becomes_known_later_goes_from_what_is_written(guard, small):
    blob = log(50) + b"2024-05-02 10:00:00 INFO Kestrelford was here\n" + log(30)
    case = guard.case()
    case.add(blob, name="a.log")
    (before,) = case.redact()
    assert b"Kestrelford" in before.output
    case.add(b'{"name": "Ingrid Kestrelford", "email": "ik@mail.example"}', name="b.json")
    after, _ = case.redact()
    assert b"Kestrelford" not in after.output
    assert after.output.count(b"\n") == blob.count(b"\n")


def test_a_section_of_a_patch_is_cut_between_hunks(guard, small):
    result = guard.redact(patch(90), name="a.patch")
    assert result.counted is not None
    lines = result.output.splitlines()
    assert sum(line.startswith(b"+<US_SSN_") for line in lines) == 90
    assert sum(line.startswith(b"+<EMAIL_ADDRESS_") for line in lines) == 90


def test_a_section_is_not_cut_within_a_key(guard, small):
    lines = [base64.b64encode(hashlib.sha384(b"%d" % n).digest()) for n in range(40)]
    mark = b"-----%s RSA PRIVATE KEY-----\n"
    key = mark % b"BEGIN" + b"\n".join(lines) + b"\n" + mark % b"END"
    blob = b"a line of a file\n" * 60 + key + b"a line of a file\n" * 90
    result = guard.redact(blob, name="a.txt")
    assert result.counted is not None
    assert not any(line in result.output for line in lines)
    assert result.output.startswith(b"a line of a file\n" * 60)


def test_rows_stay_rows_where_cells_hold_line_ends(guard, small):
    result = guard.redact(table(200), name="a.csv")
    import csv

    rows = list(csv.reader(io.StringIO(result.output.decode(), newline="")))
    assert {len(row) for row in rows} == {4}
    assert len(rows) == 201
    assert rows[1][3] == 'seen\n, twice "0"'


@pytest.mark.parametrize("wrap", [io.BytesIO, bytearray])
def test_streams_and_bytes_are_streamed_too(guard, small, wrap, monkeypatch):
    monkeypatch.setattr(originals, "_BLOCK", 1_000)
    result = guard.redact(wrap(records(60)), name="a.jsonl")
    assert result.counted is not None
    assert b"haddad" not in result.output
    assert len(result.output.splitlines()) == 60


def test_nothing_on_disk_can_be_read(guard, small, monkeypatch, tmp_path):
    opened = []

    def named(buffering):
        file = (tmp_path / str(len(opened))).open("wb+", buffering=buffering)
        opened.append(file)
        return file

    monkeypatch.setattr(originals, "_BLOCK", 1_000)
    monkeypatch.setattr(tempfile, "TemporaryFile", named)
    case = guard.case()
    case.add(io.BytesIO(records(60)), name="a.jsonl")
    (result,) = case.redact()
    assert len(opened) == 2
    for path in tmp_path.iterdir():
        held = path.read_bytes()
        assert len(held) > 1_000
        assert not any(word in held for word in (b"Haddad", b"haddad", b"PERSON", b"user", b"name"))
    assert b"<PERSON_1>" in result.output


def test_a_file_that_changes_between_the_readings_is_quarantined(guard, small, tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(log(60))
    case = guard.case()
    case.add(path)
    path.write_bytes(log(61))
    (result,) = case.redact()
    assert result.verdict == "quarantined"
    assert str(result.reason.code) == "unreadable"
    assert "changed" in result.reason.where


def test_bytes_that_change_without_a_trace_are_noticed(guard, small, tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(log(60))
    stamp = path.stat()
    case = guard.case()
    case.add(path)
    path.write_bytes(log(60).replace(b"10:00:07", b"10:00:08"))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    (result,) = case.redact()
    assert result.reason is not None
    assert "changed" in result.reason.where


def test_one_bad_line_quarantines_the_file_and_says_where(guard, small):
    case = guard.case()
    case.add(records(60) + b"{oops\n" + records(60), name="a.jsonl")
    case.add(b"Ask Jane Roe", name="b.txt")
    bad, good = case.redact()
    assert bad.verdict == "quarantined"
    assert bad.reason.code == "corrupt"
    assert "counted from byte" in bad.reason.where
    assert good.output == b"Ask <PERSON_1>"
    assert case.close().result == "complete_with_exceptions"


def test_bytes_that_are_no_text_are_not_streamed(guard, small):
    for foreign in (b"\0\1\2" * 200, b"PK\3\4\0\0"):
        result = guard.redact(log(40) + foreign + log(40), name="a.log")
        assert result.counted is None


@pytest.mark.parametrize(
    ("name", "blob"),
    [
        ("a.json", json.dumps([{"name": "Jane Roe"}] * 200, indent=1).encode()),
        ("a.txt", ("Jane Roe " * 400).encode("utf-16")),
        ("a.xml", b"<a>" + b"<b>Jane Roe</b>\n" * 200 + b"</a>"),
        ("a.txt", b"Jane Roe " * 300),
    ],
)
def test_what_cannot_be_cut_is_held(guard, small, monkeypatch, name, blob):
    monkeypatch.setattr(sections, "LONGEST", 2_000)
    result = guard.redact(blob, name=name)
    assert result.counted is None
    assert result.verdict == "redacted"


def test_sizes_have_limits_of_their_own(small):
    guard = Guard(
        Policy(isolation="off", limits=Limits(max_file_bytes=1_200, max_streamed_bytes=5_000))
    )
    assert guard.redact(log(30), name="a.log").verdict == "redacted"
    assert guard.redact(log(300), name="a.log").reason.code == "limit:size"
    assert guard.redact(b"<a>" + b"b" * 2_000 + b"</a>", name="a.xml").reason.code == "limit:size"


def test_lists_are_short_and_counts_are_whole(guard, small, monkeypatch):
    monkeypatch.setattr(streamed, "LISTED", 20)
    case = guard.case()
    case.add(records(60), name="a.jsonl")
    assert len(next(iter(case.scan()))) == 20
    (result,) = case.redact()
    assert len(result.actions) == 20
    assert result.counted.by_type() == {"PERSON": 60, "EMAIL_ADDRESS": 60, "USERNAME": 60}
    mails = [f for f in _predicate(case)["findings"] if f["type"] == "EMAIL_ADDRESS"]
    assert [(f["occurrences"], f["distinct"]) for f in mails] == [(60, 60)]
    assert mails[0]["locations"][59] == {"place": "line 60", "token": "<EMAIL_ADDRESS_60>"}


def _predicate(case):
    return case.close().statement["predicate"]


def test_values_beyond_what_is_linked_are_counted_in_the_certificate(guard, small, monkeypatch):
    monkeypatch.setattr(streamed, "LINKED", 10)
    case = guard.case()
    case.add(table(90), name="a.csv")
    (result,) = case.redact()
    assert result.verdict == "redacted"
    assert not any(word in result.output for word in (b"Haddad", b"mail.example"))
    (artifact,) = _predicate(case)["artifacts"]
    assert artifact["unlinked"] == result.unlinked > 50


def test_what_goes_from_one_section_may_stand_in_the_first_rows(guard, small, monkeypatch):
    """They are read with each section, as an example of what columns hold, and are no part of it."""
    monkeypatch.setattr(streamed, "LINKED", 0)
    rows = [f"{n},gift wrap,x{n}" for n in range(200)]
    rows[150] = '150,"call Gift Wrap, Gift Wrap <gift.wrap@mail.example>",x'
    blob = ("id,comment,code\n" + "\n".join(rows) + "\n").encode()
    result = guard.redact(blob, name="a.csv")
    assert result.counted is not None
    assert result.verdict == "redacted", result.reason
    assert b"mail.example" not in result.output
    assert result.output.count(b"\n") == 201


def test_stand_ins_are_not_found_again(small):
    rules = {"EMAIL_ADDRESS": Rule("format_preserving"), "PERSON": Rule("mask")}
    policy = Policy(rules, isolation="off")
    result = Guard(policy).redact(table(90), name="a.csv")
    assert result.counted is not None
    assert result.verdict == "redacted"
    assert b"person1@example.com" in result.output


class OneByOne(LocalRecognizer):
    """Finds the first number of a line that is left, so that the last takes more rounds than there are."""

    def __init__(self) -> None:
        super().__init__(["US_SSN"], name="OneByOne", supported_language="en")

    def load(self) -> None:
        pass

    def analyze(self, text, entities, nlp_artifacts=None):
        return [
            RecognizerResult("US_SSN", *m.span(1), 0.9,
                             recognition_metadata={RecognizerResult.RECOGNIZER_NAME_KEY: self.name})
            for m in re.finditer(r"(?m)^[^q\n]*(q\d{4})", text)
        ]  # fmt: skip


STUBBORN = " ".join(f"q{number}" for number in range(1000, 1040))


@pytest.mark.parametrize(
    ("name", "blob", "line"),
    [
        ("a.txt", notes(60), f"they said {STUBBORN}\n\n"),
        ("a.csv", table(60), f"77,they,said,{STUBBORN}\n"),
        ("a.jsonl", records(60), json.dumps({"n": 77, "they": STUBBORN}) + "\n"),
    ],
)
def test_a_line_that_never_settles_goes_as_a_whole_and_is_counted(small, name, blob, line, signer):
    at = blob.index(b"\n", len(blob) // 2) + 1
    at = blob.index(b"\n", at) + 1 if blob[at : at + 1] == b"\n" else at
    stubborn = blob[:at] + line.encode() + blob[at:]
    guard = Guard(Policy(isolation="off"), recognizers=[OneByOne()], signer=signer)
    expected, result = guard.redact(blob, name=name), guard.redact(stubborn, name=name)
    assert isinstance(result, Redacted)
    assert b"q10" not in result.output
    assert [f.entity_type for f in result.findings].count("UNSCANNED") == 1
    assert result.counted is not None
    # Nothing else is lost.
    left = [one for one in result.output.splitlines() if b"UNSCANNED" not in one and one]
    assert len(left) == len([one for one in expected.output.splitlines() if one])
    case = guard.case("VDP-2026-1")
    case.add(stubborn, name=name)
    case.redact()
    counts = case.close().statement["predicate"]["findings"]
    assert "UNSCANNED" in json.dumps(counts)


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_a_section_that_is_not_proved_is_read_afresh_once_and_then_goes_as_a_whole(
    guard, small, monkeypatch, failures
):
    # As where a line reads otherwise than those it was decided together with.
    whole, memories = streamed.write, []

    def failing(desk, attachments):
        memories.append(desk.memory)
        if len(memories) <= failures:
            told = Reason(ReasonCode.VERIFICATION_FAILED, "as if")
            attachments[0].result = Quarantined("text/x-log", reason=told)
        else:
            whole(desk, attachments)

    monkeypatch.setattr(streamed, "write", failing)
    blob = log(60)
    result = guard.redact(blob, name="a.log")
    if failures == 1:
        assert isinstance(result, Redacted)
        assert b"@" not in result.output
        assert memories[0] is not memories[1]
    elif failures == 2:
        assert isinstance(result, Redacted)
        assert result.output.count(b"\n") == blob.count(b"\n")
        gone = [
            bool(re.fullmatch(rb" *<UNSCANNED_\d+>", one)) for one in result.output.splitlines()
        ]
        # The first section, and nothing else.
        assert 0 < sum(gone) < len(gone)
        assert gone == sorted(gone, reverse=True)
    else:
        assert result.reason.code is ReasonCode.VERIFICATION_FAILED
