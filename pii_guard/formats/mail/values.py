"""Values of mail headers: unfolded (RFC 5322), encoded words decoded (RFC 2047), and the way back.

A value reads as its recipient sees it. An edit in plain text changes those bytes only; one within
encoded words writes that run of words again, in the same charset and encoding where it fits.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pii_guard.document import Edit
from pii_guard.formats.decoding import shown

Splice = tuple[int, int, bytes]
"""Replace the half-open range of bytes by these."""

_WORD = re.compile(rb"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\r\n]*)\?=")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_BETWEEN = re.compile(rb"[ \t\r\n]+")
_LONGEST = 75
"""Characters an encoded word may have (RFC 2047, section 2)."""
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
NO_CHARSETS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"})
"""Codecs of Python that are no charsets, of which some take time out of proportion."""
ADDRESSES = frozenset(
    "from to cc bcc sender reply-to resent-from resent-to resent-cc resent-bcc resent-sender "
    "resent-reply-to disposition-notification-to return-receipt-to x-original-to delivered-to".split()
)
"""Headers that are lists of addresses: a name in them is a phrase of atoms (RFC 5322, section 3.4)."""


class _Run(NamedTuple):
    """Characters `first`..`last` (half-open) of a value are encoded words at bytes `start`..`end`."""

    first: int
    last: int
    start: int
    end: int
    charset: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Value:
    """The text of a value and where its characters stand.

    `starts`, `ends`: the bytes of each character; None: one byte each from `start`.
    """

    text: str = field(repr=False)
    start: int
    starts: array[int] | None = field(default=None, repr=False)
    ends: array[int] | None = field(default=None, repr=False)
    runs: tuple[_Run, ...] = ()

    def bytes_of(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of bytes of characters `start`..`end`, folds within included."""
        if self.starts is None or self.ends is None:
            return self.start + start, self.start + end
        return self.starts[start], self.ends[end - 1]


def read_value(blob: bytes, start: int, end: int) -> Value:
    """The value that stands at bytes `start`..`end`."""
    raw = blob[start:end]
    if raw.isascii() and b"=?" not in raw and b"\n" not in raw:
        return Value(raw.decode("ascii"), start)
    text: list[str] = []
    starts, ends = array("q"), array("q")
    runs: list[_Run] = []
    position = 0
    for words in _runs_of_words(raw):
        first, last = words[0], words[-1]
        _plain(raw, position, first.start(), start, text, starts, ends)
        charset, scheme = first[1].partition(b"*")[0].decode("latin-1"), first[2].decode().lower()
        data = b"".join(_word_bytes(word[3], scheme) for word in words)
        shown_text = decoded(data, charset)
        run = _Run(
            len(text), len(text) + len(shown_text),
            start + first.start(), start + last.end(), charset, scheme,
        )  # fmt: skip
        text += shown_text
        starts.extend([run.start] * len(shown_text))
        ends.extend([run.end] * len(shown_text))
        runs.append(run)
        position = last.end()
    _plain(raw, position, len(raw), start, text, starts, ends)
    return Value("".join(text), start, starts, ends, tuple(runs))


def _runs_of_words(raw: bytes) -> Iterator[list[re.Match[bytes]]]:
    """Neighbouring words of one charset and encoding: a character may be cut between them."""
    run: list[re.Match[bytes]] = []
    for word in _WORD.finditer(raw):
        like = run and (word[1].lower(), word[2].lower()) == (run[0][1].lower(), run[0][2].lower())
        if run and not (like and _BETWEEN.fullmatch(raw, run[-1].end(), word.start())):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _plain(
    raw: bytes,
    start: int,
    end: int,
    base: int,
    text: list[str],
    starts: array[int],
    ends: array[int],
) -> None:
    # White space between two encoded words separates nothing (RFC 2047, section 6.2).
    if start and end < len(raw) and _BETWEEN.fullmatch(raw, start, end):
        return
    position = start
    for fold in (*_FOLD.finditer(raw, start, end), None):
        stop = fold.start() if fold else end
        exact = raw[position:stop].decode("utf-8", "surrogateescape")
        text += shown(exact)
        at = base + position
        for letter in exact:
            starts.append(at)
            at += 1 if letter <= "\x7f" else len(letter.encode("utf-8", "surrogateescape"))
            ends.append(at)
        position = fold.end() if fold else end


def _word_bytes(payload: bytes, scheme: str) -> bytes:
    if scheme == "q":
        return binascii.a2b_qp(payload.replace(b"_", b"=20"), header=False)
    compact = re.sub(rb"[^A-Za-z0-9+/]", b"", payload)
    try:
        return base64.b64decode(compact + b"=" * (-len(compact) % 4))
    except binascii.Error:
        return base64.b64decode(compact[: len(compact) // 4 * 4])


def decoded(data: bytes, charset: str) -> str:
    """The text of bytes in a charset by name; of one that nobody knows: as UTF-8 or Windows-1252."""
    try:
        return data.decode(codec(charset), "replace")
    except (LookupError, UnicodeError, ValueError):
        return shown(data.decode("utf-8", "surrogateescape"))


def codec(charset: str) -> str:
    """The codec of a charset. Raises `LookupError` for none, and for codecs that are no charsets."""
    name = codecs.lookup(charset).name
    if name in NO_CHARSETS:
        raise LookupError
    return name


def rewritten(value: Value, edits: Sequence[Edit], *, phrases: bool, eol: bytes) -> list[Splice]:
    """The splices that bring edits of a value about.

    `phrases`: it is a list of addresses, in which a replacement of a bare name has to be a word.
    """
    found: list[Splice] = []
    touched: dict[_Run, list[Edit]] = {}
    for edit in edits:
        replacement = edit.replacement
        position, end = edit.span
        for run in value.runs:
            if run.last <= position or run.first >= end:
                continue
            if position < run.first:
                found.append(_in_plain(value, position, run.first, replacement, phrases=phrases))
                replacement = ""
            low, high = max(position, run.first), min(end, run.last)
            local = edit._replace(
                span=edit.span._replace(start=low - run.first, end=high - run.first),
                replacement=replacement,
            )
            touched.setdefault(run, []).append(local)
            replacement, position = "", high
        if position < end:
            found.append(_in_plain(value, position, end, replacement, phrases=phrases))
    for run, inner in touched.items():
        text, parts, position = value.text[run.first : run.last], [], 0
        for edit in inner:
            parts += [text[position : edit.span.start], edit.replacement]
            position = edit.span.end
        parts.append(text[position:])
        found.append(
            (run.start, run.end, encode_words("".join(parts), run.charset, run.scheme, eol))
        )
    return found


def _in_plain(value: Value, start: int, end: int, replacement: str, *, phrases: bool) -> Splice:
    low, high = value.bytes_of(start, end)
    before = value.text[:start]
    if before[-1:] == "<" and value.text[end : end + 1] == ">":
        # `<token>` is an address to every parser, `<<token>>` to none.
        replacement = replacement.removeprefix("<").removesuffix(">")
    if phrases and replacement and "@" not in value.text[start:end] and _bare(before):
        return low, high, encode_words(replacement, "utf-8", "q", b"\r\n")
    if not replacement.isascii():
        return low, high, encode_words(replacement, "utf-8", "b", b"\r\n")
    if phrases and _quoted(before):
        replacement = replacement.replace("\\", "\\\\").replace('"', '\\"')
    return low, high, replacement.encode("ascii")


def _quoted(before: str) -> bool:
    return len(re.findall(r'(?<!\\)"', before)) % 2 == 1


def _bare(before: str) -> bool:
    """Whether what follows stands outside quotes and angle brackets."""
    return not _quoted(before) and before.count("<") <= before.count(">")


def encode_words(text: str, charset: str, scheme: str, eol: bytes) -> bytes:
    """A text as encoded words, folded where one is not enough."""
    try:
        text.encode(codec(charset))
    except (LookupError, UnicodeError, ValueError):
        charset = "utf-8"
    words, line = [], ""
    for letter in text or " ":
        if line and len(_word(line + letter, charset, scheme)) > _LONGEST:
            words.append(_word(line, charset, scheme))
            line = ""
        line += letter
    words.append(_word(line, charset, scheme))
    return (eol + b" ").join(words)


def _word(text: str, charset: str, scheme: str) -> bytes:
    raw = text.encode(charset)
    if scheme == "b":
        payload = base64.b64encode(raw)
    else:
        payload = b"".join(
            b"_" if byte == 32 else bytes([byte]) if byte in _Q_SAFE else b"=%02X" % byte
            for byte in raw
        )
    return b"=?%s?%s?%s?=" % (charset.encode("ascii", "replace"), scheme.encode(), payload)
