"""Whose fault an error is: the file's, for what parsers raise; ours, for what our own lines do."""

from __future__ import annotations

import importlib.util
import json
import lzma
import signal
import struct
import zlib
from pathlib import Path

import pytest

from pii_guard import Guard, PolicyError
from pii_guard.desk import attempt
from pii_guard.document import Document
from pii_guard.errors import (
    MEANINGS,
    REMEDIES,
    SPENT,
    Reason,
    ReasonCode,
    Unreadable,
    crashed,
    refused,
    whence,
)
from pii_guard.findings import Quarantined
from pii_guard.verdicts import verdict


def module(name: str, source: str, tmp_path: Path):
    """A module of this name: what it raises is raised there."""
    path = tmp_path / f"{name.replace('.', '_')}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(name, path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


READER = "def read(call, *given):\n    return call(*given)\n"
PARSER = "class Odd(Exception):\n    pass\ndef parse():\n    raise {}\n"


@pytest.fixture
def judged(tmp_path):
    """The code for what a call raises, called by a module of ours."""

    def judge(call, *given, by="pii_guard.formats.odd"):
        reader = module(by, READER, tmp_path)
        try:
            reader.read(call, *given)
        except Exception as error:  # noqa: BLE001 - what is judged
            return verdict(error).code
        return None

    return judge


@pytest.mark.parametrize("raised", ["ValueError('x')", "KeyError('x')", "Odd()", "AssertionError"])
def test_what_a_parser_of_others_raises_is_the_files_fault(judged, tmp_path, raised):
    parser = module("parser_of_others", PARSER.format(raised), tmp_path)
    assert judged(parser.parse) is ReasonCode.CORRUPT
    assert judged(parser.parse, by="pii_guard.stages") is ReasonCode.CORRUPT
    assert judged(parser.parse, by="pii_guard.detect.odd") is ReasonCode.INTERNAL


@pytest.mark.parametrize("raised", ["ValueError('x')", "KeyError('x')", "AssertionError"])
def test_what_a_line_of_ours_raises_is_our_fault(judged, tmp_path, raised):
    ours = module("pii_guard.formats.ours", PARSER.format(raised), tmp_path)
    assert judged(ours.parse) is ReasonCode.INTERNAL


def test_what_ours_raises_below_a_library_that_calls_us_back_is_our_fault(judged, tmp_path):
    ours = module("pii_guard.formats.ours", PARSER.format("KeyError('x')"), tmp_path)
    caller = module("parser_of_others", READER, tmp_path)
    assert judged(caller.read, ours.parse) is ReasonCode.INTERNAL


@pytest.mark.parametrize(
    ("call", "given", "code"),
    [
        (struct.unpack, ("<I", b"x"), ReasonCode.CORRUPT),
        (b"\xff".decode, ("utf-8",), ReasonCode.CORRUPT),
        (zlib.decompress, (b"x",), ReasonCode.CORRUPT),
        (lzma.decompress, (b"x",), ReasonCode.CORRUPT),
        (json.loads, ("{",), ReasonCode.CORRUPT),
        (bytearray, (1 << 62,), ReasonCode.MEMORY),
        (eval, ("f(f)", {"f": lambda f: f(f)}), ReasonCode.LIMIT_NESTING),
        (int, ("x",), ReasonCode.INTERNAL),
        ({}.__getitem__, ("x",), ReasonCode.INTERNAL),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_errors_of_c_code_are_told_by_their_type(judged, call, given, code):
    assert judged(call, *given) is code


def test_a_reason_stays_and_a_wrong_call_is_no_verdict():
    def held():
        raise Unreadable(ReasonCode.ENCRYPTED, "member 1")

    def wrong():
        raise PolicyError("the case is closed")

    assert attempt(held) == Reason(ReasonCode.ENCRYPTED, "member 1")
    with pytest.raises(PolicyError):
        attempt(wrong)


def test_a_verdict_says_where_and_nothing_of_the_file():
    try:
        json.loads('{"name": "Jane Roe')
    except ValueError as error:
        reason = verdict(error)
        assert reason.where == whence(error)
        assert "Jane" not in str(reason)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError(), ReasonCode.CORRUPT),
        (MemoryError(), ReasonCode.MEMORY),
        (RecursionError(), ReasonCode.LIMIT_NESTING),
    ],
)
def test_a_reader_that_gives_up_says_whether_it_was_too_much(error, code):
    assert refused(error, "a part").reason == Reason(code, "a part")


@pytest.mark.parametrize(
    "name", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGKILL", "SIGSYS"]
)
def test_a_crash_names_its_signal(name):
    code = crashed(getattr(signal, name))
    assert str(Reason(code)).startswith(f"crash:{name}: ")
    assert code in SPENT


@pytest.mark.parametrize("number", [None, 0, 1, signal.SIGTERM, 64, 4711, -9])
def test_any_other_end_of_a_process_is_a_crash_too(number):
    assert crashed(number) is ReasonCode.CRASH_EXIT


class Fragile:
    """A format of the caller's own, that breaks on everything."""

    media_types = frozenset({"application/x-fragile"})
    exact = True

    def read(self, blob, bounds) -> Document:
        raise LookupError(blob.decode())


def test_a_format_of_the_callers_that_breaks_holds_the_file_and_is_no_bug_of_ours(guard):
    own = Guard(nlp_engine=guard.detector.nlp_engine, formats=[Fragile()])
    case = own.case()
    case.add(b"Jane Roe", media_type="application/x-fragile")
    (result,) = case.redact()
    assert isinstance(result, Quarantined)
    assert result.reason.code is ReasonCode.CORRUPT
    assert "Jane" not in f"{result!r} {result.reason}"


def test_every_code_has_a_meaning_and_a_remedy():
    for told in (MEANINGS, REMEDIES):
        assert list(ReasonCode) == [code for code in ReasonCode if told.get(code)]
        assert all("  " not in text and not text.endswith(".") for text in told.values())
