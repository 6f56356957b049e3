"""Comments in content streams are told from strings, in time that grows as the stream does."""

from __future__ import annotations

import pikepdf
import pytest

from pii_guard.formats.pdf.history import _remarks, remarks


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (b"q % ask Roe\nQ", [b" ask Roe"]),
        (b"(50% off) Tj % ask Roe", [b" ask Roe"]),
        (b"(a (b % c) d) Tj", []),
        (b"(\\) % within) Tj", []),
        (b"(never closed % ask Roe\n", [b" ask Roe"]),
        (b"(never closed (closed % no) % ask Roe", [b" ask Roe"]),
        (b"\\% ask Roe", [b" ask Roe"]),
        (b"% one (\n% two )\n", [b" one (", b" two )"]),
    ],
)
def test_what_stands_behind_a_percent_sign_outside_of_strings(stream, said):
    assert _remarks(stream) == said


def test_strings_that_never_end_are_read_once():
    assert _remarks(b"(\\(%" * 50_000) == [b"(\\(%" * 49_999]


def test_a_content_that_is_not_there_says_nothing():
    """Found by the fuzzer: a page may name an object that a damaged file has lost."""
    assert list(remarks(pikepdf.new(), [(99, 0)])) == []
