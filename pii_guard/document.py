"""What a file is to us once read: segments, children and gaps. Values only, no I/O.

Formats produce a `Document` from bytes and produce bytes again from the same bytes and `Changes`.
Fields that hold text of the input are left out of every `repr`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from pii_guard.errors import Reason


class Kind(StrEnum):
    """What a segment is, which decides how it is scanned and what counts as one record in it."""

    PROSE = "prose"
    FIELD = "field"
    CELL = "cell"
    CODE = "code"
    LOG = "log"
    OCR = "ocr"
    METADATA = "metadata"
    NAME = "name"


class Step(NamedTuple):
    """One step of a locator: a word of ours and a 1-based ordinal, never text of the input."""

    axis: str
    ordinal: int


UNSCANNED = "\ufdd0unscanned\ufdd1"
"""The text of a segment that stands for something nobody can scan: a picture of text that cannot be
read, binary data of unknown make. It is found like a value, so that it is counted and goes; its
characters occur in no text (noncharacters, Unicode 23.7).
"""

Locator = tuple[Step, ...]
"""Where something stands: only ordinals, so a locator cannot leak (`page 2`, `row 3 column 1`)."""


def print_locator(locator: Locator) -> str:
    """The locator for people: `page 2 / annotation 1`; the whole file is `-`."""
    return " / ".join(f"{axis} {ordinal}" for axis, ordinal in locator) or "-"


def printable(name: str) -> str:
    """A file name without what a terminal obeys or no text holds: `_` stands in its place.

    Control and format characters (line feeds, escapes, direction marks) and undecodable bytes go.
    """
    return "".join(c if c.isprintable() else "_" for c in name)


class Layer(NamedTuple):
    """How a value is written where it stands, if not as it is read.

    `scheme`: "inline" for escapes within text, "base64" or "hex" for encoded runs; of a run, the
    first `head` and last `tail` bytes belong to what stands beside the value.
    """

    scheme: str
    head: int = 0
    tail: int = 0


class Span(NamedTuple):
    """Half-open range of characters (code points) in a segment's text."""

    start: int
    end: int


class Segment(NamedTuple):
    """A piece of readable text and where it stands.

    `label` is the name of its field, column, header or key as written ("" when it has none).
    `record` identifies what belongs together (one object, row, form, message): two segments are of
    the same record when one `record` is a prefix of the other and at most two steps longer; the
    empty tuple belongs to no record. Elements of a list start records of their own (see
    `formats/base.py`).
    `number` is true where the format needs a number to stay a number (a JSON or SQL literal): the
    replacement then consists of digits and replaces the whole segment.
    A tuple, since a frozen dataclass takes several times as long to make and files have very many.
    """

    text: str
    locator: Locator = ()
    kind: Kind = Kind.PROSE
    label: str = ""
    record: tuple[int, ...] = ()
    number: bool = False

    def __repr__(self) -> str:
        """Without text of the input: neither the text nor the label."""
        return (
            f"Segment(locator={self.locator!r}, kind={self.kind!r}, record={self.record!r}, "
            f"number={self.number!r})"
        )


@dataclass(frozen=True, slots=True)
class Child:
    """A file inside a file (attachment, message body): the conductor redacts it on its own.

    `name` is what the container calls it, `media_type` what the container claims it is: hints both.
    `record` as for segments: findings of the child's record `()` belong to this record. `label`: the
    field it is the value of, where it is a value rather than a file.
    """

    blob: bytes = field(repr=False)
    locator: Locator = ()
    name: str = field(default="", repr=False)
    media_type: str = ""
    record: tuple[int, ...] = ()
    label: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something a reader could not read. A document with gaps is never passed on as clean."""

    locator: Locator
    reason: Reason


class Matter(StrEnum):
    """What nobody can read and a file may carry all the same. The strings are written to certificates."""

    AUDIO = "audio"
    VIDEO = "video"
    TLS = "tls"
    DTLS = "dtls"
    QUIC = "quic"
    SSH = "ssh"
    ESP = "esp"
    WIREGUARD = "wireguard"
    BINARY = "binary_payload"


class Unread(NamedTuple):
    """What goes along unread, as the policy allows: so many tracks, stretches of streams, datagrams."""

    what: Matter
    occurrences: int


def together(unread: Iterable[Unread]) -> tuple[Unread, ...]:
    """The same with one entry of each matter, by its name."""
    counts: dict[Matter, int] = {}
    for what, occurrences in unread:
        counts[what] = counts.get(what, 0) + occurrences
    return tuple(Unread(what, counts[what]) for what in sorted(counts) if counts[what])


@dataclass(frozen=True, slots=True)
class Document:
    """All that could be read from a blob; equal for two reads of equal bytes.

    `segments`: a tuple or, for formats with very many, a `SegmentTable`; neither changes.
    `unseen` is where things stand that nobody can look into and that `write` leaves out (deleted rows
    of a database, macros, thumbnails): such a blob is written anew though there is no edit.
    `unread` is what nobody can look into either and `write` passes on: results and certificates say so.
    """

    segments: Sequence[Segment] = ()
    children: tuple[Child, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unseen: tuple[Locator, ...] = ()
    unread: tuple[Unread, ...] = ()


class Edit(NamedTuple):
    """Replace `span` of segment number `segment` (0-based, order of `Document.segments`)."""

    segment: int
    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a format has to write.

    `edits` are disjoint, sorted by (segment, span). `children` maps child number to its redacted
    bytes; a child that is missing there must not be copied. `gone` are all values (as found) that
    must not remain anywhere in the written bytes, for formats that hold copies outside segments.
    """

    edits: tuple[Edit, ...] = ()
    children: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    gone: tuple[str, ...] = field(default=(), repr=False)

    def keep_all(self, children: Iterable[Child]) -> bool:
        """Whether nothing is edited and every one of these children comes back as it was."""
        return not self.edits and all(
            self.children.get(number) == child.blob for number, child in enumerate(children)
        )
