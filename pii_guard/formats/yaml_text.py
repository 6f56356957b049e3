"""YAML 1.1/1.2 by splicing over the scalars that libyaml finds; comments are read as prose.

Positions come from PyYAML's event stream (libyaml); the second reader is `yaml_reread`, on ruamel.yaml.
Aliases are never expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from pii_guard.document import Kind, Locator, Step
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.pieces import Piece
from pii_guard.formats.spliced import SplicedFormat
from pii_guard.formats.yaml_levels import MAX_KEY
from pii_guard.formats.yaml_places import places
from pii_guard.formats.yaml_reread import COMMENT, reread, uris

_LOADER = getattr(yaml, "CLoader", yaml.Loader)
_NUMBER = re.compile(r"[+-]?(?:\d[\d_]*)(?:\.\d*)?(?:[eE][+-]?\d+)?")
_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+|\Z))+")
_BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
# Marks anywhere, a colon that ends a key, marks at the beginning only (YAML 1.2.2, 7.3.3).
_UNSAFE = re.compile(r"[#\[\]{},]|:(?=\s|\Z)|^[-?:&*!|>'\"%@`]|^\s|\s$")


@dataclass(slots=True)
class _Level:
    """An open collection; `label` is the path of what is read next, `named` whether its key was read."""

    is_mapping: bool
    record: tuple[int, ...]
    path: str
    label: str
    named: bool = False


def lex(text: str, bounds: Bounds) -> Iterator[Piece]:
    """Keys, scalars and comments in order."""
    return _with_comments(text, _Scalars(text, bounds).pieces())


def _events(text: str) -> Iterator[yaml.Event]:
    loader = None
    try:
        loader = _LOADER(text)
        yield from iter(loader.get_event, None)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise refused(error, "the YAML parser refuses it") from None
    finally:
        if loader is not None:
            loader.dispose()


@dataclass(slots=True)
class _Scalars:
    """Walks the events of one text."""

    text: str
    bounds: Bounds
    levels: list[_Level] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)
    """Keys and paths that were read: equal ones are one string."""

    def pieces(self) -> Iterator[Piece]:
        """Every scalar that says something, with its place."""
        text, shown = self.text, self.shown
        # libyaml neither reads nor counts a byte order mark within the text.
        shift = int(text.startswith("\ufeff"))
        level: _Level | None = None
        ordinal, row = 0, -1
        where: Locator = ()
        nowhere: tuple[int, ...] = ()
        for event in _events(text):
            if isinstance(event, ScalarEvent):
                value = event.value
                kind, label, record = Kind.FIELD, "", nowhere
                if level is not None:
                    record = level.record
                    if not level.is_mapping or level.named:
                        label, level.named = level.label, False
                    else:
                        kind, level.named = Kind.NAME, True
                        value = shown.setdefault(value, value)
                        key = value[:MAX_KEY]
                        label = (
                            ".".join((level.path, key)) if level.path and key else level.path or key
                        )
                        level.label, label = shown.setdefault(label, label), ""
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
                            and _NUMBER.fullmatch(value) is not None
                        )
                        yield Piece(
                            value,
                            start,
                            end,
                            None,
                            _spell_plain,
                            kind,
                            label,
                            record,
                            number,
                            where,
                        )
                        continue
                elif style in "|>":
                    piece = _block(text, start, end, (Step("line", row + 2),), label, record)
                    if piece is not None:
                        yield piece
                    continue
                elif text[start + 1 : end - 1] == value:
                    yield Piece(
                        value, start + 1, end - 1, None, _SPELL[style], kind, label, record, False, where
                    )  # fmt: skip
                    continue
                yield _folded(text, start, end, style or "", value)._replace(
                    kind=kind, label=label, record=record, locator=where
                )
            elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                if len(self.levels) >= self.bounds.max_nesting:
                    raise Unreadable(
                        ReasonCode.LIMIT_NESTING, f"deeper than {self.bounds.max_nesting}"
                    )
                record = level.record if level else nowhere
                is_mapping = isinstance(event, MappingStartEvent)
                if is_mapping:
                    ordinal += 1
                    record = (*record, ordinal) if level and level.is_mapping else (ordinal,)
                path = level.label if level else ""
                if level is not None and level.is_mapping:
                    path = level.label if level.named else level.path
                    level.named = False
                level = _Level(is_mapping, record, path, path)
                self.levels.append(level)
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                self.levels.pop()
                level = self.levels[-1] if self.levels else None
            elif isinstance(event, AliasEvent) and level is not None and level.is_mapping:
                level.named = not level.named
                level.label = level.path


def _folded(text: str, start: int, end: int, quote: str, value: str) -> Piece:
    """A scalar that is not written as it reads."""
    low, high = start + len(quote), end - len(quote)
    read, offsets = places(text, low, high, quote)
    if read == value:
        return Piece(value, low, high, offsets, _SPELL.get(quote, _spell_plain))
    # Read otherwise than we would: any edit then writes the whole scalar anew.
    return Piece(value, start, end, None, _spell_whole, whole=True)


def _spell_whole(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _block(
    text: str, start: int, end: int, where: Locator, label: str, record: tuple[int, ...]
) -> Piece | None:
    header = _BREAK.search(text, start, end)
    if header is None:
        return None
    first, stop = header.end(), end
    while first < stop and text[first] in " \t\r\n\x85\u2028\u2029":
        first += 1
    while stop > first and text[stop - 1] in " \t\r\n\x85\u2028\u2029":
        stop -= 1
    if stop == first:
        return None
    kind = Kind.PROSE if _BREAK.search(text, first, stop) else Kind.FIELD
    return Piece(
        text[first:stop], first, stop, None, _spell_line, kind, label, record, locator=where
    )


def _with_comments(text: str, scalars: Iterator[Piece]) -> Iterator[Piece]:
    """The scalars, and between them in order what no scalar covers of comments and URIs."""
    comments = ((found, Kind.PROSE, _spell_line) for found in COMMENT.finditer(text))
    named = ((found, Kind.NAME, _spell_uri) for found in uris(text))
    asides = sorted((*comments, *named), key=lambda aside: aside[0].start())
    if not asides:
        yield from scalars
        return
    asides.reverse()
    line, counted, last = 1, 0, 0
    nothing = Piece("", len(text) + 1, len(text) + 1)
    for piece in chain(scalars, (nothing,)):
        while asides and asides[-1][0].start() < piece.end:
            found, kind, spell = asides.pop()
            low, high = found.span("text")
            if found.end() <= piece.start and found.start() >= last and found["text"].strip():
                line += text.count("\n", counted, found.start())
                counted = last = found.end()
                where = (Step("line", line),)
                yield Piece(found["text"], low, high, None, spell, kind, locator=where)
        if piece is not nothing:
            yield piece


def _spell_line(text: str) -> str:
    return _BREAK.sub(" ", text)


def _spell_uri(text: str) -> str:
    return re.sub(r"[^\w.:@-]", "", text) or "_"


def _spell_plain(text: str) -> str:
    # Nothing at all could leave a mark at an end, which would then be syntax.
    return _UNSAFE.sub("_", text) or "_"


def _spell_single(text: str) -> str:
    return text.replace("'", "''")


def _spell_double(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


_SPELL = {"'": _spell_single, '"': _spell_double}

FORMAT = SplicedFormat(frozenset({"application/yaml"}), lex, reread)
