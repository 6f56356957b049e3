"""Bodies of forms: what comes as multipart or URL-encoded, read chunk by chunk, and a multipart body written.

The parser is python-multipart's. RFC 7578 (multipart/form-data), the URL Standard (urlencoded).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from typing import Protocol
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from pii_guard.errors import FormError
from pii_guard.intake.form import MULTIPART, URLENCODED, Incoming, IncomingFile
from pii_guard.intake.submission import RedactedFile


class Reader(Protocol):
    """Takes the chunks of a body."""

    def feed(self, chunk: bytes) -> None:
        """Raises `FormError`, `FormRefused`, `Busy`."""
        ...

    def end(self) -> None:
        """The body is complete. Raises `FormError`."""
        ...


def media_type(content_type: str) -> str:
    """The type without its parameters."""
    return content_type.partition(";")[0].strip().casefold()


def reader(content_type: str, incoming: Incoming) -> Reader:
    """What reads a body of this type. Raises `FormError` for a type that is no form's."""
    kind = media_type(content_type)
    if kind == MULTIPART:
        return Multipart(content_type, incoming)
    if kind == URLENCODED:
        return Urlencoded(incoming)
    raise FormError("the content is no form", kind="unsupported", remedy=f"send it as {MULTIPART}")


class Multipart:
    """Reads parts into an `Incoming`: text into memory, files to where it says."""

    def __init__(self, content_type: str, incoming: Incoming) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise _malformed("it names no boundary")
        self._incoming = incoming
        self._header = (bytearray(), bytearray())
        self._disposition = b""
        self._name = ""
        self._text = bytearray()
        self._file: IncomingFile | None = None
        self._over = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begin,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_end,
                    "on_end": self._end,
                },
            )
        except FormParserError:
            raise _malformed("its boundary is too long") from None

    def feed(self, chunk: bytes) -> None:
        self._incoming.took(len(chunk))
        try:
            self._parser.write(chunk)
        except FormParserError:
            # Without its message, which quotes the body.
            raise _malformed("it is no multipart body") from None

    def end(self) -> None:
        if not self._over:
            raise _malformed("it was cut off")

    def _part_begin(self) -> None:
        self._disposition, self._name, self._file = b"", "", None
        self._text = bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _header_end(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = bytes(value)
        self._header = (bytearray(), bytearray())

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        name, file_name = options.get(b"name"), options.get(b"filename")
        if name is None:
            raise _malformed("a part has no name")
        self._name = _decoded(name)
        if file_name is not None:
            self._file = self._incoming.file(self._name, _decoded(file_name))

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])
        else:
            self._incoming.room_for_text(len(self._text) + end - start)
            self._text += data[start:end]

    def _part_end(self) -> None:
        if self._file is None:
            self._incoming.text(self._name, _decoded(bytes(self._text)))

    def _end(self) -> None:
        self._over = True


class Urlencoded:
    """Reads fields into an `Incoming`."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        self._incoming.took(len(chunk))
        self._incoming.room_for_text((len(self._body) + len(chunk)) // 3)  # `%41` is one byte
        self._body += chunk

    def end(self) -> None:
        # Apart, a body of small fields takes fifty times its size.
        self._incoming.room_for_fields(1 + self._body.strip(b"&").count(b"&"))
        try:
            pairs = parse_qsl(
                self._body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"
            )
        except ValueError:
            raise _malformed("it is not URL-encoded") from None
        for name, value in pairs:
            self._incoming.text(name, value)


class Written:
    """What may be stored of a form as a multipart body, for programs that read forms themselves."""

    def __init__(
        self,
        fields: Iterable[tuple[str, str]],
        files: Iterable[RedactedFile] = (),
        blank: Iterable[str] = (),
    ) -> None:
        self._fields, self._files, self._blank = fields, files, blank
        self._boundary = secrets.token_hex(24)
        self.content_type = f"{MULTIPART}; boundary={self._boundary}"

    def __iter__(self) -> Iterator[bytes]:
        for name, value in self._fields:
            yield self._head(f'name="{_quoted(name)}"') + value.encode("utf-8", "replace") + b"\r\n"
        for name in self._blank:
            yield self._head(f'name="{_quoted(name)}"; filename=""', "application/octet-stream")
            yield b"\r\n"
        for file in self._files:
            told = f'name="{_quoted(file.field_name)}"; filename="{_quoted(file.name)}"'
            yield self._head(told, file.media_type)
            yield from file.pieces
            yield b"\r\n"
        yield f"--{self._boundary}--\r\n".encode()

    @property
    def size(self) -> int:
        """In bytes; all of it is read for that."""
        return sum(map(len, self))

    def _head(self, disposition: str, kind: str = "") -> bytes:
        lines = [f"--{self._boundary}", f"Content-Disposition: form-data; {disposition}"]
        if kind:
            lines.append(f"Content-Type: {kind}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace")


def _quoted(text: str) -> str:
    """As browsers write names (HTML Standard, multipart/form-data encoding algorithm)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _decoded(raw: bytes) -> str:
    """UTF-8, or else Latin-1, as Starlette has it: a name of which a letter is lost is not found."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _malformed(why: str) -> FormError:
    return FormError(f"the form cannot be read: {why}", remedy="send it again, as a whole")
