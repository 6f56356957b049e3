"""HTTP Archives (HAR 1.2) by splicing JSON: values get the names that stand beside them, bodies are files.

A body goes back as it stood, in base64 or as text; sizes that were right stay right. The lexer is
that of `json_text`; the standard library's parser says what each value is, and reads again.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pii_guard.document import Changes, Child, Document, Kind, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import Source, decode
from pii_guard.formats.har_places import Number, Pairs, Path, Places, load, record_of
from pii_guard.formats.json_text import lex_json
from pii_guard.formats.pieces import Batch, Piece, together
from pii_guard.formats.spliced import document_of, replacements
from pii_guard.segment_table import Collector, Sort

_KNOWN = frozenset(
    "log version creator browser pages entries comment name startedDateTime id title pageTimings "
    "onContentLoad onLoad pageref time request response cache timings serverIPAddress connection "
    "method url httpVersion cookies headers queryString postData headersSize bodySize value path "
    "domain expires httpOnly secure sameSite mimeType params text fileName contentType status "
    "statusText content redirectURL size compression encoding beforeRequest afterRequest lastAccess "
    "eTag hitCount blocked dns connect send wait receive ssl _initiator _priority _resourceType "
    "_transferSize _error _fromCache _connectionId _blocked_queueing _blocked_proxy type callFrames "
    "functionName scriptId lineNumber columnNumber stack _webSocketMessages opcode data".split()
)
"""Keys that the specification and browsers use: they say nothing of anybody."""
_COUNTS = frozenset(
    "time status headersSize bodySize size compression onContentLoad onLoad blocked dns connect send "
    "wait receive ssl hitCount opcode lineNumber columnNumber _transferSize _blocked_queueing "
    "_blocked_proxy".split()
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:?\d\d)?|-?1?|\d{1,12}")
_MOMENTS = frozenset({"startedDateTime", "expires", "lastAccess"})


@dataclass(slots=True)
class _Body:
    """A body: its text's piece, how it is written, and the numbers that count it."""

    piece: Piece = field(repr=False)
    data: bytes = field(repr=False)
    coded: bool
    media_type: str
    path: Path
    sizes: list[Piece] = field(default_factory=list, repr=False)

    def splice(self, new: bytes) -> Iterator[tuple[int, int, str]]:
        """Only what differs between the old and the new text, and the sizes."""
        for size in self.sizes:
            yield size.start, size.end, str(len(new))
        if self.coded:
            yield self.piece.start, self.piece.end, base64.b64encode(new).decode("ascii")
            return
        old, text = self.piece.text, new.decode("utf-8", "surrogatepass")
        head = _common(old, text)
        tail = _common(old[head:][::-1], text[head:][::-1])
        piece = self.piece
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
        flat = document_of((pieces,), bounds)
        children = [
            Child(body.data, _where(body.path), "", body.media_type, record_of(body.path))
            for body in bodies
        ]
        return Document(flat.segments, tuple(children))

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The archive with values spliced and bodies replaced."""
        source = decode(blob)
        pieces, bodies = _walk(source, bounds)
        found = replacements((pieces,), changes.edits)
        for number, body in enumerate(bodies):
            new = changes.children.get(number, b"")
            if new != body.data:
                found += body.splice(new)
        return source.splice(sorted(found)) if found else blob

    def reread(self, blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG002
        """The archive as the standard library's parser sees it."""
        segments, children = Collector(), list[Child]()
        _look(load(decode(blob).text), (), segments, children)
        return Document(segments.table(), tuple(children))


def _walk(source: Source, bounds: Bounds) -> tuple[Batch, list[_Body]]:
    """The pieces that are segments, and the bodies, both in source order."""
    batch, places = together(lex_json(source.text, bounds)), Places(load(source.text))
    if len(places.keys) != len(batch):
        raise Unreadable(ReasonCode.CORRUPT, "two readers disagree")
    labelled: dict[tuple[str, bool], Sort] = {}
    kept, bodies = list[int](), list[_Body]()
    for number, (key, around, text) in enumerate(
        zip(places.keys, places.around, batch.texts, strict=True)
    ):
        if key is None:
            if text in _KNOWN:
                continue
        else:
            is_number = batch.sorts[number].number
            may_be = key == "text" and not is_number
            body = _body(batch, places, around.path, number) if may_be else None
            if body is not None:
                bodies.append(body)
                continue
            if _says_nothing(key, text, is_number=is_number):
                continue
            if key == "value" and "name" in around.numbers:
                label = batch.texts[around.numbers["name"]][:200]
                batch.sorts[number] = labelled.get((label, is_number)) or labelled.setdefault(
                    (label, is_number), Sort(Kind.FIELD, label, is_number, "line")
                )
        kept.append(number)
        # What stands in a list of exchanges is one by itself.
        record = record_of((*around.path, key)) if isinstance(key, int) else around.record
        batch.records[number] = record
    return batch.only(kept), bodies


def _says_nothing(key: str | int, text: str, *, is_number: bool) -> bool:
    if is_number:
        return key in _COUNTS
    if key in _MOMENTS and _MOMENT.fullmatch(text):
        return True
    return key in ("value", "time") and text.isdecimal() and len(text) < 8


def _where(path: Path) -> tuple[Step, ...]:
    number = path[2] if len(path) > 2 and isinstance(path[2], int) else 0
    return Step("entry", int(number) + 1), Step("body", 1 if "request" in path else 2)


def _body(batch: Batch, places: Places, around: Path, number: int) -> _Body | None:
    """The body that the `text` of that number is, if it is one."""
    texts = batch.texts
    if around[-1:] not in (("content",), ("postData",)) or not texts[number].strip():
        return None
    beside = {key: texts[one] for key, one in places.at(around).items()}
    media_type = beside.get("mimeType", "").partition(";")[0].strip().lower()
    coded = beside.get("encoding", "").lower() == "base64"
    data = _data(texts[number], coded=coded)
    if not coded and _is_broken(data):
        return None  # read as the text it is
    counted = [places.at(around).get("size"), places.at(around[:-1]).get("bodySize")]
    headers = (*around[:-1], "headers")
    for header in count():
        here = places.at((*headers, header))
        if "name" not in here:
            break
        if texts[here["name"]].lower() == "content-length":
            counted.append(here.get("value"))
    right = (one for one in counted if one is not None and texts[one] == str(len(data)))
    path, sizes = (*around, "text"), list(map(batch.piece, right))
    return _Body(batch.piece(number), data, coded, media_type or "text/plain", path, sizes)


def _data(text: str, *, coded: bool) -> bytes:
    if not coded:
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(ReasonCode.CORRUPT, "base64 of a body") from None


def _is_broken(data: bytes) -> bool:
    """Whether it begins as JSON and is none: browsers cut long bodies."""
    if data.lstrip()[:1] not in (b"{", b"[") or data.rstrip()[-1:] not in (b"}", b"]"):
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return True
    return False


def _look(value: Any, path: Path, segments: Collector, children: list[Child]) -> None:
    if isinstance(value, Pairs):
        keys = dict(value)
        for key, inner in value:
            if key not in _KNOWN:
                segments.add(key, (), Kind.NAME, "", record_of(path), False)
            is_body = key == "text" and path[-1:] in (("content",), ("postData",))
            coded = str(keys.get("encoding", "")).lower() == "base64"
            if is_body and isinstance(inner, str) and inner.strip():
                data = _data(inner, coded=coded)
                if coded or not _is_broken(data):
                    kind = str(keys.get("mimeType", "")).partition(";")[0].strip().lower()
                    where = _where((*path, key))
                    children.append(Child(data, where, "", kind or "text/plain", record_of(path)))
                    continue
            named = key == "value" and isinstance(keys.get("name"), str)
            label = keys["name"][:200] if named else key
            _look(inner, (*path, label if named else key), segments, children)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _look(inner, (*path, number), segments, children)
    elif isinstance(value, str) and not (
        isinstance(value, Number) and path[-1:] and path[-1] in _COUNTS
    ):
        if path[-1:] and path[-1] in _MOMENTS and _MOMENT.fullmatch(value):
            return
        label = str(path[-1]) if path else ""
        segments.add(value, (), Kind.FIELD, label, record_of(path), False)


FORMAT = HttpArchive()
