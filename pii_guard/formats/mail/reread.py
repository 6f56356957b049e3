"""Messages as the standard library's `email` package sees them: the second reader of `mail`."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.headerregistry import ContentDispositionHeader, ContentTypeHeader
from email.message import Message
from email.parser import BytesParser

from pii_guard.document import Child, Document, Kind, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.decoding import shown
from pii_guard.formats.mail.places import SEALED, SENTENCES, STRUCTURAL, hushed, sealed_text
from pii_guard.formats.mail.values import NO_CHARSETS

# What its header parsers are known to raise on hostile values.
_BROKEN = (
    MessageError, ValueError, LookupError, AttributeError, TypeError, AssertionError, RecursionError,
)  # fmt: skip
_Parted = ContentTypeHeader | ContentDispositionHeader
_ENCODED = "=?"
_LONG, _AT_ONCE = 5_000, 50
"""Characters of a value, and words, beyond which those parsers take time out of proportion."""
_STRUCTURED = re.compile(rb"(?im)^content-[a-z-]{1,40}[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*")
_NO_CHARSET = re.compile(
    rb"(?i)(?:=\?|charset\*?[ \t\r\n]*=[ \t\r\n]*\"?)(?:%s)"
    % "|".join(sorted(NO_CHARSETS)).encode()
)
_DIGESTS = frozenset(
    {"content-length", "lines", "mime-version", "content-transfer-encoding", "date"}
)


def reread_message(blob: bytes) -> Document:
    """Headers as its default policy decodes them, bodies as it decodes them."""
    return _document(_parsed(blob))


def reread_parts(blob: bytes, boundary: bytes) -> Document:
    """A multipart body, read below a header that names its boundary."""
    quoted = boundary.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    head = b'Content-Type: multipart/form-data; boundary="%s"\r\n\r\n' % quoted
    return _document(_parsed(head + blob))


def _parsed(blob: bytes) -> Message:
    if any(match.end() - match.start() > _LONG for match in _STRUCTURED.finditer(blob)):
        raise Unreadable(ReasonCode.VERIFICATION_FAILED, "a header too long")
    if _NO_CHARSET.search(blob):
        raise Unreadable(ReasonCode.VERIFICATION_FAILED, "a codec that is no charset")
    try:
        return BytesParser(policy=email.policy.default.clone(max_line_length=0)).parsebytes(blob)
    except _BROKEN as error:
        raise refused(error, "the mail parser refuses it", ReasonCode.VERIFICATION_FAILED) from None


def _document(message: Message) -> Document:
    segments: list[Segment] = []
    children: list[Child] = []
    for number, part in enumerate(_walk(message)):
        record = (1, number) if number else (1,)
        where = (Step("part", number),)
        segments += [
            Segment(value, where, kind, name, record) for name, value, kind in _headers(part)
        ]
        name = _filename(part)
        if name:
            segments.append(Segment(name, where, Kind.METADATA, "filename", record))
        segments += [
            Segment(text, where, Kind.PROSE, "", record)
            for text in (part.preamble, part.epilogue)
            if text and text.strip()
        ]
        if part.get_content_maintype() != "multipart" or not part.is_multipart():
            body = _body(part)
            if part.get_content_type() in SEALED:
                segments.append(Segment(sealed_text(body), where, Kind.METADATA, "", record))
            elif body.strip():
                label = "" if name else _field(part)
                # The fields of a form are one record, as they are in a form of one line.
                own = record[:1] if label else record
                children.append(Child(body, where, name, part.get_content_type(), own, label))
    return Document(tuple(segments), tuple(children))


def _walk(message: Message) -> Iterator[Message]:
    """Parts, those of attached messages left to them."""
    yield message
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _walk(part)


def _headers(part: Message) -> Iterator[tuple[str, str, Kind]]:
    """Name, value and kind of what headers say, decoded by each way that leads to something else."""
    for name, raw in part.raw_items():
        low = name.lower()
        if low in _DIGESTS:
            continue
        kind = Kind.PROSE if low in SENTENCES else Kind.FIELD
        written = _written(str(raw))
        values = {written: None}
        decoders = (part.policy.header_fetch_parse, _words) if len(raw) <= _LONG else (_words,)
        for decode in decoders:
            try:
                value = decode(name, written if decode is _words else raw)
            except _BROKEN:
                continue
            values[shown(str(value))] = None
            if isinstance(value, _Parted):
                kind = Kind.NAME  # for rules; the model reads what the parameters say
                yield from _parameters(value)
        if any(_ENCODED not in value for value in values):
            # What is encoded names nobody as it is written; what it says stands beside.
            values = {value: None for value in values if _ENCODED not in value}
        for value in values:
            if value.strip():
                yield name, hushed(name, value), kind


def _parameters(header: _Parted) -> Iterator[tuple[str, str, Kind]]:
    for name, value in header.params.items():
        kind = Kind.NAME if name in STRUCTURAL else Kind.METADATA
        yield "filename" if name == "name" else name, shown(str(value)), kind


def _written(raw: str) -> str:
    """A value as it is written: in UTF-8 (RFC 6532), or with foreign bytes."""
    try:
        return raw.encode("ascii", "surrogateescape").decode("utf-8")
    except UnicodeError:
        return shown(raw)


def _field(part: Message) -> str:
    """The field of a form that a part is, if any."""
    try:
        named = part.get_param("name", "", "content-disposition")
    except _BROKEN:
        return ""
    return shown(named) if isinstance(named, str) else ""


def _words(name: str, raw: str) -> str:  # noqa: ARG001
    """A value with its encoded words decoded, whatever its structure, a few words at a time."""
    words = "".join(raw.splitlines()).split(" ")
    lines = (" ".join(words[n : n + _AT_ONCE]) for n in range(0, len(words), _AT_ONCE))
    return " ".join(str(make_header(decode_header(line))) for line in lines)


def _filename(part: Message) -> str:
    try:
        return shown(part.get_filename() or "")
    except _BROKEN:
        return ""


def _body(part: Message) -> bytes:
    try:
        if part.is_multipart():  # an attached message
            inner = part.get_payload()
            return b"\n".join(one.as_bytes() for one in inner if isinstance(one, Message))
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes):
            return b""
        charset = part.get_content_charset()
        if charset and part.get_content_maintype() == "text":
            text = data.decode(charset)
            if text.encode(charset) == data:
                return text.encode("utf-8")
    except _BROKEN:
        pass
    return data if isinstance(data, bytes) else b""
