"""Packed data that stands in a text, or between HTTP messages."""

from __future__ import annotations

import gzip
import zlib

import pytest

from pii_guard.errors import ReasonCode

SAID = b"Jane Roe writes to jane.roe@mail.example, and nobody else does."
REQUEST = b"GET /profile HTTP/1.1\r\nHost: api.example\r\n\r\n"


@pytest.mark.parametrize(
    "packed",
    [
        zlib.compress(SAID),
        zlib.compress(SAID, 9),
        zlib.compress(SAID)[:-6],
        gzip.compress(SAID, mtime=0),
    ],
    ids=["zlib", "zlib at its best", "cut", "gzip"],
)
def test_what_is_packed_in_a_note_is_not_passed_on(guard, packed):
    """Nobody reads it there, but whoever finds it can."""
    note = b"The stream of the file:\n" + packed + b"\nand so on, as it was said before.\n" * 9
    result = guard.redact(REQUEST + note, name="a.http")
    assert (result.verdict, result.reason.code) == ("quarantined", ReasonCode.UNKNOWN_CONTENT)


@pytest.mark.parametrize("name", ["a.txt", "a.log", "a.py", "a.csv"])
def test_what_is_packed_in_a_text_is_not_passed_on(guard, name):
    text = b"note,more\n" * 9 + zlib.compress(SAID) + b"\nnote,more" * 99
    result = guard.redact(text, name=name)
    assert (result.verdict, result.reason.code) == ("quarantined", ReasonCode.UNKNOWN_CONTENT)


@pytest.mark.parametrize("note", [b"x^2 + y^2 = 1, \x1b[31mred\x1b[0m\n", b"caf\xe9 x\x9c y\n"])
def test_what_begins_like_packed_data_is_a_note(guard, note):
    result = guard.redact(REQUEST + b"Notes:\n" + note, name="a.http")
    assert result.verdict == "clean"
