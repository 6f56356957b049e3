"""Raw HTTP messages (RFC 9112) as people paste them: one or many, with notes between them.

Targets, headers, cookies and form bodies are read field by field; other bodies are files of their
own, with chunks joined and compression undone. A Content-Length that was right stays right. The
second reader is h11 (`http_reread`).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from pii_guard.document import Changes, Child, Document, Gap, Kind, Step
from pii_guard.errors import Reason, ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.codings import chunked, codings, looks_coded, redo, unchunked, undo
from pii_guard.formats.decoding import Source, decode, decode_mixed, hides_packed, is_text
from pii_guard.formats.forms import COOKIES, FORM, pairs, target
from pii_guard.formats.http_reread import reread_http
from pii_guard.formats.pieces import Piece, verbatim
from pii_guard.formats.spliced import document_of, replacements

_LINE = (
    r"(?:(?P<method>[A-Z]{3,12}) (?P<target>\S{1,16000}) (?P<v>HTTP/[\d.]+)"
    r"|(?P<status>HTTP/[\d.]+ \d{3}(?: (?P<phrase>[^\r\n]*))?))\r?$"
)
_START = re.compile(rf"(?m)^{_LINE}")
_GLUED = re.compile(rf"(?m){_LINE}")
"""The same right behind a counted body, which need not end a line."""
_HEADER = re.compile(
    r"(?P<name>[A-Za-z0-9!#$%&'*+.^_`|~:-]{1,200}?):[ \t]*+(?P<value>[^\r\n]*+)\r?(?:\n|\Z)"
)
_BLANK = re.compile(r"[ \t]*\r?(?:\n|\Z)")
_SIZE = re.compile(rb"[0-9a-fA-F]{1,8}\r?\n")
_MESSAGES_IN_A_BODY = 8
"""How many lines that begin messages may be part of a body that is counted."""
_DIGITS = re.compile(r"[0-9]{1,15}")
_SEPARATOR = re.compile(r"(?m)^(?:-{3,}|={3,}|#{3,}.*|\*{3,})[ \t]*\r?$")


@dataclass(frozen=True, slots=True)
class _Wrapping:
    """What is undone before a body is read: codings, chunks (their trailer), in that order."""

    content: bytes = field(repr=False)
    named: tuple[str, ...] = ()
    trailer: bytes | None = None

    def around(self, content: bytes) -> bytes:
        """The content as the body has it on the wire."""
        body = redo(content, self.named)
        return body if self.trailer is None else chunked(body, self.trailer)


@dataclass(slots=True)
class _Message:
    """One message: its pieces, its body's range, and the header that counts the body."""

    pieces: list[Piece] = field(default_factory=list)
    body: tuple[int, int] = (0, 0)
    media_type: str = ""
    record: tuple[int, ...] = ()
    length: tuple[int, int] | None = None
    wrapping: _Wrapping | None = None
    gap: ReasonCode | None = None
    end: int = 0


class HttpDump:
    """The format; `exact`, and Content-Length follows an edited body."""

    media_types = frozenset({"message/http"})
    exact = True
    members_may_go = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Fields as segments, bodies as children."""
        source = _source(blob)
        pieces, messages = _walk(source, bounds)
        flat = document_of(pieces, bounds)
        children, gaps = [], []
        for number, message in enumerate(messages, 1):
            where = (Step("message", number), Step("body", 1))
            if message.gap:
                gaps.append(Gap(where, Reason(message.gap, f"message {number}: body")))
            elif message.media_type:
                body = _content(source, message)
                children.append(Child(body, where, "", message.media_type, message.record))
        return Document(flat.segments, tuple(children), tuple(gaps))

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The dump with fields spliced and bodies replaced."""
        source = _source(blob)
        pieces, messages = _walk(source, bounds)
        found = replacements(pieces, changes.edits)
        with_body = [m for m in messages if m.media_type and not m.gap]
        for number, message in enumerate(with_body):
            old, new = _content(source, message), changes.children.get(number, b"")
            if new != old:
                new = message.wrapping.around(new) if message.wrapping else new
                found.append((*message.body, _as_text(new, source)))
        found.sort()
        return source.splice(_recount(source, messages, found))

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """Heads and bodies as h11 parses them, and all text as it stands, percent-encoding undone."""
        return reread_http(_source(blob), bounds)


def _source(blob: bytes) -> Source:
    """The dump as text, bodies that are none included."""
    try:
        return decode(blob)
    except Unreadable:
        return decode_mixed(blob)


def _content(source: Source, message: _Message) -> bytes:
    return message.wrapping.content if message.wrapping else source.slice(*message.body)


def _errors(source: Source) -> str:
    return "surrogateescape" if source.encoding == "utf-8" else "surrogatepass"


def _as_text(body: bytes, source: Source) -> str:
    try:
        return body.decode(source.encoding, _errors(source))
    except UnicodeDecodeError:
        raise Unreadable(ReasonCode.NOT_COVERED, "a body in another encoding") from None


def _recount(
    source: Source, messages: Sequence[_Message], found: list[tuple[int, int, str]]
) -> list[tuple[int, int, str]]:
    counted = []
    starts = [start for start, _, _ in found]
    for message in messages:
        low, high = message.body
        grown = sum(
            len(source.encode(text)) - len(source.slice(start, end))
            for start, end, text in found[bisect_left(starts, low) : bisect_right(starts, high)]
            if end <= high
        )
        if grown and message.length is not None:
            size = len(source.slice(low, high))
            if int(source.text[slice(*message.length)]) == size:
                counted.append((*message.length, str(size + grown)))
    return sorted([*found, *counted])


def _walk(source: Source, bounds: Bounds) -> tuple[list[Piece], list[_Message]]:
    """All pieces in source order, and the messages."""
    text = source.text
    pieces: list[Piece] = []
    messages: list[_Message] = []
    starts = list(_START.finditer(text))
    begun = [start.start() for start in starts] + [len(text)]
    position, exchange, number = 0, 0, 0
    while True:
        start = _GLUED.match(text, position) if messages else None
        while start is None and number < len(starts):
            if starts[number].start() >= position:
                start = starts[number]
            number += 1
        if start is None:
            break
        pieces += _note(source, position, start.start())
        exchange += 1 if start["method"] or not messages else 0
        limit = begun[bisect_right(begun, start.start())]
        message = _message(source, start, limit, (exchange,), begun, bounds)
        pieces += message.pieces
        messages.append(message)
        position = message.end
    pieces += _note(source, position, len(text))
    return pieces, messages


def _note(source: Source, start: int, end: int) -> list[Piece]:
    note = source.text[start:end]
    if not is_text(note.encode("utf-8", "replace")) or hides_packed(source.exact[start:end]):
        raise Unreadable(ReasonCode.UNKNOWN_CONTENT, "between messages")
    return [Piece(note, start, end, None, verbatim, Kind.PROSE)] if note.strip() else []


def _message(
    source: Source, start: re.Match[str], limit: int, record: tuple[int, ...], begun: Sequence[int],
    bounds: Bounds,
) -> _Message:  # fmt: skip
    text, message = source.text, _Message(record=record)
    if start["method"]:
        message.pieces += target(text, *start.span("target"), record)
    elif start["phrase"]:
        message.pieces.append(
            Piece(start["phrase"], *start.span("phrase"), None, verbatim, Kind.FIELD, "", record)
        )
    position = min(len(text), start.end() + 1)
    headers: dict[str, str] = {}
    while match := _HEADER.match(text, position, limit):
        name = match["name"].lower()
        headers[name] = match["value"]
        message.pieces += _header(text, name, match, record)
        if name == "content-length" and _DIGITS.fullmatch(match["value"].strip()):
            ended = match.start("value") + len(match["value"].rstrip())
            message.length = (ended - len(match["value"].strip()), ended)
        position = match.end()
    blank = _BLANK.match(text, position, limit)
    if blank is None or position >= limit:
        message.end = position
        return message
    _body(source, message, headers, blank.end(), limit, begun, bounds)
    return message


def _body(
    source: Source,
    message: _Message,
    headers: dict[str, str],
    start: int,
    limit: int,
    begun: Sequence[int],
    bounds: Bounds,
) -> None:
    text = source.text
    end = _unchunk(source, message, start, limit, begun) if _is_chunked(headers) else None
    if end is None:
        end = _body_end(source, message, start, limit, begun)
    message.body, message.end = (start, end), end
    if not text[start:end].strip():
        return
    _uncode(source, message, headers, bounds)
    if message.gap:
        return
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded" and message.wrapping is None:
        message.pieces += list(pairs(text, start, end, message.record, FORM))
    else:
        message.media_type = kind or "text/plain"


def _is_chunked(headers: dict[str, str]) -> bool:
    return "chunked" in headers.get("transfer-encoding", "").lower()


def _unchunk(
    source: Source, message: _Message, start: int, limit: int, begun: Sequence[int]
) -> int | None:
    """Join the chunks that stand at `start`, and return where they end; None where there are none."""
    if source.encoding != "utf-8":
        return None
    best, at = None, bisect_left(begun, limit)
    for end in begun[at : at + _MESSAGES_IN_A_BODY]:
        raw = source.slice(start, end)
        found = unchunked(raw)
        if found is not None and (best is None or found[3]):
            best = found, raw
        if best is not None and best[0][3]:
            break
    if best is None:
        return None
    (content, size, trailer, _), raw = best
    message.wrapping = _Wrapping(content, (), trailer)
    if trailer.strip():  # fields behind the body
        message.gap = ReasonCode.NOT_COVERED
    return start + len(raw[:size].decode("utf-8", "surrogateescape"))


def _uncode(source: Source, message: _Message, headers: dict[str, str], bounds: Bounds) -> None:
    """Undo the codings of the body, where they are not undone already."""
    content = _content(source, message)
    named = tuple(codings(headers.get("content-encoding", "")))
    if looks_coded(content, named, bounds):
        trailer = message.wrapping.trailer if message.wrapping else None
        try:
            message.wrapping = _Wrapping(undo(content, named, bounds), named, trailer)
        except Unreadable as unreadable:
            message.gap = unreadable.reason.code
    elif _is_chunked(headers) and message.wrapping is None and _SIZE.match(content):
        # Pasted dumps usually show the body joined; these sizes would not be right afterwards.
        message.gap = ReasonCode.NOT_COVERED


def _body_end(
    source: Source, message: _Message, start: int, limit: int, begun: Sequence[int]
) -> int:
    text = source.text
    if message.length is not None:
        size = int(text[slice(*message.length)])
        most = begun[min(bisect_left(begun, limit) + _MESSAGES_IN_A_BODY, len(begun)) - 1]
        if size <= 4 * (most - start):
            raw = source.slice(start, min(most, start + size))[:size]
            with suppress(UnicodeDecodeError):  # it counts half a character
                end = start + len(raw.decode(source.encoding, _errors(source)))
                # What looks like a message may be part of the body that was counted.
                fits = (
                    end <= limit
                    or begun[bisect_left(begun, end)] <= end + 4
                    or _GLUED.match(text, end)
                )
                if fits and len(source.slice(start, end)) == size:
                    return end
    separator = _SEPARATOR.search(text, start, limit)
    end = separator.start() if separator else limit
    while end > start and text[end - 1] in "\r\n \t":
        end -= 1
    return end


def _header(text: str, name: str, match: re.Match[str], record: tuple[int, ...]) -> Iterator[Piece]:
    start, end = match.span("value")
    if not match["value"].strip() or name in ("content-length", "date"):
        return
    if name == "content-type" and "@" not in match["value"]:
        return  # a media type; its parameters may name a file, and that may hold an address
    if name == "cookie":
        yield from pairs(text, start, end, record, COOKIES)
    else:
        yield Piece(match["value"], start, end, None, verbatim, Kind.FIELD, match["name"], record)


FORMAT = HttpDump()
