"""The public surface: one attachment, strings, cases, and bad input."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from traceback import format_exception

import pytest

import pii_guard
from pii_guard import CertificateError, Guard, Policy, PolicyError, originals
from pii_guard.limits import Limits
from pii_guard.linking import Linking
from pii_guard.originals import InMemory
from pii_guard.policy import Rule
from pii_guard.replacing import Replacing

NOTE = b"Please call Jane Roe on +1 212-555-0143 or write to jane.roe@mail.example."


def test_the_surface_is_what_all_says():
    assert all(hasattr(pii_guard, name) for name in pii_guard.__all__)
    assert pii_guard.__all__ == sorted(pii_guard.__all__)


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview, io.BytesIO])
def test_sources(guard, wrap):
    result = guard.redact(wrap(NOTE), name="note.txt")
    assert (
        result.output
        == b"Please call <PERSON_1> on <PHONE_NUMBER_1> or write to <EMAIL_ADDRESS_1>."
    )
    assert result.reason is None


def test_a_path_is_a_source_and_names_itself(guard, tmp_path):
    path = tmp_path / "note.txt"
    path.write_bytes(NOTE)
    assert guard.redact(path).verdict == "redacted"
    assert guard.redact(str(path)).name == "note.txt"


def test_offsets_are_characters_of_the_decoded_text(guard):
    text = "Grüße von Jürgen Müller, juergen@mail.example"
    (mail,) = (f for f in guard.scan(text.encode("utf-16")) if f.entity_type == "EMAIL_ADDRESS")
    assert text[mail.start : mail.end] == "juergen@mail.example"
    assert mail.category == "name_plus_identifier"
    assert mail.score == 1.0


def test_scan_is_a_sequence_with_a_verdict(guard):
    assert guard.scan(b"nothing here").verdict == "clean"
    scan = guard.scan(NOTE)
    assert scan.verdict == "found"
    assert len(scan) == len(list(scan)) == len(scan.findings) == 3


def test_strings(guard):
    assert guard.redact_text("SSN 536-22-8417") == "SSN <US_SSN_1>"
    assert guard.redact_text("lone \ud800 surrogate") == "lone \ud800 surrogate"
    assert guard.redact_text("") == ""


def test_redacting_again_changes_nothing(guard):
    once = guard.redact(NOTE).output
    assert guard.redact(once).verdict == "clean"


def test_the_same_input_gives_the_same_bytes(guard):
    assert guard.redact(NOTE).output == guard.redact(NOTE).output


def test_found_in_one_removed_from_all_under_one_token(guard):
    case = guard.case("VDP-2026-0142")
    case.add(b"The victim is Margaret Whitfield (m.whitfield@mail.example).", name="report.md")
    case.add(b'{"owner": "Whitfield, Margaret", "id": 7, "note": "asked Margaret"}', name="r.json")
    case.add(b"id,contact\n1,MARGARET WHITFIELD\n2,nobody\n", name="margaret-whitfield.csv")
    report, answer, table = case.redact()
    assert b"<PERSON_1>" in report.output
    assert json.loads(answer.output)["owner"] == "<PERSON_1>"
    assert json.loads(answer.output)["note"] == "asked <PERSON_1>"
    assert b"MARGARET" not in table.output
    assert table.name == "PERSON_1.csv"
    certificate = case.close()
    assert certificate.result == "complete"
    assert case.close() is certificate
    with pytest.raises(PolicyError):
        case.add(b"late")


def test_what_comes_later_is_removed_from_what_came_before(guard):
    case = guard.case("VDP-2")
    case.add(b"account zed_whitlock42 was used", name="a.txt")
    (first,) = case.redact()
    assert first.verdict == "clean"
    case.add(
        b"zed_whitlock42 belongs to z.whitlock@mail.example, user 'zed_whitlock42'", name="b.txt"
    )
    again, _ = case.redact()
    assert b"zed_whitlock42" not in again.output


def test_numbers_stay_numbers_in_json(guard):
    out = guard.redact(b'{"ssn": 536228417, "count": 536228417000}', name="x.json").output
    assert isinstance(json.loads(out)["ssn"], int)
    assert b"536228417}" not in out
    assert json.loads(out)["count"] == 536228417000


def test_operators_by_policy(signer):
    policy = Policy({"EMAIL_ADDRESS": Rule(operator="mask"), "PERSON": Rule(operator="keep")})
    out = Guard(policy, signer=signer).redact(b"Jane Roe <jane.roe@mail.example>").output
    assert out == b"Jane Roe <****.***@****.*******>"


def test_threads_share_a_guard(guard):
    expected = guard.redact(NOTE).output
    with ThreadPoolExecutor(4) as pool:
        assert {r.output for r in pool.map(guard.redact, [NOTE] * 12)} == {expected}


BAD = {
    "empty.txt": (b"", "clean"),
    "zeros.bin": (b"\0" * 100_000, "quarantined"),
    "random.bin": (bytes((i * 7919) % 256 for i in range(5_000)), "quarantined"),
    "truncated.pdf": (b"%PDF-1.7\n1 0 obj\n<< /Type /Cat", "quarantined"),
    "deep.json": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "quarantined"),
    "deep.xml": (b"<a>" * 10_000 + b"</a>" * 10_000, "quarantined"),
    "deep.html": (b"<html><body>" + b"<div>" * 10_000, "quarantined"),
    "deep.yaml": (b"[" * 10_000 + b"]" * 10_000, "quarantined"),
    "laughs.xml": (b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "b">]><l>&a;</l>', "quarantined"),
    "quote.csv": (b'a,b\n1,"x\n2,y\n', "quarantined"),
    "nul.csv": (b"name,email\nJane\0Roe,jane@mail.example\nOmar,o@mail.example\n", "redacted"),
    "ragged.csv": (b"id,email\n1,a@mail.example,extra\n2\n", "redacted"),
    "duplicate.json": (b'{"e": "a@mail.example", "e": "b@mail.example"}', "redacted"),
    "surrogate.json": (b'{"e": "\\ud800 a@mail.example"}', "redacted"),
    "latin1.log": ("2026-01-02 10:11:12 Jürgen <j@mail.example>\n" * 3).encode("latin-1"),
    "zip.txt": (b"PK\x03\x04" + b"\0" * 60, "quarantined"),
    "png.pdf": (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "quarantined"),
    "polyglot.pdf": (b"%PDF-1.4\n1 0 obj\n<<>>\nPK\x01\x02" + b"\0" * 40 + b"PK\x05\x06" + b"\0" * 18, "quarantined"),
}  # fmt: skip
BAD["latin1.log"] = (BAD["latin1.log"], "redacted")


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad_input_gets_a_verdict_with_a_reason(guard, name):
    blob, verdict = BAD[name]
    result = guard.redact(blob, name=name)
    assert (result.verdict, result.reason is None) == (verdict, verdict != "quarantined"), (
        result.reason
    )
    if result.output is None:
        assert result.reason.code != "internal", result.reason
        assert result.reason.remedy
    else:
        assert b"@mail.example" not in result.output


def test_one_bad_file_does_not_hold_up_the_next(guard):
    case = guard.case("VDP-3")
    for name, (blob, _) in sorted(BAD.items()):
        case.add(blob, name=name)
    case.add(NOTE, name="good.txt")
    *_, good = case.redact()
    assert good.verdict == "redacted"
    assert case.close().result == "complete_with_exceptions"


def test_what_nobody_can_decide_on_is_held_and_the_next_is_not(monkeypatch):
    decide = Linking.decide

    def failing(self, whole, *others):
        if any("odd one" in segment.text for segment in whole.document.segments):
            raise ValueError("of this attachment only")
        return decide(self, whole, *others)

    monkeypatch.setattr(Linking, "decide", failing)
    case = Guard(Policy(isolation="off")).case("VDP-4")
    case.add(b"the odd one of jane.roe@mail.example", name="odd.txt")
    case.add(NOTE, name="good.txt")
    odd, good = case.redact()
    assert (odd.verdict, odd.reason.code) == ("quarantined", "internal")
    assert good.verdict == "redacted"


def test_too_large_is_quarantined_not_truncated(signer):

    small = Guard(Policy(limits=Limits(max_file_bytes=10)), signer=signer)
    for source in (NOTE, io.BytesIO(NOTE)):
        assert small.redact(source).reason.code == "limit:size"


def test_latin1_bytes_survive(guard):
    blob = "2026-01-02 10:11:12 Größe ok j@mail.example\n".encode("latin-1") * 3
    out = guard.redact(blob, name="a.log").output
    assert "Größe".encode("latin-1") in out


class _Drip:
    """A file object as a socket or a raw pipe is one: each read falls short."""

    def __init__(self, blob: bytes, fault: Exception | None = None) -> None:
        self._blob, self._fault = blob, fault

    def read(self, size: int) -> bytes:
        if self._fault and not self._blob:
            raise self._fault
        part, self._blob = self._blob[: min(size, 5)], self._blob[min(size, 5) :]
        return part


def test_a_file_object_is_read_to_its_end(guard):
    result = guard.redact(_Drip(b"nothing here, but " + NOTE))
    assert result.output == guard.redact(b"nothing here, but " + NOTE).output


def test_a_file_object_that_fails_is_unreadable_and_says_nothing(guard):
    for fault in (OSError("Jane"), RuntimeError("Jane")):
        result = guard.redact(_Drip(NOTE, fault))
        assert result.reason.code == "unreadable"
        assert "Jane" not in str(result.reason)


def test_a_drip_beyond_the_limit_is_not_truncated(signer, guard):
    small = Guard(
        Policy(limits=Limits(max_file_bytes=10)),
        nlp_engine=guard.detector.nlp_engine,
        signer=signer,
    )
    assert small.redact(_Drip(b"12345678901")).reason.code == "limit:size"
    assert small.redact(_Drip(b"1234567890")).verdict == "clean"


def test_a_personal_reference_is_refused_before_any_work(guard):
    with pytest.raises(CertificateError):
        guard.case("Jane Roe")


def test_what_is_held_is_called_by_its_type(guard):
    assert guard.redact(b'{"a": 1} {', name="x.json").media_type == "text/plain"
    assert guard.redact(b"PK\x03\x04" + b"\0" * 60).media_type == "application/zip"
    assert guard.scan(b"<?xml version='1.0'?><a>", name="x.xml").media_type == "application/xml"


@pytest.mark.skipif(not Path("/proc/kallsyms").exists(), reason="there is no such file")
def test_a_file_without_a_size_is_read_to_its_end_or_not_at_all(unconfined, monkeypatch):
    """Files of /proc say that they have none: of a long one, half a megabyte was read and called clean."""
    short = unconfined.redact("/proc/self/comm")
    assert (short.verdict, short.output) == ("clean", Path("/proc/self/comm").read_bytes())
    monkeypatch.setattr(originals, "SMALL", 1000)
    long = unconfined.redact("/proc/kallsyms")
    assert str(long.reason).startswith("unreadable (it has more bytes than its size says)")


def test_what_is_no_source_is_a_usage_error(guard):
    with pytest.raises(PolicyError):
        guard.redact(42)
    with pytest.raises(PolicyError):
        guard.redact(io.StringIO("text"))
    assert guard.redact("/no/such/file").reason.code == "unreadable"


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("maria-fernandez-passport.txt", "PERSON_1"),
        ("Invoice_Jane_Roe.txt", "PERSON_1"),
        ("export_jane.roe@mail.example.txt", "EMAIL_ADDRESS_1"),
    ],
)
def test_a_file_name_that_names_somebody_is_redacted(guard, name, clean):
    result = guard.redact(b"nothing in here\n", name=name)
    assert clean in result.name
    assert result.name.endswith(".txt")


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("a/Maria Fernandez.csv", "a/PERSON_1.csv"),
        ("Maria Fernandez/notes.csv", "PERSON_1/notes.csv"),
        ("q/Maria Fernandez/x.csv", "q/PERSON_1/x.csv"),
        ("in/maria.fernandez@mail.example/x.csv", "in/EMAIL_ADDRESS_1/x.csv"),
        ("v1.2/Maria Fernandez", "v1.2/PERSON_1"),
        ("a\\Maria Fernandez.csv", "a\\PERSON_1.csv"),
        ("Maria Fernandez/maria.fernandez@mail.example.csv", "PERSON_1/EMAIL_ADDRESS_1.csv"),
    ],
)
def test_each_part_of_a_path_is_redacted_and_every_directory_stays(guard, name, clean):
    text = b"Please ask Maria Fernandez (maria.fernandez@mail.example)\n"
    assert guard.redact(text, name=name).name == clean


def test_a_name_of_very_many_parts_is_read_as_one(signer, monkeypatch):
    from pii_guard.desk import Desk

    looks, scan = [], Desk.scan
    monkeypatch.setattr(Desk, "scan", lambda *given: looks.append(1) or scan(*given))
    work = Guard(Policy(isolation="off"), signer=signer).work()
    for parts in (20_000, 2):
        looks.clear()
        work.add(InMemory(b"nothing in here\n"), "a/" * parts + "b.txt", "")
        assert len(looks) < 10


@pytest.mark.parametrize(
    "name",
    ["report.md", "access.log", "sql-injection-poc.md", "burp_request_1.txt", "CVE-2021-44228.txt",
     "screenshot 2026-10-02.txt", "users_export.csv", "jenkins-build.log", "a/b/response.json"],
)  # fmt: skip
def test_a_technical_file_name_stays(guard, name):
    assert guard.redact(b"nothing in here\n", name=name).name == name


@pytest.mark.parametrize(
    "text",
    [
        "jane.roe@mail.example: 3 failures",
        '{"jane.roe@mail.example": 1, "omar.haddad@mail.example": 22}',
        "---\njane.roe@mail.example: 1\n",
        "Phone +1 212-555-0143: 5 calls, IBAN DE44500105175407324931: 7 hits",
    ],
)
def test_a_token_is_no_label_of_what_stands_beside_it(guard, text):
    result = guard.redact(text.encode())
    assert result.verdict == "redacted", result.reason
    beside = result.output.decode().rsplit(">", 1)[1]
    assert text.endswith(beside)
    assert "<ADDRESS_" not in result.output.decode()
    assert guard.redact(result.output).verdict == "clean"


def test_what_goes_is_gathered_once_for_all_attachments_of_a_case(unconfined, monkeypatch):
    asked = []
    issued = Replacing.issued
    monkeypatch.setattr(Replacing, "issued", lambda *a: asked.append(1) or issued(*a))
    case = unconfined.case()
    for number in range(6):
        case.add(b"Jane Roe <jane.roe@mail.example>", name=f"{number}.txt")
    assert {type(result).__name__ for result in case.redact()} == {"Redacted"}
    assert len(asked) < 4


def test_an_error_that_nobody_catches_says_what_can_be_done():
    with pytest.raises(PolicyError) as raised:
        Policy.load("no-such.toml")
    assert str(raised.value) == "cannot read the policy file no-such.toml"
    assert "check its path" in "".join(format_exception(raised.value))


PATCH = b"""\
--- a/people.txt
+++ b/people.txt
@@ -1,4 +1,4 @@
 one
-%s
+%s
 two
"""


@pytest.mark.parametrize(
    "value", [b"536-22-8417", b"+49 170 1234567", b"jane.roe@mail.example", b"AB123456C"]
)
def test_values_at_the_beginning_of_a_patchs_lines_go_and_it_stays_a_patch(unconfined, value):
    output = unconfined.redact(PATCH % (value, value), name="a.patch").output
    assert value not in output
    assert [line[:2] for line in output.splitlines()[3:]] == [b" o", b"-<", b"+<", b" t"]


def test_addresses_of_hosts_that_a_patch_adds_stay(unconfined):
    added = PATCH % (b"10.0.0.7 web", b"203.0.113.9 web")
    assert unconfined.redact(added, name="a.patch").output == added


@pytest.mark.parametrize(
    "around",
    [
        '"a\\t{}\\tb"',
        'log("line\\r\\n{}\\r\\n")',
        '{{\\"ids\\":\\"7\\\\n{}\\\\n\\"}}',
        "error: \x1b[31m{}\x1b[0m ok",
        "\\x1b[1;31m{}\\033[0m",
    ],
)
@pytest.mark.parametrize("value", ["536-22-8417", "AB123456C", "4539578763621486"])
def test_values_behind_an_escaped_line_end_or_a_colour_go(unconfined, around, value):
    output = unconfined.redact(around.format(value).encode(), name="a.log").output.decode()
    before, _, after = around.format("|").partition("|")
    assert value not in output
    assert output.startswith(before)
    assert output.endswith(after)
