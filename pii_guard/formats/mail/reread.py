"""Messages as the standard library's `email` package sees them: the second reader of `mail`."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser

from pii_guard.document import Child, Document, Kind, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.decoding import shown
from pii_guard.formats.mail.places import SEALED, hushed, sealed_text
from pii_guard.formats.mail.values import NO_CHARSETS

# What its header parsers are known to raise on hostile values.
_BROKEN = (
    MessageError, ValueError, LookupError, AttributeError, TypeError, AssertionError, RecursionError,
)  # fmt: skip
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
            Segment(value, where, Kind.FIELD, name, record) for name, value in _headers(part)
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
                children.append(Child(body, where, name, part.get_content_type(), record))
    return Document(tuple(segments), tuple(children))


def _walk(message: Message) -> Iterator[Message]:
    """Parts, those of attached messages left to them."""
    yield message
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _walk(part)


def _headers(part: Message) -> Iterator[tuple[str, str]]:
    for name, raw in part.raw_items():
        if name.lower() in _DIGESTS:
            continue
        values = {shown(str(raw)): None}
        decoders = (part.policy.header_fetch_parse, _words) if len(raw) <= _LONG else (_words,)
        for decode in decoders:
            try:
                values[shown(str(decode(name, raw)))] = None
            except _BROKEN:
                continue
        for value in values:
            if value.strip():
                yield name, hushed(name, value)


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
