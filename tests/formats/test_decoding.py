"""Bytes that are not text survive untouched; text of a foreign encoding is still read."""

from __future__ import annotations

import pytest

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.decoding import decode


@pytest.mark.parametrize(
    ("blob", "text"),
    [
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1") + b" and more ASCII text", "Grüße and more ASCII text"),
        (b"\xef\xbb\xbfhi", "hi"),
        (b"\xff\xfeh\0i\0x", "hi"),
        ("hello world".encode("utf-16-le"), "hello world"),
        ("hello world".encode("utf-16-be"), "hello world"),
        (b"\xed\xa0\x80 lone surrogate in UTF-8, then a long enough line", None),
    ],
)
def test_round_trip(blob, text):
    source = decode(blob)
    assert text is None or source.text == text
    assert source.splice([]) == blob


def test_a_splice_changes_only_its_range():
    blob = "Müller ".encode("latin-1") + b"lives here, in a place with a longer name"
    assert decode(blob).splice([(0, 6, "<PERSON_1>")]) == b"<PERSON_1>" + blob[6:]


@pytest.mark.parametrize(
    "blob", [b"\0" * 1000, bytes(range(256)) * 4, "Привет мир".encode("cp1251") * 9]
)
def test_what_cannot_be_read_as_text_is_refused(blob):
    with pytest.raises(Unreadable) as refused:
        decode(blob)
    assert refused.value.reason.code is ReasonCode.UNKNOWN_CONTENT
