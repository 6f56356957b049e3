"""Members of archives that cannot be read: the archive is held, or they are left out and that is said."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from pii_guard import Guard, Policy, PolicyError
from pii_guard.certificate.consistency import contradictions
from pii_guard.errors import ReasonCode
from tests.fixtures import CANARY
from tests.fixtures.archives import gzipped, tarred, zipped

EXE = b"MZ\x90\0" + bytes(64)
LOG = f"2026-01-02T10:11:12Z INFO {CANARY} came\n".encode()


@pytest.fixture(scope="module")
def leaving(signer):
    return Guard(Policy.from_table({"unreadable_members": "leave_out"}), signer=signer)


def test_by_default_one_unreadable_member_holds_the_archive(guard):
    result = guard.redact(zipped({"a.log": LOG, "b.exe": EXE}))
    assert result.reason.code is ReasonCode.UNSUPPORTED


@pytest.mark.parametrize("make", [zipped, tarred, lambda members: gzipped(tarred(members))])
def test_left_out_where_the_policy_says_so(leaving, make):
    blob = make(
        {"a.log": LOG, "b.exe": EXE, "c.zip": zipped({"d.mp3": b"ID3" + bytes(60) + b"\xff"})}
    )
    result = leaving.redact(blob)
    assert result.verdict == "redacted"
    assert [gap.reason.code for gap in result.gaps] == [
        ReasonCode.UNSUPPORTED,
        ReasonCode.AUDIO_VIDEO,
    ]
    inner = result.output
    if make is zipped:
        with zipfile.ZipFile(io.BytesIO(inner)) as archive:
            assert archive.namelist() == ["a.log", "c.zip"]
            assert zipfile.ZipFile(io.BytesIO(archive.read("c.zip"))).namelist() == []
    assert b"MZ\x90" not in inner


def test_what_was_left_out_makes_a_result_redacted_without_any_finding(leaving):
    result = leaving.redact(zipped({"a.txt": b"status 403", "b.exe": EXE}))
    assert result.verdict == "redacted"
    assert not result.findings
    assert leaving.redact(zipped({"a.txt": b"status 403"})).gaps == ()


def test_limits_and_files_that_are_no_archives_are_never_left_out(leaving):
    deep = zipped({"a.txt": b"x"})
    for _ in range(6):
        deep = zipped({"a.zip": deep})
    assert (
        leaving.redact(zipped({"a.txt": b"x", "b.zip": deep})).reason.code
        is ReasonCode.LIMIT_NESTING
    )
    assert leaving.redact(gzipped(EXE)).reason.code is ReasonCode.UNSUPPORTED


def test_the_certificate_says_so(leaving, tmp_path):
    case = leaving.case("VDP-7")
    case.add(zipped({"a.txt": b"status 403", "b.exe": EXE}), name="a.zip")
    case.add(b"status 403", name="a.txt")
    predicate = json.loads(json.dumps(case.close().statement))["predicate"]
    assert [one.get("leftOut") for one in predicate["artifacts"]] == [1, None]
    assert predicate["coverage"]["partial"] == 1
    assert predicate["result"] == "complete_with_exceptions"


def test_another_word_is_refused():
    with pytest.raises(PolicyError):
        Policy.from_table({"unreadable_members": "keep"})


def test_a_certificate_cannot_say_so_of_what_is_as_it_was(leaving):
    case = leaving.case("VDP-8")
    case.add(b"status 403", name="a.txt")
    statement = json.loads(json.dumps(case.close().statement))
    assert not list(contradictions(statement))
    statement["predicate"]["artifacts"][0]["leftOut"] = 1
    statement["predicate"]["coverage"]["partial"] = 1
    statement["predicate"]["result"] = "complete_with_exceptions"
    assert list(contradictions(statement))
