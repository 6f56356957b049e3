"""What packets carry, as parts: text, names, files within, and printable runs of anything else.

HTTP/1, mail (SMTP, POP3, IMAP) and files of known types are files of their own and may change their
length; so may text. In names and in bytes of unknown meaning an edit keeps the length. What TLS
encrypts is passed on as it is: nobody can read it without keys, and those are refused. What passes
unread is said in `Content.unread`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pii_guard.document import Child, Kind, Locator, Matter, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.capture.names import Found, fill, read_dns
from pii_guard.formats.capture.parts import (
    Content,
    FixedPart,
    Inner,
    in_width,
    letter_of,
    netbios,
    padded,
    starred,
    unchanged,
)
from pii_guard.formats.capture.sealed import TLS, matter_of, tls_records
from pii_guard.formats.decoding import is_text, shown
from pii_guard.formats.mail.places import TextPlace
from pii_guard.signatures import AMBIGUOUS, signatures

_HTTP = re.compile(
    rb"(?:[A-Z]{3,12} \S{1,16000} HTTP/1\.[01]|HTTP/1\.[01] \d{3}(?: [^\r\n]{0,1000})?)\r?\n"
)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_SOCKET = re.compile(rb"(?i)\nupgrade:[ \t]*websocket")
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")
_PRINTABLE = re.compile(
    rb"(?:[\x20-\x7e\t]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}){6,}"
    rb"|(?:[\x20-\x7e\xa0-\xff]\0){5,}|(?:\0[\x20-\x7e\xa0-\xff]){5,}"
)
_MAIL = re.compile(
    rb"(?:\A|(?<=\n))(?:DATA|\+OK[^\r\n]*|22[0-2] [^\r\n]*)\r\n(?=[!-9;-~]{1,100}:[^\n]*\n)"
    rb"|\{(?P<size>\d{1,9})\+?\}\r\n(?=[!-9;-~]{1,100}:[^\n]*\n)"
    rb"|(?:\A|(?<=\n))BDAT (?P<chunk>\d{1,9})(?: LAST)?\r\n"
)
_END = b"\r\n.\r\n"
_MUCH = 16
"""Bytes without text that are worth saying: a key's, or an address in a binary form."""


def of_stream(
    data: bytes, ports: tuple[int, int], where: Locator, record: tuple[int, ...]
) -> Content:
    """The parts of a run of a TCP stream. Raises `Unreadable` for what cannot be looked into."""
    content = Content()
    _stream(data, 0, ports, where, record, content)
    return content


def _stream(
    data: bytes,
    start: int,
    ports: tuple[int, int],
    where: Locator,
    record: tuple[int, ...],
    content: Content,
) -> None:
    rest = data[start:] if start else data
    if rest.startswith(_PREFACE):
        raise Unreadable(ReasonCode.NOT_COVERED, "HTTP/2")
    if TLS.match(rest):
        for low, high, clear in tls_records(rest):
            if clear:
                _runs(data, start + low, start + high, where, record, content)
            else:
                content.unread.add(Matter.TLS)
        return
    kinds = [kind for kind in signatures(rest) if kind not in AMBIGUOUS or not is_text(rest)]
    if 53 in ports and _dns_stream(data, start, where, record, content):
        return
    http = _HTTP.search(rest)
    if kinds and (http is None or http.start()):
        content.inner.append(Inner(Child(rest, where, "", kinds[0], record), start, len(data)))
    elif http is not None:
        if http.start():
            _other(data, start, start + http.start(), where, record, content)
        _http(data, start + http.start(), ports, where, record, content)
    else:
        _other(data, start, len(data), where, record, content)


def _http(
    data: bytes,
    start: int,
    ports: tuple[int, int],
    where: Locator,
    record: tuple[int, ...],
    content: Content,
) -> None:
    head = _HEAD_END.search(data, start)
    end = len(data)
    if head is not None and head.end() < end:
        if _SOCKET.search(data, start, head.end()):
            raise Unreadable(ReasonCode.NOT_COVERED, "a web socket")
        if TLS.match(data, head.end()):  # behind CONNECT
            end = head.end()
    child = Child(data[start:end], where, "", "message/http", record)
    content.inner.append(Inner(child, start, end))
    if end < len(data):
        _stream(data, end, ports, where, record, content)


def _other(
    data: bytes, start: int, end: int, where: Locator, record: tuple[int, ...], content: Content
) -> None:
    raw = data[start:end]
    if not is_plain(raw):
        if not _mails(data, start, end, where, record, content):
            matter = Matter.SSH if raw.startswith(b"SSH-") else Matter.BINARY
            _unknown(data, start, end, where, record, content, matter)
    elif raw.strip() and not _mails(data, start, end, where, record, content):
        child = Child(raw, where, "", "text/plain", record)
        content.inner.append(Inner(child, start, end))


def is_plain(raw: bytes) -> bool:
    """Whether bytes are text through and through."""
    return not _CONTROLS.search(raw) and is_text(raw)


def _mails(
    data: bytes, start: int, end: int, where: Locator, record: tuple[int, ...], content: Content
) -> bool:
    """Take in messages that a mail protocol carries, and the lines around them."""
    position, any_found = start, False
    for match in _MAIL.finditer(data, start, end):
        if match.start() < position:
            continue
        wrap: Callable[[bytes], bytes]
        told = match["size"] or match["chunk"]
        begin = match.end()
        if told:
            stop, count = (
                min(begin + int(told), end),
                match.span("size" if match["size"] else "chunk"),
            )
            inner, wrap = data[begin:stop], unchanged
        else:
            stop = data.find(_END, begin - 2, end)
            stop = end if stop < 0 else stop + 2
            count, inner, wrap = None, _unstuffed(data[begin:stop]), _stuffed
        _lines(data, position, begin, where, record, content)
        if inner.strip():
            child = Child(
                inner, (*where, Step("mail", len(content.inner) + 1)), "", "message/rfc822", record
            )
            content.inner.append(Inner(child, begin, stop, wrap, count))
        position, any_found = stop, True
    if any_found:
        _lines(data, position, end, where, record, content)
    return any_found


def _lines(
    data: bytes, start: int, end: int, where: Locator, record: tuple[int, ...], content: Content
) -> None:
    raw = data[start:end]
    if not raw.strip():
        return
    if is_plain(raw):
        exact = raw.decode("utf-8", "surrogateescape")
        segment = Segment(shown(exact), where, Kind.LOG, "", record)
        content.parts.append(TextPlace(segment, start, exact))
    else:
        _unknown(data, start, end, where, record, content, Matter.BINARY)


def _unstuffed(raw: bytes) -> bytes:
    return re.sub(rb"(?m)^\.(?=\.)", b"", raw)


def _stuffed(raw: bytes) -> bytes:
    return re.sub(rb"(?m)^\.", b"..", raw)


def printable(data: bytes, where: Locator, record: tuple[int, ...]) -> Content:
    """What is printable in bytes of no known meaning."""
    content = Content()
    _runs(data, 0, len(data), where, record, content)
    return content


def of_datagram(
    data: bytes,
    ports: tuple[int, int],
    where: Locator,
    record: tuple[int, ...],
    protocol: int = -1,
) -> Content:
    """The parts of a datagram, or of a packet of any other IP protocol (ports 0) or of none (-1)."""
    content = Content()
    if {53, 5353, 5355, 137} & set(ports):
        found = read_dns(data, 0, len(data))
        if found is not None:
            _names(data, found, where, record, content)
            return content
    if {67, 68} & set(ports):
        content.addresses += _boot_addresses(data)
    matter = matter_of(data, ports, protocol)
    if ports != (0, 0) and is_plain(data):
        _lines(data, 0, len(data), where, record, content)
    elif matter is None:
        _runs(data, 0, len(data), where, record, content)
    else:
        _unknown(data, 0, len(data), where, record, content, matter)
    return content


def _dns_stream(
    data: bytes, start: int, where: Locator, record: tuple[int, ...], content: Content
) -> bool:
    """DNS over TCP: messages behind their length."""
    position, messages = start, []
    while position + 2 <= len(data):
        end = position + 2 + int.from_bytes(data[position : position + 2], "big")
        found = read_dns(data, position + 2, min(end, len(data)))
        if found is None:
            return False
        messages.append(found)
        position = end
    for found in messages:
        _names(data, found, where, record, content)
    return bool(messages)


def _names(
    data: bytes, found: Found, where: Locator, record: tuple[int, ...], content: Content
) -> None:
    for text, places, paired in found.names:
        segment = Segment(text, where, Kind.FIELD, "host", record)
        if paired:
            content.parts.append(FixedPart(segment, places, [2] * len(places), padded, netbios))
        else:
            content.parts.append(FixedPart(segment, places, [1] * len(places), fill, letter_of))
    content.addresses += found.addresses
    for start, end in found.rest:
        _runs(data, start, end, where, record, content)


def _boot_addresses(data: bytes) -> list[tuple[int, int]]:
    """Addresses in a DHCP message (RFC 2131): of its head, and of its options 50 and 54."""
    found = [(at, 4) for at in (12, 16, 20, 24) if len(data) >= 240]
    position = 240
    while position + 2 <= len(data) and data[position] != 255:
        if data[position] == 0:
            position += 1
            continue
        size = data[position + 1]
        if data[position] in (3, 6, 28, 42, 44, 50, 54) and position + 2 + size <= len(data):
            found += [(at, 4) for at in range(position + 2, position + size - 1, 4)]
        position += 2 + size
    return found


def _unknown(
    data: bytes,
    start: int,
    end: int,
    where: Locator,
    record: tuple[int, ...],
    content: Content,
    matter: Matter,
) -> None:
    """Take in what is printable, and say what the rest is, if there is much of it."""
    if end - start - _runs(data, start, end, where, record, content) >= _MUCH:
        content.unread.add(matter)


def _runs(
    data: bytes, start: int, end: int, where: Locator, record: tuple[int, ...], content: Content
) -> int:
    """Take in what is printable: a line each; how many bytes that is."""
    text: list[str] = []
    places: list[int] = []
    widths: list[int] = []
    printable_bytes = 0
    for match in _PRINTABLE.finditer(data, start, end):
        raw, at = match[0], match.start()
        printable_bytes += len(raw)
        wide = raw[1] == 0 or raw[0] == 0
        letters = (
            raw.replace(b"\0", b"").decode("latin-1") if wide else raw.decode("utf-8", "replace")
        )
        if text:
            text.append("\n")
            places.append(-1)
            widths.append(0)
        for letter in letters:
            size = 2 if wide else len(letter.encode("utf-8"))
            places.append(at)
            widths.append(size)
            at += size
        text.append(letters)
        if wide and raw[0] == 0:
            widths[-len(letters) :] = [-2] * len(letters)
    if text:
        segment = Segment("".join(text), where, Kind.LOG, "", record)
        content.parts.append(FixedPart(segment, places, widths, starred, in_width))
    return printable_bytes
