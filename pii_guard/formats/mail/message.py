"""Mail messages (RFC 5322) and multipart bodies (RFC 7578) by splicing bytes.

Headers are read in place; each body is a file of its own, decoded, in UTF-8 if it is text, and goes
back in its charset and encoding. What is not edited stays byte for byte. With the first change go
signatures, which hold no longer, and keys. Encrypted parts make the message unreadable.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from pii_guard.document import Changes, Child, Document, Gap, Kind, Locator, Segment, Step
from pii_guard.errors import Reason, ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.mail.entity import Entity, parameter_text, parameters, parse, parse_parts
from pii_guard.formats.mail.places import (
    INVALID,
    SEALED,
    Place,
    SealedPlace,
    places_of,
    sealed_text,
)
from pii_guard.formats.mail.reread import reread_message, reread_parts
from pii_guard.formats.mail.transfer import (
    decode_body,
    encode_body,
    from_utf8,
    to_utf8,
    without_soft_breaks,
)
from pii_guard.formats.mail.values import Splice

_CMS = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_ENVELOPED = (
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17",
)
"""Object identifiers of enveloped-data and authEnvelopedData (RFC 5652, RFC 5083)."""
_UUENCODED = re.compile(rb"(?m)^(?:begin [0-7]{3,4} \S[^\r\n]*\r?\nM[!-`]{60}\r?$|=ybegin )")
"""A file within text, as it was sent before MIME (uuencode, yEnc)."""
_SHORT = 3
"""Characters of a value that may stand in a boundary by chance."""
_FIRST_LINE = re.compile(rb"--([^\r\n]{1,200}?)[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class _Body:
    """A body that is a child: where it stands and how it is written there."""

    child: Child
    entity: Entity
    utf8: bool

    def splice(self, new: bytes, blob: bytes) -> Splice:
        entity = self.entity
        if self.utf8:
            new = from_utf8(new, entity.charset)
        raw = blob[entity.start : entity.end]
        return entity.start, entity.end, encode_body(new, entity.encoding, raw)


@dataclass(slots=True)
class Walked:
    """All of a message: its places, bodies and gaps, and what goes with the first change."""

    places: list[Place] = field(default_factory=list)
    bodies: list[_Body] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    dropped: list[Splice] = field(default_factory=list)
    multiparts: list[Entity] = field(default_factory=list)


def walk(blob: bytes, whole: Entity) -> Walked:
    """Everything in a message. Raises `Unreadable` for bodies that cannot be decoded."""
    found = Walked()
    numbers = {id(entity): number for number, entity in enumerate(whole.walk())}
    for entity in whole.walk():
        number = numbers[id(entity)]
        if entity.marks:
            found.multiparts.append(entity)
        where: Locator = (Step("part", number),) if number else ()
        record = (1, number) if number else (1,)
        found.places += places_of(blob, entity, where, record)
        found.dropped += [
            (header.first, header.after, b"")
            for header in entity.headers
            if header.name.lower() in INVALID
        ]
        if entity.media_type == "multipart/encrypted":
            found.gaps.append(_gap(where, ReasonCode.ENCRYPTED, number))
        elif entity.media_type == "multipart/signed" and entity.parts:
            found.dropped += _unsigned(blob, entity)
        if not (entity.parts or entity.loose):
            _body(blob, entity, where, record, number, found)
    return found


def _gap(where: Locator, code: ReasonCode, number: int) -> Gap:
    return Gap(where, Reason(code, f"part {number}"))


def _unsigned(blob: bytes, entity: Entity) -> Iterator[Splice]:
    header = entity.header("content-type")
    at = blob.lower().find(b"multipart/signed", header.first, header.end) if header else -1
    if at >= 0:
        yield at, at + len(b"multipart/signed"), b"multipart/mixed"
    for before, part in zip(entity.parts, entity.parts[1:], strict=False):
        if part.media_type in SEALED:
            yield before.end, part.end, b""


def _body(
    blob: bytes,
    entity: Entity,
    where: Locator,
    record: tuple[int, ...],
    number: int,
    found: Walked,
) -> None:
    raw = blob[entity.start : entity.end]
    if not raw.strip():
        return
    label = f"part {number}"
    data = decode_body(raw, entity.encoding, label)
    at = (*where, Step("body", 1))
    if entity.media_type in SEALED:
        text = sealed_text(data)
        found.places.append(SealedPlace(Segment(text, at, Kind.METADATA, "", record)))
        if not any(entity.first < end and start < entity.end for start, end, _ in found.dropped):
            found.dropped.append((entity.start, entity.end, b""))
        return
    if entity.media_type in _CMS:
        enveloped = any(one in data[:60] for one in _ENVELOPED)
        code = ReasonCode.ENCRYPTED if enveloped else ReasonCode.NOT_COVERED
        found.gaps.append(_gap(at, code, number))
        return
    if entity.media_type == "message/partial":
        found.gaps.append(_gap(at, ReasonCode.NOT_COVERED, number))
        return
    utf8 = False
    if entity.media_type.startswith("text/") and entity.media_type != "text/xml":
        data, utf8 = to_utf8(data, entity.charset)
    if b"-----BEGIN PGP MESSAGE-----" in data:
        found.gaps.append(_gap(at, ReasonCode.ENCRYPTED, number))
        return
    if entity.media_type.startswith("text/") and _UUENCODED.search(data):
        found.gaps.append(_gap(at, ReasonCode.NOT_COVERED, number))
        return
    kind = entity.media_type if not entity.media_type.startswith("multipart/") else "text/plain"
    name = _name(blob, entity)
    label = "" if name else _parameter(blob, entity, "content-disposition", "name")
    # The fields of a form are one record, as they are in a form of one line.
    child = Child(data, at, name, kind, record[:1] if label else record, label)
    found.bodies.append(_Body(child, entity, utf8))


def _name(blob: bytes, entity: Entity) -> str:
    return _parameter(blob, entity, "content-disposition", "filename") or _parameter(
        blob, entity, "content-type", "name"
    )


def _parameter(blob: bytes, entity: Entity, header_name: str, wanted: str) -> str:
    header = entity.header(header_name)
    pieces = [one for one in parameters(blob, header) if one.name == wanted] if header else []
    return parameter_text(blob, pieces) if pieces else ""


def read_walked(found: Walked, bounds: Bounds) -> Document:
    """The document of what was walked."""
    if len(found.places) > bounds.max_cells:
        raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {bounds.max_cells} values")
    return Document(
        tuple(place.segment for place in found.places),
        tuple(body.child for body in found.bodies),
        tuple(found.gaps),
    )


def write_walked(blob: bytes, found: Walked, changes: Changes) -> bytes:
    """The blob with edits and bodies spliced in, and without what a change makes invalid."""
    edits = {n: list(group) for n, group in groupby(changes.edits, key=attrgetter("segment"))}
    splices: list[Splice] = []
    for number, group in edits.items():
        splices += found.places[number].splices(group)
    changed = bool(edits)
    for number, body in enumerate(found.bodies):
        new = changes.children.get(number, b"")
        if new != body.child.blob:
            splices.append(body.splice(new, blob))
            changed = True
    if not changed:
        return blob
    # A header with too many parameters is one text, in which a boundary may be edited as well.
    renamed = sorted(_boundaries(found.multiparts, changes.gone))
    splices = [*(one for one in splices if not _within(one, renamed)), *renamed]
    return spliced(blob, _outside(splices, found.dropped))


def _boundaries(multiparts: list[Entity], gone: tuple[str, ...]) -> Iterator[Splice]:
    """Boundaries that spell something that goes, such as the host that made them, replaced."""
    for number, entity in enumerate(multiparts, 1):
        shown = entity.boundary.decode("utf-8", "replace").lower()
        if entity.named and any(len(one) > _SHORT and one.lower() in shown for one in gone):
            new = b"=_part_%d" % number
            first, *others = entity.named
            yield first.named, first.end, b'boundary="%s"' % new
            yield from ((one.first, one.end, b"") for one in others)
            yield from ((start, end, new) for start, end in entity.marks)


def _outside(splices: list[Splice], dropped: list[Splice]) -> list[Splice]:
    """What is dropped, each byte once, and of the other splices those that stand outside of it."""
    gone: list[Splice] = []
    for start, end, text in sorted(one for one in dropped if not one[2]):
        if gone and start < gone[-1][1]:
            start = gone[-1][1]
        if start < end:
            gone.append((start, end, text))
    kept = [one for one in (*splices, *(d for d in dropped if d[2])) if not _within(one, gone)]
    return [*kept, *gone]


def _within(one: Splice, gone: list[Splice]) -> bool:
    at = bisect_right(gone, one[0], key=lambda other: other[0]) - 1
    return at >= 0 and one[1] <= gone[at][1]


def spliced(blob: bytes, splices: list[Splice]) -> bytes:
    """The blob with ranges replaced. Raises `Unreadable` where two overlap."""
    parts, position = [], 0
    for start, end, text in sorted(splices):
        if start < position:
            raise Unreadable(ReasonCode.INTERNAL, "two edits of one place")
        parts += [blob[position:start], text]
        position = end
    parts.append(blob[position:])
    return b"".join(parts)


class Message:
    """The format of messages; `exact`."""

    media_types = frozenset({"message/rfc822"})
    exact = True
    members_may_go = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Headers and loose text as segments, bodies as children."""
        return read_walked(walk(blob, parse(blob, bounds)), bounds)

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The message with headers spliced and bodies encoded again."""
        return write_walked(blob, walk(blob, parse(blob, bounds)), changes)

    def reread(self, blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG002
        """The message as the standard library's parser sees it."""
        return reread_message(blob)

    searched = staticmethod(without_soft_breaks)


class Parts:
    """The format of multipart bodies that stand without their headers; the boundary is its first line's."""

    media_types = frozenset({"multipart/form-data"})
    exact = True
    members_may_go = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Names of fields and files as segments, contents as children."""
        return read_walked(walk(blob, parse_parts(blob, boundary_of(blob), bounds)), bounds)

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The body with parts written again."""
        return write_walked(blob, walk(blob, parse_parts(blob, boundary_of(blob), bounds)), changes)

    def reread(self, blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG002
        """The parts as the standard library's mail parser sees them."""
        return reread_parts(blob, boundary_of(blob))

    searched = staticmethod(without_soft_breaks)


def boundary_of(blob: bytes) -> bytes:
    """The boundary that the first line shows. Raises `Unreadable` where it shows none."""
    match = _FIRST_LINE.match(blob.lstrip(b"\r\n"))
    if match is None:
        raise Unreadable(ReasonCode.CORRUPT, "no boundary")
    return match[1]
