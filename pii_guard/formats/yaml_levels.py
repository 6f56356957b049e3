"""What a reader of YAML has read and what is open while it reads: paths, records, keys that wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import repeat

from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from pii_guard.document import Kind
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.segment_table import Collector, Sort

MAX_KEY = 200
"""The characters of a key that stand in a label."""


@dataclass(slots=True)
class Level:
    """An open collection: where it is indented, what its next value is called."""

    is_mapping: bool
    record: tuple[int, ...]
    path: str
    label: str
    column: int
    named: bool = False
    """In a mapping, whether a key was read whose value was not."""
    waits: bool = False
    """Whether a value may follow on a line below."""


NAMES = Sort(Kind.NAME)
"""What keys have in common."""
_MANY = 4_096
"""Scalars that are put into columns at once."""


@dataclass(slots=True)
class Reading:
    """What was read so far, in columns, and what is open."""

    bounds: Bounds
    texts: list[str] = field(default_factory=list, repr=False)
    sorts: list[Sort] = field(default_factory=list, repr=False)
    records: list[tuple[int, ...]] = field(default_factory=list)
    """Of what is not yet in `segments`."""
    segments: Collector = field(default_factory=Collector)
    levels: list[Level] = field(default_factory=list)
    ordinal: int = 0
    shown: dict[str, str] = field(default_factory=dict, repr=False)
    named: dict[str, Sort] = field(default_factory=dict, repr=False)
    """What values of a label have in common."""
    root: int = 0
    """How many of the levels are no collections."""

    def settle(self) -> None:
        """Put what was read into `segments`."""
        places = repeat(0, len(self.texts))
        self.segments.extend(self.texts, self.sorts, places, self.records)
        for column in (self.texts, self.sorts, self.records):
            column.clear()

    def put(self, text: str, sort: Sort, record: tuple[int, ...]) -> None:
        """A segment."""
        self.texts.append(text)
        self.sorts.append(sort)
        self.records.append(record)
        if len(self.texts) >= _MANY:
            self.settle()

    def opened(self, column: int, *, is_mapping: bool) -> Level:
        """A collection that begins. Raises `Unreadable(LIMIT_NESTING)`."""
        if len(self.levels) - self.root >= self.bounds.max_nesting:
            raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {self.bounds.max_nesting}")
        record: tuple[int, ...] = ()
        path = ""
        if self.levels:
            above = self.levels[-1]
            path = above.label if above.named or not above.is_mapping else above.path
            record, above.named, above.waits = above.record, False, False
        if is_mapping:
            self.ordinal += 1
            record = (*record, self.ordinal)
        self.levels.append(Level(is_mapping, record, path, path, column))
        return self.levels[-1]

    def scalar(self, text: str) -> None:
        """A key or a value of what is open; it is no segment where it says nothing."""
        level = self.levels[-1] if self.levels else None
        if level is not None and level.is_mapping and not level.named:
            self.key(level, text)
            return
        label, record = (level.label, level.record) if level is not None else ("", ())
        if level is not None:
            level.named = level.waits = False
        if text:
            self.put(text, self.named.get(label) or self.labelled(label), record)

    def labelled(self, label: str) -> Sort:
        """What values of that label have in common."""
        return self.named.setdefault(label, Sort(Kind.FIELD, label))

    def key(self, level: Level, text: str) -> None:
        """A key of a mapping."""
        text = self.shown.setdefault(text, text)
        short = text[:MAX_KEY]
        label = f"{level.path}.{short}" if level.path and short else level.path or short
        level.label = self.shown.setdefault(label, label)
        level.named = True
        if text:
            self.put(text, NAMES, level.record)

    def take(self, event: object) -> None:
        """One event of ruamel.yaml."""
        if isinstance(event, ScalarEvent):
            self.scalar(event.value)
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self.opened(-1, is_mapping=isinstance(event, MappingStartEvent))
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self.levels.pop()
        elif isinstance(event, AliasEvent) and self.levels:
            level = self.levels[-1]
            level.named = level.is_mapping and not level.named
            level.label, level.waits = level.path, False
