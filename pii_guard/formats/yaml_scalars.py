"""The scalars and comments of YAML by the events of libyaml (PyYAML), as pieces.

Aliases are never expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import yaml
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from pii_guard.document import Kind, Locator, Step
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats import yaml_spelling as spelling
from pii_guard.formats.base import Bounds
from pii_guard.formats.pieces import Piece
from pii_guard.formats.yaml_levels import MAX_KEY
from pii_guard.formats.yaml_places import places
from pii_guard.formats.yaml_reread import COMMENT, uris

_LOADER = getattr(yaml, "CLoader", yaml.Loader)
NUMBER = re.compile(r"[+-]?(?:[0-9][0-9_]*+)(?:\.[0-9]*+)?(?:[eE][+-]?[0-9]++)?")
"""What stays a number."""
_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+|\Z))+")
_SPACE = " \t\r\n\x85\u2028\u2029"


@dataclass(slots=True)
class Level:
    """An open collection, or what is around all of them.

    `label` is the path of what is read next, `named` whether its key was read, `column` where it is
    indented (-1: unknown), `waits` whether a value may follow on a line below.
    """

    is_mapping: bool = False
    record: tuple[int, ...] = ()
    path: str = ""
    label: str = ""
    named: bool = False
    column: int = -1
    waits: bool = True


@dataclass(slots=True)
class Scalars:
    """Reads texts of one source: `levels` are what is open, `shown` keys and paths that were read."""

    bounds: Bounds
    levels: list[Level] = field(default_factory=lambda: [Level()])
    ordinal: int = 0
    shown: dict[str, str] = field(default_factory=dict)
    """Equal ones are one string."""

    def opened(self, column: int, *, is_mapping: bool) -> Level:
        """A collection that begins. Raises `Unreadable(LIMIT_NESTING)`."""
        if len(self.levels) > self.bounds.max_nesting:
            raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {self.bounds.max_nesting}")
        above = self.levels[-1]
        record = above.record
        if is_mapping:
            self.ordinal += 1
            record = (*record, self.ordinal) if above.is_mapping else (self.ordinal,)
        path = above.label if above.named or not above.is_mapping else above.path
        above.named = above.waits = False
        level = Level(is_mapping, record, path, path, column=column, waits=False)
        self.levels.append(level)
        return level

    def labelled(self, path: str, key: str) -> str:
        """The label of the value of a key in what has that path."""
        key = key[:MAX_KEY]
        label = f"{path}.{key}" if path and key else path or key
        return self.shown.setdefault(label, label)

    def pieces(self, text: str, events: Iterable[Event], shift: int = 0) -> Iterator[Piece]:
        """Every scalar that says something, with its place. `shift`: where in `text` the events begin."""
        shown = self.shown
        row = -1
        where: Locator = ()
        level = self.levels[-1]
        for event in events:
            if isinstance(event, ScalarEvent):
                value = event.value
                kind, label, record = Kind.FIELD, "", level.record
                if not level.is_mapping or level.named:
                    label, level.named = level.label, False
                else:
                    kind, level.named = Kind.NAME, True
                    value = shown.setdefault(value, value)
                    level.label = self.labelled(level.path, value)
                begins, ends = event.start_mark, event.end_mark
                if not value or value.isspace() or begins is None or ends is None:
                    continue
                if begins.line != row:
                    row = begins.line
                    where = (Step("line", row + 1),)
                start, end = begins.index + shift, ends.index + shift
                style = event.style
                if event.anchor or event.tag:
                    # Others refer to an anchor, and a tag says how to read: both stay.
                    properties = _PROPERTIES.match(text, start, end)
                    start = properties.end() if properties else start
                if not style:
                    if text[start:end] == value:
                        number = (
                            kind is Kind.FIELD
                            and value[0] in "+-0123456789"
                            and NUMBER.fullmatch(value) is not None
                        )
                        yield Piece(
                            value, start, end, None, spelling.plain, kind, label, record, number, where
                        )  # fmt: skip
                        continue
                elif style in "|>":
                    piece = _block(text, start, end, (Step("line", row + 2),), label, record)
                    if piece is not None:
                        yield piece
                    continue
                elif text[start + 1 : end - 1] == value:
                    spell = spelling.QUOTED[style]
                    yield Piece(
                        value, start + 1, end - 1, None, spell, kind, label, record, False, where
                    )
                    continue
                yield _folded(text, start, end, style or "", value)._replace(
                    kind=kind, label=label, record=record, locator=where
                )
            elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                level = self.opened(-1, is_mapping=isinstance(event, MappingStartEvent))
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                self.levels.pop()
                level = self.levels[-1]
            elif isinstance(event, AliasEvent) and level.is_mapping:
                level.named = not level.named
                level.label = level.path


def whole(text: str, bounds: Bounds) -> Iterator[Piece]:
    """Keys, scalars and comments of a whole text in order. Raises `Unreadable`."""
    # libyaml neither reads nor counts a byte order mark within the text.
    shift = int(text.startswith("\ufeff"))
    scalars = Scalars(bounds).pieces(text, events(text), shift)
    return with_comments(text, scalars, 0, len(text))


def events(text: str) -> Iterator[Event]:
    """What libyaml says stands in a text. Raises `Unreadable`."""
    loader = None
    try:
        loader = _LOADER(text)
        yield from iter(loader.get_event, None)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise refused(error, "the YAML parser refuses it") from None
    finally:
        if loader is not None:
            loader.dispose()


def _folded(text: str, start: int, end: int, quote: str, value: str) -> Piece:
    """A scalar that is not written as it reads."""
    low, high = start + len(quote), end - len(quote)
    read, offsets = places(text, low, high, quote)
    if read == value:
        return Piece(value, low, high, offsets, spelling.QUOTED.get(quote, spelling.plain))
    # Read otherwise than we would: any edit then writes the whole scalar anew.
    return Piece(value, start, end, None, spelling.whole, whole=True)


def _block(
    text: str, start: int, end: int, where: Locator, label: str, record: tuple[int, ...]
) -> Piece | None:
    header = spelling.BREAK.search(text, start, end)
    if header is None:
        return None
    first, stop = header.end(), end
    while first < stop and text[first] in _SPACE:
        first += 1
    while stop > first and text[stop - 1] in _SPACE:
        stop -= 1
    if stop == first:
        return None
    kind = Kind.PROSE if spelling.BREAK.search(text, first, stop) else Kind.FIELD
    return Piece(
        text[first:stop], first, stop, None, spelling.line, kind, label, record, locator=where
    )


def with_comments(text: str, scalars: Iterable[Piece], start: int, end: int) -> Iterator[Piece]:
    """The scalars at `start`..`end`, and what stands between them of comments and URIs."""
    if text.find("#", start, end) < 0 and text.find("@", start, end) < 0:
        yield from scalars
        return
    position, line, counted = start, 1, 0
    for piece in chain(scalars, (None,)):
        stop = end if piece is None else piece.start
        comments = ((m, Kind.PROSE, spelling.line) for m in COMMENT.finditer(text, position, stop))
        named = ((m, Kind.NAME, spelling.uri) for m in uris(text, position, stop))
        last = position
        for found, kind, spell in sorted((*comments, *named), key=lambda one: one[0].start()):
            if found.start() >= last and found["text"].strip():
                low, high = found.span("text")
                line += text.count("\n", counted, low)
                counted, last = low, high
                where = (Step("line", line),)
                yield Piece(found["text"], low, high, None, spell, kind, locator=where)
        if piece is not None:
            position = piece.end
            yield piece
