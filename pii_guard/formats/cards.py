"""vCard (RFC 6350, 2426 and 2.1) and iCalendar (RFC 5545) by splicing: folding, order and escapes stay.

A line reads unfolded, quoted-printable and backslashes undone, the parts of a name or an address each
by itself; parameters are read as well. Base64 values are children. Properties are labelled in words
that detectors know (`FN` is a full name). The second reader is `cards_reread`, on quopri and base64.
"""

from __future__ import annotations

import codecs
import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, pairwise

from pii_guard.document import Kind, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.cards_reread import INERT, NOTHING, parts_of, reread, word
from pii_guard.formats.inlays import Inlay, decoded, encoded
from pii_guard.formats.pieces import Piece, verbatim
from pii_guard.formats.spliced import Lexed, SplicedFormat

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_HEAD = re.compile(
    r"(?:(?P<group>[A-Za-z0-9_-]{1,64})\.)?(?P<name>[A-Za-z0-9_-]{1,64})"
    r"(?P<parameters>(?:;(?:[^\":;]++|\"[^\"]*+\")*+)*+):"
)
_PARAMETER = re.compile(r";(?:(?P<name>[A-Za-z0-9_-]{1,64})=)?(?P<value>(?:[^\";]++|\"[^\"]*\")*)")
_UNIT = re.compile(r"=(?P<hex>[0-9A-Fa-f]{2})|=[ \t]*(?:\r\n|\r|\n)[ \t]?|\\(?P<escaped>.)|.", re.S)
_QUOTED = re.compile(r"(?i)quoted-printable\Z")
_BINARY = re.compile(r"(?i)(?:b|base64)\Z")
_FOLDED = 74


@dataclass(frozen=True, slots=True)
class _Logical:
    """An unfolded line: its text and the place of each of its characters in the source, and its end."""

    text: str = field(repr=False)
    places: Sequence[int] = field(repr=False)
    number: int
    ends_with_return: bool


@dataclass(frozen=True, slots=True)
class _Property:
    """The head of a line: name, parameters by name, and where the value begins in its text."""

    name: str
    parameters: dict[str, list[tuple[int, int]]]
    said: dict[str, str]
    value: int

    @property
    def is_quoted(self) -> bool:
        return bool(_QUOTED.match(self.said.get("ENCODING", "")))

    @property
    def is_binary(self) -> bool:
        return bool(_BINARY.match(self.said.get("ENCODING", "")))


def lex(text: str, bounds: Bounds) -> Lexed:
    """The values of all properties in order, parameters before them."""
    records: list[tuple[int, ...]] = []
    ordinal = 0
    for line in _logical(text):
        found = _property(line.text)
        if found is None:
            if line.text.strip():
                yield _piece(line, 0, len(line.text), Kind.PROSE, "", (), verbatim)
            continue
        value = line.text[found.value :].strip().upper()
        if found.name == "BEGIN":
            if len(records) >= bounds.max_nesting:
                raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {bounds.max_nesting}")
            ordinal += 1
            records.append((ordinal,))
        elif found.name == "END" and records:
            records.pop()
        if found.name in ("BEGIN", "END") and value in NOTHING:
            continue
        record = (*records[-1], line.number) if records else ()
        yield from _parameters(line, found, record)
        yield from _value(line, found, record)


def _logical(text: str) -> Iterator[_Logical]:
    """The lines unfolded; a soft break of quoted-printable goes on as well."""
    lines = [match for match in _LINE.finditer(text) if match.group()]
    index = 0
    while index < len(lines):
        first = index
        ranges = [_bare(lines[index])]
        head = _HEAD.match(lines[index].group())
        soft = head is not None and "quoted-printable" in head["parameters"].lower()
        while index + 1 < len(lines):
            after = lines[index + 1].group()
            start, end = ranges[-1]
            if soft and text[start:end].rstrip(" \t").endswith("="):
                # The break itself belongs to the value: it is undone where that is decoded.
                ranges[-1] = (start, lines[index].end())
                ranges.append(_bare(lines[index + 1]))
            elif after[0] in " \t":
                low, high = _bare(lines[index + 1])
                ranges.append((low + 1, high))
            else:
                break
            index += 1
        index += 1
        places: Sequence[int] = range(ranges[0][0], ranges[0][1] + 1)
        if len(ranges) > 1:
            places = array("q", chain(*(range(*one) for one in ranges), (ranges[-1][1],)))
        unfolded = "".join(text[low:high] for low, high in ranges)
        yield _Logical(unfolded, places, first + 1, lines[first].group().endswith("\r\n"))


def _bare(line: re.Match[str]) -> tuple[int, int]:
    return line.start(), line.start() + len(line.group().rstrip("\r\n"))


def _property(text: str) -> _Property | None:
    head = _HEAD.match(text)
    if head is None:
        return None
    parameters: dict[str, list[tuple[int, int]]] = {}
    said: dict[str, str] = {}
    base = head.start("parameters")
    for match in _PARAMETER.finditer(head["parameters"]):
        start, end = match.span("value")
        raw = match["value"]
        name = (match["name"] or ("ENCODING" if _is_encoding(raw) else "TYPE")).upper()
        said.setdefault(name, raw.strip('"'))
        parameters.setdefault(name, []).append((base + start, base + end))
    return _Property(head["name"].upper(), parameters, said, head.end())


def _is_encoding(raw: str) -> bool:
    return bool(_QUOTED.match(raw) or _BINARY.match(raw))


def _parameters(line: _Logical, found: _Property, record: tuple[int, ...]) -> Iterator[Piece]:
    for name, ranges in found.parameters.items():
        for start, end in ranges:
            if end - start > 1 and line.text[start] == line.text[end - 1] == '"':
                start, end = start + 1, end - 1
            if line.text[start:end].strip() and name not in ("ENCODING", "CHARSET"):
                kind = Kind.NAME if name in INERT else Kind.FIELD
                label = "" if kind is Kind.NAME else word(name)
                yield _piece(line, start, end, kind, label, record, _spell_parameter)


def _value(line: _Logical, found: _Property, record: tuple[int, ...]) -> Iterator[Piece | Inlay]:
    start, end = found.value, len(line.text)
    if found.is_binary:
        blob = decoded(line.text[start:])
        if blob:
            where = (Step("line", line.number),)
            media_type = found.said.get("FMTTYPE", "")
            low = line.places[start]
            fold = "\r\n " if line.ends_with_return else "\n "
            spell = partial(_folded, fold=fold)
            yield Inlay(low, line.places[end], blob, spell, media_type, where, record)
            return
    value, offsets = line.text[start:], line.places[start:]
    if found.is_quoted or "\\" in value:
        value, offsets = _undone(line, found)
    spell_text = _spell_quoted if found.is_quoted else _spell
    for low, high, label in parts_of(found.name, value):
        if value[low:high].strip():
            text = value[low:high].replace(_SEMICOLON, ";")
            at = offsets[low : high + 1]
            kind = Kind.PROSE if label == "" else Kind.FIELD
            yield Piece(
                text, at[0], at[-1], _or_none(at), spell_text, kind, label, record,
                locator=(Step("line", line.number),),
            )  # fmt: skip


_SEMICOLON = "\ue000"
"""Stands for a semicolon that does not separate parts."""


def _undone(line: _Logical, found: _Property) -> tuple[str, array[int]]:
    """The value with its encoding and escapes undone, and the place of each of its characters.

    An escaped semicolon is `_SEMICOLON`: it separates nothing.
    """
    decoder = codecs.getincrementaldecoder(_charset(found.said.get("CHARSET", "utf-8")))("replace")
    characters: list[str] = []
    offsets = array("q")
    pending: int | None = None
    for match in _UNIT.finditer(line.text, found.value):
        place = line.places[match.start()]
        shown = match.group()
        if found.is_quoted and match["hex"]:
            pending = place if pending is None else pending
            shown, place = decoder.decode(bytes.fromhex(match["hex"])), pending
            pending = None if shown else pending
        elif shown[0] == "=" and len(shown) > 1:
            if found.is_quoted:
                continue  # a soft break
        elif match["escaped"]:
            shown = {"n": "\n", "N": "\n", ";": _SEMICOLON}.get(match["escaped"], match["escaped"])
        for number, character in enumerate(shown):
            characters.append(character)
            offsets.append(place + (number if not match["hex"] or not found.is_quoted else 0))
    offsets.append(line.places[len(line.text)])
    return "".join(characters), offsets


def _charset(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return "latin-1"


def _piece(
    line: _Logical,
    start: int,
    end: int,
    kind: Kind,
    label: str,
    record: tuple[int, ...],
    spell: Callable[[str], str],
) -> Piece:
    at = line.places[start : end + 1]
    return Piece(
        line.text[start:end], at[0], at[-1], _or_none(at), spell, kind, label, record,
        locator=(Step("line", line.number),),
    )  # fmt: skip


def _or_none(places: Sequence[int]) -> Sequence[int] | None:
    return None if isinstance(places, range) else places


def _spell(text: str) -> str:
    return re.sub(r"[\\,;]", r"\\\g<0>", text).replace("\r", "").replace("\n", "\\n")


def _spell_quoted(text: str) -> str:
    escaped = re.sub(r"[\\;]", r"\\\g<0>", text)
    return re.sub(r"[^ -<>-~]", lambda m: "".join(f"={b:02X}" for b in m[0].encode()), escaped)


def _spell_parameter(text: str) -> str:
    return re.sub(r'[":;,\x00-\x1f]', " ", text)


def _folded(blob: bytes, *, fold: str) -> str:
    text = encoded(blob)
    return fold.join(
        [text[start:end] for start, end in pairwise([*range(0, len(text), _FOLDED), len(text)])]
    )


FORMATS = (
    SplicedFormat(frozenset({"text/vcard"}), lex, reread),
    SplicedFormat(frozenset({"text/calendar"}), lex, reread),
)
