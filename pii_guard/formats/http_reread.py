"""HTTP dumps as h11 parses them: the second reader of `http`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

import h11

from pii_guard.document import Child, Document, Kind, Segment, Step
from pii_guard.errors import Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.codings import codings, looks_coded, undo
from pii_guard.formats.decoding import Source, is_text

_LINE = rb"(?:[A-Z]{3,12} \S{1,16000} HTTP/[\d.]+|HTTP/[\d.]+ \d{3}(?: [^\r\n]*)?)\r?$"
_START = re.compile(rb"(?m)^" + _LINE)
_GLUED = re.compile(rb"(?m)" + _LINE)
_HEAD_END = re.compile(rb"\r?\n[ \t]*\r?\n|\Z")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_BETWEEN = "&=;?\"'"
_RUN = re.compile(r"[^\s&=;?\"']++")
_MESSAGES_IN_A_BODY = 4
"""How many lines that begin messages are tried as part of a body that is counted."""
_FORM = b"application/x-www-form-urlencoded"
_COUNTED = (b"content-length", b"content-type", b"date")


def reread_http(source: Source, bounds: Bounds) -> Document:
    """Heads and forms as they stand, fields as h11 reads them, and other bodies as children: JSON,
    say, is read by what reads JSON again, as names are looked for in running text.
    """
    blob = source.text.encode("utf-8", "replace")
    if source.encoding == "utf-8":
        blob = source.slice(0, len(source.exact))
    texts: list[bytes] = []
    fields: list[Segment] = []
    children: list[Child] = []
    position = 0
    while (start := _GLUED.match(blob, position) or _START.search(blob, position)) is not None:
        end = _HEAD_END.search(blob, start.end())
        body_at = end.end() if end else len(blob)
        texts.append(blob[position:body_at])
        headers, body, used = _message(blob[start.start() : body_at], blob, body_at)
        fields += [
            Segment(value.decode("utf-8", "replace"), (), Kind.FIELD, name.decode("latin-1"))
            for name, value in headers
            if value.strip() and name not in _COUNTED
        ]
        shown = _uncoded(dict(headers), body, bounds)
        position = body_at + used
        kind = dict(headers).get(b"content-type", b"").partition(b";")[0].strip().lower()
        as_is = shown == blob[body_at:position] and is_text(shown) and b"\0" not in shown
        if as_is and (kind == _FORM or kind.startswith(b"multipart/")):
            texts.append(shown)
        elif shown.strip():
            where = (Step("message", len(children) + 1), Step("body", 1))
            children.append(Child(shown, where, "", kind.decode("latin-1") or "text/plain"))
        if kind.startswith(b"multipart/") and shown.strip() and shown == texts[-1]:
            children.append(Child(shown, (Step("body", len(children) + 1),), "", "text/plain"))
    texts.append(blob[position:])
    text = b"".join(texts).decode("utf-8", "replace")
    decoded = [Segment(unquote_plus(run), (), Kind.FIELD) for run in _encoded(text)]
    return Document((Segment(text, (), Kind.LOG), *fields, *decoded), tuple(children))


def _encoded(text: str) -> Iterator[str]:
    """The runs of characters in which there are percent codes."""
    end = 0
    for code in _PERCENT.finditer(text):
        if code.start() >= end:
            start = code.start()
            while start > end and text[start - 1] not in _BETWEEN and not text[start - 1].isspace():
                start -= 1
            run = _RUN.match(text, start)
            end = run.end() if run else code.end()
            yield text[start:end]


def _uncoded(headers: dict[bytes, bytes], body: bytes, bounds: Bounds) -> bytes:
    named = codings(headers.get(b"content-encoding", b"").decode("latin-1"))
    if not looks_coded(body, named, bounds):
        return body
    try:
        return undo(body, named, bounds)
    except Unreadable:
        return body


def _message(
    head: bytes, blob: bytes, body_at: int
) -> tuple[list[tuple[bytes, bytes]], bytes, int]:
    """Headers, the body with its chunks joined, and how many bytes of the dump the body takes."""
    rest = end = _next(blob, body_at)
    for _ in range(_MESSAGES_IN_A_BODY):
        framed = blob[body_at:end]
        try:
            headers, body, left = _h11(head, framed)
        except (h11.ProtocolError, ValueError):
            end = _next(blob, end + 1)
            continue
        used = len(framed) - left
        ends_well = body_at + used in (rest, len(blob)) or not blob[body_at + used : rest].strip()
        if ends_well or body_at + used > rest or _GLUED.match(blob, body_at + used):
            return headers, body, used
    try:
        headers, _, _ = _h11(head, None)
    except (h11.ProtocolError, ValueError):
        headers = list(_lines(head))
    return headers, blob[body_at:rest], rest - body_at


def _next(blob: bytes, position: int) -> int:
    """Where the next message may begin, from `position` on."""
    found = _START.search(blob, position)
    return found.start() if found else len(blob)


def _h11(head: bytes, body: bytes | None) -> tuple[list[tuple[bytes, bytes]], bytes, int]:
    """Headers, content, and how many bytes of `body` are left. Raises `h11.ProtocolError`."""
    answers = head.startswith(b"HTTP/")
    connection = h11.Connection(h11.CLIENT if answers else h11.SERVER)
    raw = re.sub(rb"\r?\n", b"\r\n", head.rstrip())
    raw = re.sub(rb"HTTP/[\d.]+", b"HTTP/1.1", raw, count=1) + b"\r\n\r\n"
    if answers:
        connection.send(h11.Request(method="GET", target="/", headers=[("Host", "h")]))
    elif b"\nhost:" not in raw.lower():
        raw = raw.replace(b"\r\n", b"\r\nHost: h\r\n", 1)
    connection.receive_data(raw)
    event = connection.next_event()
    headers = [(name, value) for name, value in getattr(event, "headers", ())]
    if body is None:
        return headers, b"", 0
    if body:
        connection.receive_data(body)
    parts = []
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Data):
            parts.append(bytes(event.data))
        elif event is h11.NEED_DATA:
            connection.receive_data(b"")
        elif isinstance(event, h11.EndOfMessage):
            break
        else:
            raise h11.RemoteProtocolError("it ends too early")
    left, _ = connection.trailing_data
    return headers, b"".join(parts), len(left)


def _lines(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in head.splitlines()[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            yield name.strip().lower(), value.strip()
