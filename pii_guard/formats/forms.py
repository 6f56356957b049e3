"""Percent-encoded fields: targets, query strings, cookies and form bodies (URL Standard, RFC 6265).

The second reader of form bodies is `urllib.parse`.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from urllib.parse import parse_qsl

from pii_guard.document import Document, Kind, Segment
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.formats.pieces import Piece
from pii_guard.formats.spliced import SplicedFormat

FORM = re.compile(r"(?<![^=&;?\s#])(?P<name>[^=&;?\s#]{1,200}+)=(?P<value>[^&;#\s]*)")
COOKIES = re.compile(r"(?<![^:=;\s])(?P<name>[^=;\s]{1,200}+)=(?P<value>[^;]*)")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_SAFE = re.compile(r"[^A-Za-z0-9_.~-]")


def target(text: str, start: int, end: int, record: tuple[int, ...]) -> Iterator[Piece]:
    query = text.find("?", start, end)
    path_end = query if query >= 0 else end
    yield decoded(text, start, path_end, "", record, plus=False)
    if query >= 0:
        yield from pairs(text, query + 1, end, record, FORM)


def pairs(
    text: str, start: int, end: int, record: tuple[int, ...], form: re.Pattern[str]
) -> Iterator[Piece]:
    """The fields at `start`..`end`."""
    position = start
    for match in form.finditer(text, start, end):
        if text[position : match.start()].strip("&;? \r\n"):
            yield decoded(text, position, match.start(), "", record)
        if match["value"]:
            yield decoded(text, *match.span("value"), match["name"], record)
        position = match.end()
    if text[position:end].strip("&;? \r\n"):
        yield decoded(text, position, end, "", record)


def decoded(
    text: str, start: int, end: int, label: str, record: tuple[int, ...], *, plus: bool = True
) -> Piece:
    """A percent-encoded field: its decoded text with the place of each character."""
    raw = text[start:end]
    if "%" not in raw and "+" not in raw:
        return Piece(raw, start, end, None, _spell_percent, Kind.FIELD, label, record)
    value: list[str] = []
    offsets, position = array("q"), start
    while position < end:
        run = position
        octets = bytearray()
        while run < end and (match := _PERCENT.match(text, run, end)):
            octets.append(int(match[1], 16))
            run = match.end()
        if octets:
            at = position
            for character in octets.decode("utf-8", "replace"):
                value.append(character)
                offsets.append(at)
                at += 3 * (1 if character == "\ufffd" else len(character.encode()))
            position = run
        else:
            value.append(" " if plus and text[position] == "+" else text[position])
            offsets.append(position)
            position += 1
    offsets.append(end)
    return Piece("".join(value), start, end, offsets, _spell_percent, Kind.FIELD, label, record)


def _spell_percent(text: str) -> str:
    return _SAFE.sub(lambda m: "".join(f"%{octet:02X}" for octet in m[0].encode()), text)


def _lex(text: str, bounds: Bounds) -> Iterator[Piece]:  # noqa: ARG001
    return pairs(text, 0, len(text), (1,), FORM)


def reread_pairs(text: str, record: tuple[int, ...]) -> Iterator[Segment]:
    """The names and values of a form or a query, as the standard library parses it.

    Raises `Unreadable`.
    """
    try:
        fields = parse_qsl(text.strip().replace(";", "&"), keep_blank_values=True, errors="replace")
    except ValueError:
        raise Unreadable(ReasonCode.VERIFICATION_FAILED, "the form parser refuses it") from None
    for name, value in fields:
        if value:
            yield Segment(name, (), Kind.NAME, "", record)
            yield Segment(value, (), Kind.FIELD, name, record)
        elif name:
            yield Segment(name, (), Kind.FIELD, "", record)


def _reread(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    return Document(tuple(reread_pairs(decode(blob).text, (1,))))


FORMAT = SplicedFormat(frozenset({"application/x-www-form-urlencoded"}), _lex, _reread)
