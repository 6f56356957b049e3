"""MIME entities (RFC 2045, RFC 2046) in bytes: where headers, parts and bodies stand. Nothing is decoded.

A parser of our own, because no library says at which byte a part stands; the standard library's is
the second reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.mail.values import decoded, read_value

MOST_NESTED = 30
"""Multiparts in multiparts, whatever the policy allows: each level is looked through again."""

_HEADER = re.compile(rb"([!-9;-~]{1,200})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
_BLANK = re.compile(rb"\r?\n|\r?\Z")
_TYPE = re.compile(rb"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+|[A-Za-z]+)\s*")
_PARAMETER = re.compile(
    rb";[ \t\r\n]*(?P<name>[!#$%&'+.^_`|~0-9A-Za-z-]+)(?P<number>\*\d{1,3})?(?P<star>\*)?[ \t]*=[ \t\r\n]*"
    rb"(?P<value>\"(?:[^\"\\]|\\.)*\"|[^;\"]*)",
    re.S,
)


class Header(NamedTuple):
    """A header: its name, its lines `first`..`after`, and its value at `start`..`end` (half-open)."""

    name: str
    first: int
    start: int
    end: int
    after: int


class Parameter(NamedTuple):
    """A parameter of a structured header: `;` at `first`, name at `named`, value `start`..`end`."""

    name: str
    number: int
    starred: bool
    first: int
    named: int
    start: int
    end: int


@dataclass(slots=True)
class Entity:
    """A message or a part: headers, then a body at `start`..`end`; parts where it has several.

    `loose`: ranges that belong to no part (what stands before the first and behind the last).
    `marks`: where the boundary stands between them, `named` where the header tells it.
    """

    first: int
    headers: list[Header]
    start: int
    end: int
    media_type: str = "text/plain"
    declared: bool = False
    boundary: bytes = b""
    charset: str = ""
    encoding: str = ""
    parts: list[Entity] = field(default_factory=list)
    loose: list[tuple[int, int]] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)
    named: tuple[Parameter, ...] = ()

    def walk(self) -> Iterator[Entity]:
        """The entity and all within it, in order."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def header(self, name: str) -> Header | None:
        """The first header of that name (lower case)."""
        return next((one for one in self.headers if one.name.lower() == name), None)


@dataclass(slots=True)
class _Count:
    """How many parts there are."""

    bounds: Bounds
    parts: int = 0

    def one(self, depth: int) -> None:
        """One more. Raises `Unreadable` (nesting, members)."""
        self.parts += 1
        if depth > min(MOST_NESTED, self.bounds.max_nesting):
            raise Unreadable(ReasonCode.LIMIT_NESTING, f"part {self.parts}")
        if self.parts > self.bounds.max_members:
            raise Unreadable(ReasonCode.LIMIT_MEMBERS, f"more than {self.parts - 1} parts")


def parse(blob: bytes, bounds: Bounds) -> Entity:
    """The message. Raises `Unreadable` (nesting, count, what reads in two ways)."""
    return _entity(blob, 0, len(blob), 0, _Count(bounds), "text/plain")


def parse_parts(blob: bytes, boundary: bytes, bounds: Bounds) -> Entity:
    """A bare multipart body, whose headers stand elsewhere."""
    whole = Entity(0, [], 0, len(blob), "multipart/form-data", boundary=boundary)
    _split(blob, whole, 0, _Count(bounds))
    return whole


def _entity(blob: bytes, start: int, end: int, depth: int, count: _Count, default: str) -> Entity:
    count.one(depth)
    headers, body = read_headers(blob, start, end)
    found = Entity(start, headers, body, end, default)
    _declare(blob, found)
    if found.media_type.startswith("multipart/") and found.boundary:
        if found.encoding in ("base64", "quoted-printable"):
            # Forbidden (RFC 2045, 6.4): some readers decode it, some look for parts in it as it is.
            raise Unreadable(ReasonCode.CORRUPT, f"part {count.parts}: an encoded multipart")
        _split(blob, found, depth, count)
    return found


def read_headers(blob: bytes, start: int, end: int) -> tuple[list[Header], int]:
    """The headers at `start`, and where the body begins."""
    headers: list[Header] = []
    position = start
    while position < end:
        blank = _BLANK.match(blob, position, end)
        if blank:
            return headers, blank.end()
        match = _HEADER.match(blob, position, end)
        if match is None:
            break  # no blank line: what is no header is the body
        low, high = match.span(2)
        while low < high and blob[low] in b" \t":
            low += 1
        while high > low and blob[high - 1] in b"\r\n \t":
            high -= 1
        headers.append(Header(match[1].decode("ascii"), position, low, high, match.end()))
        position = match.end()
    return headers, min(position, end)


def _declare(blob: bytes, entity: Entity) -> None:
    kind = _only(blob, entity, "content-type")
    if kind is not None:
        match = _TYPE.match(blob, kind.start, kind.end)
        if match:
            entity.media_type, entity.declared = match[1].decode("ascii").lower(), True
        named = parameters(blob, kind)
        entity.named = tuple(one for one in named if one.name == "boundary")
        entity.boundary = _told(blob, named, "boundary").rstrip().encode("utf-8", "replace")
        entity.charset = _told(blob, named, "charset").strip().lower()
    coding = _only(blob, entity, "content-transfer-encoding")
    if coding is not None:
        told = blob[coding.start : coding.end].partition(b";")[0]
        entity.encoding = told.decode("latin-1").strip().strip('"').lower()


def _told(blob: bytes, named: Sequence[Parameter], name: str) -> str:
    """What a parameter says. Raises `Unreadable` where it stands twice: readers choose differently."""
    pieces = [one for one in named if one.name == name]
    places = [(one.number, one.starred) for one in pieces]
    if len(set(places)) < len(places):
        raise Unreadable(ReasonCode.CORRUPT, f"two parameters {name}")
    return parameter_text(blob, pieces) if pieces else ""


def _only(blob: bytes, entity: Entity, name: str) -> Header | None:
    """The header of that name. Raises `Unreadable` where two differ: readers choose differently."""
    named = [one for one in entity.headers if one.name.lower() == name]
    if len({blob[one.start : one.end] for one in named}) > 1:
        raise Unreadable(ReasonCode.CORRUPT, f"two headers {name}")
    return named[0] if named else None


def parameters(blob: bytes, header: Header) -> list[Parameter]:
    """The parameters of a header, in order."""
    found = []
    for match in _PARAMETER.finditer(blob, header.start, header.end):
        end = match.end("value")
        while end > match.start("value") and blob[end - 1] in b" \t\r\n":
            end -= 1
        number = int(match["number"][1:]) if match["number"] else 0
        found.append(
            Parameter(
                match["name"].decode("ascii").lower(), number, bool(match["star"]),
                match.start(), match.start("name"), match.start("value"), end,
            )
        )  # fmt: skip
    return found


def unquoted(raw: bytes) -> bytes:
    """A value without its quotes and their escapes, unfolded."""
    raw = re.sub(rb"\r?\n(?=[ \t])", b"", raw)
    if raw[:1] == b'"':
        raw = re.sub(rb"\\(.)", rb"\1", raw[1:-1] if raw[-1:] == b'"' else raw[1:], flags=re.S)
    return raw


def parameter_text(blob: bytes, pieces: Sequence[Parameter]) -> str:
    """What a parameter says, its continuations joined and its charset undone."""
    ordered = sorted(pieces, key=lambda one: one.number)
    if not any(one.starred for one in ordered):
        raw = b"".join(unquoted(blob[one.start : one.end]) for one in ordered)
        return read_value(raw, 0, len(raw)).text
    data, charset = b"", "utf-8"
    for one in ordered:
        raw = unquoted(blob[one.start : one.end])
        if one.starred and one is ordered[0] and raw.count(b"'") >= 2:
            told, _, raw = raw.split(b"'", 2)
            charset = told.decode("latin-1") or charset
        data += unquote_to_bytes(raw) if one.starred else raw
    return decoded(data, charset)


def _split(blob: bytes, entity: Entity, depth: int, count: _Count) -> None:
    delimiter = re.compile(
        rb"(?:\A|(?<=\n))--" + re.escape(entity.boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)"
    )
    default = "message/rfc822" if entity.media_type == "multipart/digest" else "text/plain"
    begun: int | None = None
    loose = entity.start
    for match in delimiter.finditer(blob, entity.start, entity.end):
        end = match.start()
        entity.marks.append((end + 2, end + 2 + len(entity.boundary)))
        if end > entity.start and blob[end - 1 : end] == b"\n":
            end -= 1
            if end > entity.start and blob[end - 1 : end] == b"\r":
                end -= 1
        if begun is None:
            entity.loose.append((loose, max(loose, end)))
        else:
            end = max(begun, end)
            entity.parts.append(_entity(blob, begun, end, depth + 1, count, default))
        begun, loose = match.end(), match.end()
        if match[1]:
            begun = None
            break
    if begun is not None:
        entity.parts.append(_entity(blob, begun, entity.end, depth + 1, count, default))
    else:
        entity.loose.append((loose, entity.end))
