"""vCard (RFC 6350, 2426 and 2.1) and iCalendar (RFC 5545) by splicing: folding, order and escapes stay.

A line reads unfolded, quoted-printable and backslashes undone, the parts of a name or an address each
by itself; parameters are read as well. Base64 values are children. Properties are labelled in words
that detectors know (`FN` is a full name). The second reader is `cards_reread`, on quopri and base64.
"""

from __future__ import annotations

import codecs
import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, pairwise, repeat
from typing import NamedTuple

from pii_guard.document import Kind, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.cards_lines import HEAD, NONE, Logical, Parameters, logical, parameters_of
from pii_guard.formats.cards_reread import INERT, NOTHING, PARTED, labels_of, parts_of, reread, word
from pii_guard.formats.inlays import Inlay, decoded, encoded
from pii_guard.formats.pieces import MANY, Batch, Piece, Sorts, verbatim
from pii_guard.formats.spliced import Lexed, SplicedFormat
from pii_guard.segment_table import Sort

_PLAIN = re.compile(
    r"(?:[A-Za-z0-9_-]{1,64}\.)?(?P<name>[A-Za-z0-9_-]{1,64})"
    r"(?P<parameters>(?:;[^\":;\r\n]*+)*+):(?P<value>[^\r\n\\]*+)(?>\r\n|\r|\n|\Z)(?![ \t])"
)
"""A line that is not folded, without quotes and escapes: as most are."""
_UNIT = re.compile(r"=(?P<hex>[0-9A-Fa-f]{2})|=[ \t]*(?:\r\n|\r|\n)[ \t]?|\\(?P<escaped>.)|.", re.S)
_FOLDED = 74
_ALIKE = 1_000
"""Different names and parameters that are remembered: those of people have their names in them."""


@dataclass(slots=True)
class _Open:
    """The components that are open, each a record."""

    bounds: Bounds
    records: list[tuple[tuple[int, ...], bool]] = field(default_factory=list)
    """The record of each, and whether it is a card."""
    ordinal: int = 0

    def take(self, name: str, value: str) -> bool:
        """Whether a line only says that a component begins or ends. Raises `Unreadable`."""
        if name == "BEGIN":
            if len(self.records) >= self.bounds.max_nesting:
                most = self.bounds.max_nesting
                raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {most}")
            self.ordinal += 1
            self.records.append(((self.ordinal,), value.strip().upper() == "VCARD"))
        elif name == "END" and self.records:
            self.records.pop()
        return name in ("BEGIN", "END") and value.strip().upper() in NOTHING

    def record(self, number: int, name: str) -> tuple[int, ...]:
        """The record of the line of that number and name.

        All lines of a card are about one person, those of an event each about another.
        """
        if not self.records:
            return ()
        record, is_card = self.records[-1]
        return record if is_card and name not in PARTED else (*record, number)


class _Property(NamedTuple):
    """What the name of a line says: what each part of its value is, or the whole (`parts` is empty)."""

    name: str
    is_frame: bool
    """Whether it may say that a component begins or ends."""
    whole: Sort
    parts: tuple[Sort, ...]


class _Read:
    """The pieces of lines that read as they are written, a batch of them at a time."""

    def __init__(self, opened: _Open) -> None:
        self._opened = opened
        self._batch = Batch(_spell)
        self._sorts = Sorts()
        self._properties: dict[str, _Property] = {}
        self._parameters: dict[str, Parameters] = {"": NONE}

    def __len__(self) -> int:
        return len(self._batch)

    def batch(self) -> Batch:
        """What was read since the last time."""
        batch, self._batch = self._batch, Batch(_spell)
        return batch

    def add(self, piece: Piece, number: int) -> None:
        """Put in a piece of the line of that number."""
        self._batch.add(piece, self._sorts)
        self._batch.ordinals.append(number)

    def lines(self, text: str, position: int, number: int) -> tuple[int, int]:
        """Read lines from there on; where the first that is not so plain stands, and its number."""
        batch, opened = self._batch, self._opened
        texts, starts, sorts, ordinals, records = (
            batch.texts, batch.starts, batch.sorts, batch.ordinals, batch.records
        )  # fmt: skip
        properties, match = self._properties, _PLAIN.match
        while len(texts) < MANY and (found := match(text, position)) is not None:
            written, said, value = found.groups()
            parameters = self._parameters.get(said) or self._parsed(said)
            if parameters.is_encoded:
                break
            known = properties.get(written) or self._property(written)
            position, number = found.end(), number + 1
            if known.is_frame and opened.take(known.name, value):
                continue
            record = opened.record(number - 1, known.name)
            if parameters.places:
                self._said(said, found.start(2), parameters, record, number - 1)
            start = found.start(3)
            if not known.parts:
                if value and not value.isspace():
                    texts.append(value)
                    starts.append(start)
                    sorts.append(known.whole)
                    ordinals.append(number - 1)
                    records.append(record)
                continue
            further = chain(known.parts, repeat(known.parts[-1]))
            for part, sort in zip(value.split(";"), further, strict=False):
                if part and not part.isspace():
                    texts.append(part)
                    starts.append(start)
                    sorts.append(sort)
                    ordinals.append(number - 1)
                    records.append(record)
                start += len(part) + 1
        return position, number

    def _parsed(self, said: str) -> Parameters:
        parameters = parameters_of(said)
        if len(self._parameters) < _ALIKE:
            self._parameters[said] = parameters
        return parameters

    def _property(self, written: str) -> _Property:
        name = written.upper()
        sorts = tuple(
            self._sorts[Kind.FIELD if label else Kind.PROSE, label, False, "line"]
            for label in labels_of(name)
        )
        known = _Property(name, name in ("BEGIN", "END"), sorts[0], sorts[1:] and sorts)
        if len(self._properties) < _ALIKE:
            self._properties[written] = known
        return known

    def _said(
        self, said: str, base: int, parameters: Parameters, record: tuple[int, ...], number: int
    ) -> None:
        """Put in the parameters of a line."""
        for label, start, end in parameters.places:
            kind, label = _shown(label)
            where = (Step("line", number),)
            self.add(
                Piece(
                    said[start:end], base + start, base + end, None, _spell_parameter, kind, label, record, False, where,
                ),
                number,
            )  # fmt: skip


def lex(text: str, bounds: Bounds) -> Lexed:
    """The values of all properties in order, parameters before them. Raises `Unreadable`."""
    opened, position, number = _Open(bounds), 0, 1
    read = _Read(opened)
    while position < len(text):
        position, number = read.lines(text, position, number)
        if len(read) >= MANY:
            yield read.batch()
        elif position < len(text):
            line, position, count = logical(text, position, number)
            for one in _line(line, opened):
                if isinstance(one, Inlay):
                    yield read.batch()
                    yield one
                elif isinstance(one, Piece):
                    read.add(one, number)
            number += count
    yield read.batch()


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
    record, parameters = opened.record(line.number, name), parameters_of(head["parameters"])
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
