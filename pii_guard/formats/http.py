"""Raw HTTP messages (RFC 9112) as people paste them: one or many, with notes between them.

Targets, headers, cookies and form bodies are read field by field; other bodies are files of their
own. A Content-Length that was right stays right. The second reader is h11 for the head of each
message, over a plain split of the dump.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

import h11

from pii_guard.document import Changes, Child, Document, Gap, Kind, Segment, Step
from pii_guard.errors import Reason, ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import Source, decode
from pii_guard.formats.spliced import Piece, document_of, replacements, verbatim

_START = re.compile(
    r"(?m)^(?:(?P<method>[A-Z]{3,12}) (?P<target>\S{1,16000}) (?P<v>HTTP/[\d.]+)"
    r"|(?P<status>HTTP/[\d.]+ \d{3}(?: (?P<phrase>[^\r\n]*))?))\r?$"
)
_HEADER = re.compile(
    r"(?P<name>[A-Za-z0-9!#$%&'*+.^_`|~:-]{1,200}?):[ \t]*(?P<value>[^\r\n]*)\r?(?:\n|\Z)"
)
_BLANK = re.compile(r"[ \t]*\r?(?:\n|\Z)")
_PAIR = re.compile(r"(?<![^=&;?\s#])(?P<name>[^=&;?\s#]{1,200}+)=(?P<value>[^&;#\s]*)")
_COOKIE = re.compile(r"(?<![^:=;\s])(?P<name>[^=;\s]{1,200}+)=(?P<value>[^;]*)")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_RUN = re.compile(r"[^\s&=;?\"']++")
_DIGITS = re.compile(r"[0-9]{1,15}")
_SEPARATOR = re.compile(r"(?m)^(?:-{3,}|={3,}|#{3,}.*|\*{3,})[ \t]*\r?$")
_SAFE = re.compile(r"[^A-Za-z0-9_.~-]")
_WRAPPED = ("gzip", "deflate", "br", "zstd", "compress")


@dataclass(slots=True)
class _Message:
    """One message: its pieces, its body's range, and the header that counts the body."""

    pieces: list[Piece] = field(default_factory=list)
    body: tuple[int, int] = (0, 0)
    media_type: str = ""
    record: tuple[int, ...] = ()
    length: tuple[int, int] | None = None
    gap: ReasonCode | None = None
    end: int = 0


class HttpDump:
    """The format; `exact`, and Content-Length follows an edited body."""

    media_types = frozenset({"message/http"})
    exact = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Fields as segments, bodies as children."""
        source = decode(blob)
        pieces, messages = _walk(source)
        flat = document_of(pieces, bounds)
        children, gaps = [], []
        for number, message in enumerate(messages, 1):
            where = (Step("message", number), Step("body", 1))
            if message.gap:
                gaps.append(Gap(where, Reason(message.gap, f"message {number}: body")))
            elif message.media_type:
                body = source.slice(*message.body)
                children.append(Child(body, where, "", message.media_type, message.record))
        return Document(flat.segments, tuple(children), tuple(gaps))

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:  # noqa: ARG002
        """The dump with fields spliced and bodies replaced."""
        source = decode(blob)
        pieces, messages = _walk(source)
        found = replacements(pieces, changes.edits)
        with_body = [m for m in messages if m.media_type and not m.gap]
        for number, message in enumerate(with_body):
            old, new = source.slice(*message.body), changes.children.get(number, b"")
            if new != old:
                found.append((*message.body, _as_text(new, source)))
        found.sort()
        return source.splice(_recount(source, messages, found))

    def reread(self, blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG002
        """Heads as h11 parses them, and all text as it stands, percent-encoding undone."""
        text = decode(blob).text
        fields = []
        for start in _START.finditer(text):
            end = re.compile(r"\r?\n[ \t]*\r?\n|\Z").search(text, start.end())
            stop = end.start() if end else len(text)
            fields += _h11_fields(text[start.start() : stop])
        fields += [
            Segment(unquote_plus(match[0]), (), Kind.FIELD)
            for match in _RUN.finditer(text)
            if _PERCENT.search(match[0])
        ]
        return Document((Segment(text, (), Kind.LOG), *fields))


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


def _walk(source: Source) -> tuple[list[Piece], list[_Message]]:
    """All pieces in source order, and the messages."""
    text = source.text
    pieces: list[Piece] = []
    messages: list[_Message] = []
    starts = list(_START.finditer(text))
    position, exchange = 0, 0
    for number, start in enumerate(starts):
        if start.start() < position:
            continue
        pieces += _note(text, position, start.start())
        exchange += 1 if start["method"] or not messages else 0
        limit = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        message = _message(source, start, limit, (exchange,))
        pieces += message.pieces
        messages.append(message)
        position = message.end
    pieces += _note(text, position, len(text))
    return pieces, messages


def _note(text: str, start: int, end: int) -> list[Piece]:
    note = text[start:end]
    return [Piece(note, start, end, None, verbatim, Kind.PROSE)] if note.strip() else []


def _message(source: Source, start: re.Match[str], limit: int, record: tuple[int, ...]) -> _Message:
    text, message = source.text, _Message(record=record)
    if start["method"]:
        message.pieces += _target(text, *start.span("target"), record)
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
    _body(source, message, headers, blank.end(), limit)
    return message


def _body(
    source: Source, message: _Message, headers: dict[str, str], start: int, limit: int
) -> None:
    text = source.text
    end = _body_end(source, message, start, limit)
    message.body, message.end = (start, end), end
    if not text[start:end].strip():
        return
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    wrapped = headers.get("content-encoding", "").strip().lower() in _WRAPPED
    if wrapped or "chunked" in headers.get("transfer-encoding", "").lower():
        # Pasted dumps usually show the body decoded, whatever the header says: then it reads as text.
        first = re.match(r"[0-9a-fA-F]{1,8}\r?\n", text[start:end])
        if first or any(c == "\ufffd" or c < "\t" for c in text[start : start + 200]):
            message.gap = ReasonCode.NOT_COVERED
            return
    if kind == "application/x-www-form-urlencoded":
        message.pieces += list(_pairs(text, start, end, message.record, _PAIR))
    elif kind.startswith("multipart/"):
        message.pieces.append(
            Piece(text[start:end], start, end, None, verbatim, Kind.PROSE, "", message.record)
        )
    else:
        message.media_type = kind or "text/plain"


def _body_end(source: Source, message: _Message, start: int, limit: int) -> int:
    text = source.text
    if message.length is not None:
        size = int(text[slice(*message.length)])
        if size <= 4 * (limit - start):
            raw = source.slice(start, min(limit, start + size))[:size]
            with suppress(UnicodeDecodeError):  # it counts half a character
                end = start + len(raw.decode(source.encoding, _errors(source)))
                if len(source.slice(start, end)) == size:
                    return end
    separator = _SEPARATOR.search(text, start, limit)
    end = separator.start() if separator else limit
    while end > start and text[end - 1] in "\r\n \t":
        end -= 1
    return end


def _target(text: str, start: int, end: int, record: tuple[int, ...]) -> Iterator[Piece]:
    query = text.find("?", start, end)
    path_end = query if query >= 0 else end
    yield _decoded(text, start, path_end, "", record, plus=False)
    if query >= 0:
        yield from _pairs(text, query + 1, end, record, _PAIR)


def _pairs(
    text: str, start: int, end: int, record: tuple[int, ...], form: re.Pattern[str]
) -> Iterator[Piece]:
    position = start
    for match in form.finditer(text, start, end):
        if text[position : match.start()].strip("&;? \r\n"):
            yield _decoded(text, position, match.start(), "", record)
        if match["value"]:
            yield _decoded(text, *match.span("value"), match["name"], record)
        position = match.end()
    if text[position:end].strip("&;? \r\n"):
        yield _decoded(text, position, end, "", record)


def _decoded(
    text: str, start: int, end: int, label: str, record: tuple[int, ...], *, plus: bool = True
) -> Piece:
    """A percent-encoded field: its decoded text with the place of each character."""
    raw = text[start:end]
    if "%" not in raw and "+" not in raw:
        return Piece(raw, start, end, None, _spell_percent, Kind.FIELD, label, record)
    value: list[str] = []
    offsets, position = array("q"), start
    while position < end:
        run = position
        octets = bytearray()
        while run < end and (match := _PERCENT.match(text, run, end)):
            octets.append(int(match[1], 16))
            run = match.end()
        if octets:
            at = position
            for character in octets.decode("utf-8", "replace"):
                value.append(character)
                offsets.append(at)
                at += 3 * (1 if character == "\ufffd" else len(character.encode()))
            position = run
        else:
            value.append(" " if plus and text[position] == "+" else text[position])
            offsets.append(position)
            position += 1
    offsets.append(end)
    return Piece("".join(value), start, end, offsets, _spell_percent, Kind.FIELD, label, record)


def _spell_percent(text: str) -> str:
    return _SAFE.sub(lambda m: "".join(f"%{octet:02X}" for octet in m[0].encode()), text)


def _header(text: str, name: str, match: re.Match[str], record: tuple[int, ...]) -> Iterator[Piece]:
    start, end = match.span("value")
    if not match["value"].strip() or name in ("content-length", "date"):
        return
    if name == "content-type" and "@" not in match["value"]:
        return  # a media type; its parameters may name a file, and that may hold an address
    if name == "cookie":
        yield from _pairs(text, start, end, record, _COOKIE)
    else:
        yield Piece(match["value"], start, end, None, verbatim, Kind.FIELD, match["name"], record)


def _h11_fields(head: str) -> list[Segment]:
    connection = h11.Connection(h11.SERVER if not head.startswith("HTTP/") else h11.CLIENT)
    raw = re.sub(r"\r?\n", "\r\n", head).encode("utf-8", "replace")
    raw = re.sub(rb"HTTP/[\d.]+", b"HTTP/1.1", raw, count=1) + b"\r\n\r\n"
    try:
        if connection.our_role is h11.CLIENT:
            connection.send(h11.Request(method="GET", target="/", headers=[("Host", "h")]))
        connection.receive_data(raw)
        event = connection.next_event()
    except (h11.ProtocolError, ValueError):
        return []  # the text view, which is always there, covers it
    headers = getattr(event, "headers", ())
    return [
        Segment(value.decode("utf-8", "replace"), (), Kind.FIELD, name.decode("latin-1"))
        for name, value in headers
        if value.strip() and name not in (b"content-length", b"content-type", b"date")
    ]


FORMAT = HttpDump()
