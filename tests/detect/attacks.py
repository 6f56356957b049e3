"""Texts that make a slow pattern slow: one unit over and over, and samples that nearly fit.

The units stand for runs of one class, almost-matches, nested separators, runs of digits, dots,
hyphens, at signs, blanks, quotes, brackets and line ends, mixed scripts, and what looks like base64, hex or an escape.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.detect.recognizers.tables import plain, tables

UNITS = (
    "a", "A", "1", "é", "中", ".", "-", "_", "@", " ", "\t", "\n", "\r\n", "'", '"', "\\", "/", ":", ",", ";", "|", "(", "[",
    "{", "<", "=", "%", "&", "+", "#", "\0", "\u200b", "а", "a@", "a@b.", "@a.b", "a.", "1.", "1-", "1 ", "1-1 ", "A a ", "A1", "a:1:",
    "a-b_", "Aé中1 ", "(1) ", "Mr A ", "key: v ", "k=v&", "12 Street ", "1111 1111 ", "a b\n", "0x", "+1 ", "::", ":f", "ff ",
    "deadbeef", "QUJD", "QUJD\n", "eyJ", ".eyJh", "://a:", "%41", "%2", "=41", "=\n", "&#65;", "&lt", "\\u0041", "\\x41", "=?a?q?",
    "xn--", "+AG", "1, ", "chr(1)+", "0000: 61 ", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "A/+9\n", "sid=",
    "password is ", "address = a b\n", "\n ", "a \n", "()", "[]", "<a>", "{}", "\"a\":", "'a'", "a\\'", "''", "--", "<!--", "-->",
)  # fmt: skip


def near(name: str) -> Iterator[str]:
    """Units made of what the recognizer of this name must find and spare: whole, and cut short."""
    table = tables().get(name)
    for text in map(plain, (*table.finds, *table.spares) if table else ()):
        yield from {text: None, text[:-1]: None, text[: len(text) // 2]: None, text[1:] + " ": None}


def repeated(unit: str, size: int) -> str:
    """The unit over and over, exactly `size` characters."""
    return (unit * (size // max(1, len(unit)) + 1))[:size]
