"""HTTP dumps as h11 parses them: the second reader of `http`.

Field by field, as names are looked for in running text: heads by h11, targets and forms by
`urllib.parse`, bodies as children, each read by what reads its kind again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

import h11

from pii_guard.document import Child, Document, Kind, Segment, Step
from pii_guard.errors import Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.codings import codings, looks_coded, undo
from pii_guard.formats.decoding import Source, is_text
from pii_guard.formats.forms import reread_pairs

_LINE = rb"(?:[A-Z]{3,12} \S{1,16000} HTTP/[\d.]+|HTTP/[\d.]+ \d{3}(?: [^\r\n]*)?)\r?$"
_START = re.compile(rb"(?m)^" + _LINE)
_GLUED = re.compile(rb"(?m)" + _LINE)
_HEAD_END = re.compile(rb"\r?\n[ \t]*\r?\n|\Z")
_RULE = re.compile(rb"(?m)^(?:---|===|\*\*\*|###)[^\n]*$")
"""A line that people draw between a body that nothing counts and their notes."""
_MESSAGES_IN_A_BODY = 4
"""How many lines that begin messages are tried as part of a body that is counted."""
_DIGITS = 16
_FORM = b"application/x-www-form-urlencoded"
_COUNTED = (b"content-length", b"content-type", b"date")
"""Headers in which nobody is looked for by name."""
_Headers = list[tuple[bytes, bytes]]


def reread_http(source: Source, bounds: Bounds) -> Document:
    """Notes, heads and forms as segments, other bodies as children."""
    blob = source.text.encode("utf-8", "replace")
    if source.encoding == "utf-8":
        blob = source.slice(0, len(source.exact))
    segments: list[Segment] = []
    children: list[Child] = []
    position = exchange = number = 0
    while (start := _GLUED.match(blob, position) or _START.search(blob, position)) is not None:
        segments += _note(blob[position : start.start()])
        end = _HEAD_END.search(blob, start.end())
        body_at = end.end() if end else len(blob)
        head = blob[start.start() : body_at]
        headers, loose, body, used = _message(head, blob, body_at)
        number, exchange = number + 1, exchange + (not number or not head.startswith(b"HTTP/"))
        record = (exchange,)
        segments += [*_first_line(head, record), *_fields(headers, record), *_note(loose)]
        known = {name.lower(): value for name, value in headers}
        shown = _uncoded(known, body, bounds)
        position = body_at + used
        kind = known.get(b"content-type", b"").partition(b";")[0].strip().lower()
        as_is = shown == blob[body_at:position] and is_text(shown) and b"\0" not in shown
        if as_is and kind == _FORM:
            segments += reread_pairs(shown.decode("utf-8", "replace"), record)
        elif shown.strip():
            where = (Step("message", number), Step("body", 1))
            children.append(Child(shown, where, "", kind.decode("latin-1") or "text/plain", record))
    segments += _note(blob[position:])
    return Document(tuple(segments), tuple(children))


def _note(text: bytes) -> Iterator[Segment]:
    """What stands between messages, or in a head and is no field."""
    if text.strip():
        yield Segment(text.decode("utf-8", "replace"), (), Kind.PROSE)


def _first_line(head: bytes, record: tuple[int, ...]) -> Iterator[Segment]:
    line = head.partition(b"\n")[0].decode("utf-8", "replace").strip()
    _, _, rest = line.partition(" ")
    if line.startswith("HTTP/"):
        phrase = rest.partition(" ")[2]
        if phrase:
            yield Segment(phrase, (), Kind.FIELD, "", record)
        return
    path, _, query = rest.rpartition(" ")[0].partition("?")
    yield Segment(unquote(path), (), Kind.FIELD, "", record)
    yield from reread_pairs(query, record)


def _fields(headers: _Headers, record: tuple[int, ...]) -> Iterator[Segment]:
    """Names and values of headers. Rules read all of them, the model what may name somebody."""
    for raw_name, raw in headers:
        name, value = raw_name.decode("latin-1"), raw.decode("utf-8", "replace")
        yield Segment(name, (), Kind.NAME, "", record)
        if raw_name.lower() == b"cookie":
            yield from _cookies(value, record)
        elif value.strip():
            counted = raw_name.lower() in _COUNTED and "@" not in value
            yield Segment(value, (), Kind.NAME if counted else Kind.FIELD, name, record)


def _cookies(value: str, record: tuple[int, ...]) -> Iterator[Segment]:
    for pair in value.split(";"):
        name, sign, text = pair.strip().partition("=")
        yield Segment(unquote_plus(name), (), Kind.NAME if sign else Kind.FIELD, "", record)
        if text:
            yield Segment(unquote_plus(text), (), Kind.FIELD, name, record)


def _uncoded(headers: dict[bytes, bytes], body: bytes, bounds: Bounds) -> bytes:
    named = codings(headers.get(b"content-encoding", b"").decode("latin-1"))
    if not looks_coded(body, named, bounds):
        return body
    try:
        return undo(body, named, bounds)
    except Unreadable:
        return body


def _message(head: bytes, blob: bytes, body_at: int) -> tuple[_Headers, bytes, bytes, int]:
    """Headers, what of the head is none, the body with its chunks joined, and how many bytes of the
    dump the body takes.
    """
    rest = end = _next(blob, body_at)
    for _ in range(_MESSAGES_IN_A_BODY):
        framed = blob[body_at:end]
        try:
            headers, body, left = _h11(head, framed)
        except (h11.ProtocolError, ValueError):
            end = _next(blob, end + 1)
            continue
        if not _counts(headers):
            break
        used = len(framed) - left
        ends_well = body_at + used in (rest, len(blob)) or not blob[body_at + used : rest].strip()
        if ends_well or body_at + used > rest or _GLUED.match(blob, body_at + used):
            return headers, b"", body, used
    loose = b""
    try:
        headers, _, _ = _h11(head, None)
    except (h11.ProtocolError, ValueError):
        headers, loose = _by_lines(head)
        size = {name.lower(): value for name, value in headers}.get(b"content-length", b"")
        stop = body_at + int(size) if size.isdigit() and len(size) < _DIGITS else rest
        if stop < rest and _GLUED.match(blob, stop):
            return headers, loose, blob[body_at:stop], stop - body_at
    drawn = _RULE.search(blob, body_at, rest)
    body = blob[body_at : drawn.start() if drawn else rest].rstrip()
    return headers, loose, body, len(body)


def _counts(headers: _Headers) -> bool:
    """Whether a head says where its body ends."""
    return any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in headers)


def _next(blob: bytes, position: int) -> int:
    """Where the next message may begin, from `position` on."""
    found = _START.search(blob, position)
    return found.start() if found else len(blob)


def _h11(head: bytes, body: bytes | None) -> tuple[_Headers, bytes, int]:
    """Headers, content, and how many bytes of `body` are left. Raises `h11.ProtocolError`."""
    answers = head.startswith(b"HTTP/")
    connection = h11.Connection(h11.CLIENT if answers else h11.SERVER)
    raw = re.sub(rb"\r?\n", b"\r\n", head.rstrip())
    raw = re.sub(rb"HTTP/[\d.]+", b"HTTP/1.1", raw, count=1) + b"\r\n\r\n"
    if answers:
        connection.send(h11.Request(method="GET", target="/", headers=[("Host", "h")]))
    added = not answers and b"\nhost:" not in raw.lower()
    if added:
        raw = raw.replace(b"\r\n", b"\r\nHost: h\r\n", 1)
    connection.receive_data(raw)
    event = connection.next_event()
    headers: _Headers = []
    if isinstance(event, (h11.Request, h11.Response, h11.InformationalResponse)):
        headers = list(event.headers.raw_items())[added:]
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


def _by_lines(head: bytes) -> tuple[_Headers, bytes]:
    """The headers of a head that h11 refuses, and the lines of it that are none."""
    headers, loose = [], []
    for line in head.splitlines()[1:]:
        colon = line.find(b":", 1)  # `:authority` of HTTP/2
        if colon > 0:
            headers.append((line[:colon].strip(), line[colon + 1 :].strip()))
        else:
            loose.append(line)
    return headers, b"\n".join(loose)
