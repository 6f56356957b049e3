"""HTTP Archives (HAR 1.2) by splicing JSON: values get the names that stand beside them, bodies are files.

A body goes back as it stood, in base64 or as text; sizes that were right stay right. The lexer is
that of `json_text`; the standard library's parser says what each value is, and reads again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from pii_guard.document import Changes, Child, Document
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import Source, decode
from pii_guard.formats.har_lexer import Archive, Around
from pii_guard.formats.har_reread import reread_har
from pii_guard.formats.har_words import body_of, is_base64, media_type_of, place_of
from pii_guard.formats.pieces import MANY, Batch, Piece
from pii_guard.formats.spliced import document_of, replacements


@dataclass(frozen=True, slots=True)
class _Body:
    """A body: the number of its text in the batch, how it is written, and what it stands in."""

    batch: Batch = field(repr=False)
    number: int
    data: bytes = field(repr=False)
    coded: bool
    media_type: str
    around: Around = field(repr=False)

    def sizes(self) -> Iterator[Piece]:
        """The numbers that count its bytes, where they are right."""
        counted = [self.around.numbers.get("size")]
        if self.around.outer is not None:
            counted.append(self.around.outer.numbers.get("bodySize"))
            headers = self.around.outer.below.get("headers")
            counted += _lengths(headers, self.batch.texts) if isinstance(headers, Around) else ()
        for number in counted:
            if number is not None and self.batch.texts[number] == str(len(self.data)):
                yield self.batch.piece(number)

    def child(self) -> Child:
        """It as a file of its own."""
        path = (*self.around.path, "text")
        return Child(self.data, place_of(path), "", self.media_type, self.around.record)

    def splice(self, new: bytes) -> Iterator[tuple[int, int, str]]:
        """Only what differs between the old and the new text, and the sizes."""
        for size in self.sizes():
            yield size.start, size.end, str(len(new))
        piece = self.batch.piece(self.number)
        if self.coded:
            yield piece.start, piece.end, base64.b64encode(new).decode("ascii")
            return
        old, text = piece.text, new.decode("utf-8", "surrogatepass")
        head = _common(old, text)
        tail = _common(old[head:][::-1], text[head:][::-1])
        offsets = piece.offsets or range(piece.start, piece.end + 1)
        spelled = json.dumps(text[head : len(text) - tail], ensure_ascii=False)[1:-1]
        yield offsets[head], offsets[len(old) - tail], spelled


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike; halving, so that comparing stays fast."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


class HttpArchive:
    """The format; `exact`."""

    media_types = frozenset({"application/har+json"})
    exact = True
    members_may_go = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Values as segments, bodies as children."""
        pieces, bodies = _walk(decode(blob), bounds)
        flat = document_of(pieces, bounds)
        return Document(flat.segments, tuple(body.child() for body in bodies))

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The archive with values spliced and bodies replaced."""
        source = decode(blob)
        pieces, bodies = _walk(source, bounds)
        found = replacements(pieces, changes.edits)
        for number, body in enumerate(bodies):
            new = changes.children.get(number, b"")
            if new != body.data:
                found += body.splice(new)
        return source.splice(sorted(found)) if found else blob

    def reread(self, blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG002
        """The archive as the standard library's parser sees it."""
        return reread_har(decode(blob).text)


def _walk(source: Source, bounds: Bounds) -> tuple[Iterator[Batch], list[_Body]]:
    """The pieces that are segments, and the bodies, both in source order."""
    archive = Archive(source.text, bounds)
    bodies = {}
    for number, around in archive.bodies:
        body = _body(archive.batch, around, number)
        if body is not None:
            bodies[number] = body
    kept = [number for number in archive.kept if number not in bodies]
    parts = (archive.batch.only(kept[n : n + MANY]) for n in range(0, len(kept), MANY))
    return parts, list(bodies.values())


def _body(batch: Batch, around: Around, number: int) -> _Body | None:
    """The body that the `text` of that number is, if it is one."""
    texts = batch.texts
    beside = {key: texts[one] for key, one in around.numbers.items()}
    encoding = beside.get("encoding", "")
    data = body_of(texts[number], encoding)
    if data is None:
        return None
    media_type = media_type_of(beside.get("mimeType", ""))
    return _Body(batch, number, data, is_base64(encoding), media_type, around)


def _lengths(headers: Around, texts: Sequence[str]) -> Iterator[int | None]:
    """The numbers of the values that headers give as the length of what comes behind them."""
    for header in count():
        here = headers.named(header)
        if "name" not in here:
            return
        if texts[here["name"]].lower() == "content-length":
            yield here.get("value")


FORMAT = HttpArchive()
