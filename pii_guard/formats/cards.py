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
from itertools import pairwise

from pii_guard.document import Kind, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.cards_lines import HEAD, NONE, Logical, Parameters, logical, parameters_of
from pii_guard.formats.cards_reread import INERT, NOTHING, parts_of, reread, word
from pii_guard.formats.inlays import Inlay, decoded, encoded
from pii_guard.formats.pieces import Piece, verbatim
from pii_guard.formats.spliced import Lexed, SplicedFormat

_PLAIN = re.compile(
    r"(?:[A-Za-z0-9_-]{1,64}\.)?(?P<name>[A-Za-z0-9_-]{1,64})"
    r"(?P<parameters>(?:;[^\":;\r\n]*+)*+):(?P<value>[^\r\n\\]*+)(?>\r\n|\r|\n|\Z)(?![ \t])"
)
"""A line that is not folded, without quotes and escapes: as most are."""
_UNIT = re.compile(r"=(?P<hex>[0-9A-Fa-f]{2})|=[ \t]*(?:\r\n|\r|\n)[ \t]?|\\(?P<escaped>.)|.", re.S)
_FOLDED = 74


@dataclass(slots=True)
class _Open:
    """The components that are open, each a record."""

    bounds: Bounds
    records: list[tuple[int, ...]] = field(default_factory=list)
    ordinal: int = 0

    def take(self, name: str, value: str) -> bool:
        """Whether a line only says that a component begins or ends. Raises `Unreadable`."""
        if name == "BEGIN":
            if len(self.records) >= self.bounds.max_nesting:
                most = self.bounds.max_nesting
                raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {most}")
            self.ordinal += 1
            self.records.append((self.ordinal,))
        elif name == "END" and self.records:
            self.records.pop()
        return name in ("BEGIN", "END") and value.strip().upper() in NOTHING

    def record(self, number: int) -> tuple[int, ...]:
        """The record of the line of that number."""
        return (*self.records[-1], number) if self.records else ()


def lex(text: str, bounds: Bounds) -> Lexed:
    """The values of all properties in order, parameters before them. Raises `Unreadable`."""
    opened, position, number = _Open(bounds), 0, 1
    parsed: dict[str, Parameters] = {"": NONE}
    while position < len(text):
        found = _PLAIN.match(text, position)
        if found is not None:
            said = found["parameters"]
            parameters = parsed.get(said) or parsed.setdefault(said, parameters_of(said))
            if not parameters.is_encoded:
                yield from _plain(found, parameters, number, opened)
                position, number = found.end(), number + 1
                continue
        line, position, count = logical(text, position, number)
        yield from _line(line, opened)
        number += count


def _plain(
    found: re.Match[str], parameters: Parameters, number: int, opened: _Open
) -> Iterator[Piece]:
    """The pieces of a line that reads as it is written."""
    name, said, value = found.groups()
    name = name.upper()
    if name in ("BEGIN", "END") and opened.take(name, value):
        return
    record, where = opened.record(number), (Step("line", number),)
    base = found.start("parameters")
    for label, start, end in parameters.places:
        kind, label = _shown(label)
        yield Piece(
            said[start:end], base + start, base + end, None, _spell_parameter, kind, label, record, False, where,
        )  # fmt: skip
    base = found.start("value")
    for start, end, label in parts_of(name, value):
        part = value[start:end]
        if part and not part.isspace():
            kind = Kind.FIELD if label else Kind.PROSE
            yield Piece(
                part, base + start, base + end, None, _spell, kind, label, record, False, where
            )


def _line(line: Logical, opened: _Open) -> Lexed:
    """The pieces of any line."""
    head = HEAD.match(line.text)
    if head is None:
        if line.text.strip():
            yield _piece(line, 0, len(line.text), Kind.PROSE, "", (), verbatim)
        return
    name, base, begins = head["name"].upper(), head.start("parameters"), head.end()
    if opened.take(name, line.text[begins:]):
        return
    record, parameters = opened.record(line.number), parameters_of(head["parameters"])
    for label, start, end in parameters.places:
        kind, label = _shown(label)
        yield _piece(line, base + start, base + end, kind, label, record, _spell_parameter)
    yield from _value(line, name, begins, parameters, record)


def _shown(parameter: str) -> tuple[Kind, str]:
    """Kind and label of a parameter's value."""
    return (Kind.NAME, "") if parameter in INERT else (Kind.FIELD, word(parameter))


def _value(
    line: Logical, name: str, start: int, parameters: Parameters, record: tuple[int, ...]
) -> Lexed:
    end = len(line.text)
    where = (Step("line", line.number),)
    if parameters.is_binary:
        blob = decoded(line.text[start:])
        if blob:
            media_type = parameters.said.get("FMTTYPE", "")
            low = line.places[start]
            fold = "\r\n " if line.ends_with_return else "\n "
            spell = partial(_folded, fold=fold)
            yield Inlay(low, line.places[end], blob, spell, media_type, where, record)
            return
    value, offsets = line.text[start:], line.places[start:]
    if parameters.is_quoted or "\\" in value:
        value, offsets = _undone(line, start, parameters)
    spell_text = _spell_quoted if parameters.is_quoted else _spell
    for low, high, label in parts_of(name, value):
        if value[low:high].strip():
            text = value[low:high].replace(_SEMICOLON, ";")
            at = offsets[low : high + 1]
            kind = Kind.PROSE if label == "" else Kind.FIELD
            yield Piece(
                text, at[0], at[-1], _or_none(at), spell_text, kind, label, record, False, where
            )


_SEMICOLON = "\ue000"
"""Stands for a semicolon that does not separate parts."""


def _undone(line: Logical, start: int, found: Parameters) -> tuple[str, array[int]]:
    """The value with its encoding and escapes undone, and the place of each of its characters.

    An escaped semicolon is `_SEMICOLON`: it separates nothing.
    """
    decoder = codecs.getincrementaldecoder(_charset(found.said.get("CHARSET", "utf-8")))("replace")
    characters: list[str] = []
    offsets = array("q")
    pending: int | None = None
    for match in _UNIT.finditer(line.text, start):
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
    line: Logical,
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
