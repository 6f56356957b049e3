"""Captures as dpkt sees them: the second reader of `capture`."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from typing import Any

from pii_guard.document import Child, Document, Kind, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.capture.addresses import is_somebodys, label, spelled
from pii_guard.formats.capture.files import read_file
from pii_guard.formats.decoding import is_text
from pii_guard.signatures import AMBIGUOUS, signatures

_HTTP = re.compile(rb"[A-Z]{3,12} \S{1,16000} HTTP/1\.[01]\r?\n|HTTP/1\.[01] \d{3}")
_READABLE = re.compile(r"[^\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]{5,}")
_WIDE = re.compile(rb"(?:[\x20-\x7e]\0){5,}|(?:\0[\x20-\x7e]){5,}")
_TLS = re.compile(rb"[\x14-\x18]\x03[\x00-\x04]")
_ENCRYPTED = re.compile(rb"[\x14\x17]\x03[\x00-\x04]")
_HEADER = re.compile(rb"[!-9;-~]{1,100}:[^\n]*\n")


def reread_capture(blob: bytes, bounds: Bounds) -> Document:
    """Addresses, names and streams, put together in the order of their sequence numbers."""
    import dpkt

    broken = (dpkt.Error, ValueError, IndexError, KeyError, AttributeError, TypeError, struct.error)
    segments = [
        Segment(
            text.raw.decode("utf-8", "replace"),
            (Step("record", number),),
            Kind.METADATA,
            text.label,
        )
        for number, record in enumerate(read_file(blob, bounds), 1)
        for text in record.texts()
    ]
    seen: dict[bytes, None] = {}
    streams: dict[tuple[Any, ...], dict[int, bytes]] = {}
    try:
        reader = dpkt.pcap.UniversalReader(io.BytesIO(blob))
        layer = _layer(reader.datalink())
        packets = [bytes(data) for _, data in reader]
    except broken:
        raise Unreadable(ReasonCode.VERIFICATION_FAILED, "the capture reader refuses it") from None
    for number, data in enumerate(packets, 1):
        where = (Step("packet", number),)
        try:
            frame = layer(data)
            payload = _inside(frame, seen, streams)
        except broken:
            payload = data
        if isinstance(payload, dpkt.dns.DNS):
            segments += [Segment(n, where, Kind.FIELD, "host") for n in _dns(payload, seen)]
            payload = bytes(payload)
        if payload and (text := _readable(bytes(payload))):
            segments.append(Segment(text, where, Kind.LOG))
    children: list[Child] = []
    for number, held in enumerate(streams.values(), 1):
        _look(_joined(held), (Step("stream", number),), segments, children)
    segments += [
        Segment(spelled(address), (), Kind.FIELD, label(address))
        for address in seen
        if len(address) in (4, 6, 16) and is_somebodys(address)
    ]
    return Document(tuple(segments), tuple(children))


def _layer(link: int) -> Any:
    import dpkt

    if link == 113:
        return dpkt.sll.SLL
    if link == 276:
        return dpkt.sll2.SLL2
    if link in (0, 108):
        return dpkt.loopback.Loopback
    if link in (12, 14, 101, 228, 229):
        return lambda data: dpkt.ip.IP(data) if data[0] >> 4 == 4 else dpkt.ip6.IP6(data)
    return dpkt.ethernet.Ethernet


def _inside(
    frame: Any, seen: dict[bytes, None], streams: dict[tuple[Any, ...], dict[int, bytes]]
) -> Any:
    """Take in addresses and TCP segments; returns what else the packet carries."""
    import dpkt

    for name in ("src", "dst", "hdr"):
        address = getattr(frame, name, b"")
        if (
            isinstance(address, bytes)
            and len(address) == 6
            and isinstance(frame, dpkt.ethernet.Ethernet)
        ):
            seen[address] = None
    inner = frame if isinstance(frame, (dpkt.ip.IP, dpkt.ip6.IP6)) else frame.data
    if isinstance(inner, dpkt.arp.ARP):
        seen.update(dict.fromkeys((inner.sha, inner.tha, inner.spa, inner.tpa)))
        return b""
    if not isinstance(inner, (dpkt.ip.IP, dpkt.ip6.IP6)):
        return bytes(inner)
    seen.update(dict.fromkeys((inner.src, inner.dst)))
    carried = inner.data
    if isinstance(carried, dpkt.tcp.TCP):
        key = (inner.src, carried.sport, inner.dst, carried.dport)
        data = bytes(carried.data)
        if data:
            held = streams.setdefault(key, {})
            begin = carried.seq + (carried.flags & 2) // 2
            if len(held.get(begin, b"")) < len(data):
                held[begin] = data
        return b""
    if isinstance(carried, dpkt.udp.UDP):
        if {53, 5353, 5355} & {carried.sport, carried.dport}:
            return dpkt.dns.DNS(carried.data)
        return carried.data
    return bytes(carried)


def _dns(message: Any, seen: dict[bytes, None]) -> Iterator[str]:
    for question in message.qd:
        yield question.name
    for record in (*message.an, *message.ns, *message.ar):
        yield record.name
        for name in ("cname", "nsname", "ptrname", "mxname", "srvname", "mname", "rname"):
            if getattr(record, name, None):
                yield getattr(record, name)
        seen.update(
            dict.fromkeys(a for a in (getattr(record, n, None) for n in ("ip", "ip6")) if a)
        )


def _joined(held: dict[int, bytes]) -> bytes:
    """A stream by its sequence numbers, from the first that was seen."""
    first = next(iter(held))
    ordered = sorted(
        ((number - first + (1 << 31)) % (1 << 32), data) for number, data in held.items()
    )
    parts, end = [], 0
    for position, data in ordered:
        if position + len(data) > end:
            parts.append(data[max(0, end - position) :])
            end = position + len(data)
    return b"".join(parts)


def _look(
    data: bytes, where: tuple[Step, ...], segments: list[Segment], children: list[Child]
) -> None:
    if _TLS.match(data):
        encrypted = _ENCRYPTED.search(data)
        data = data[: encrypted.start()] if encrypted else data
    kinds = [kind for kind in signatures(data) if kind not in AMBIGUOUS or not is_text(data)]
    http = _HTTP.search(data)
    if http is not None:
        head = data.find(b"\r\n\r\n", http.start()) + 4
        tunnel = head >= 4 and _TLS.match(data, head) is not None
        end = head if tunnel else len(data)
        children.append(Child(data[http.start() : end], where, "", "message/http"))
        segments.append(Segment(_readable(data[: http.start()]), where, Kind.LOG))
        if tunnel:
            _look(data[end:], where, segments, children)
        return
    if kinds:
        children.append(Child(data, where, "", kinds[0]))
        return
    for begin in (b"DATA\r\n", b"+OK"):
        for part in data.split(begin)[1:]:
            mail = part.partition(b"\r\n.\r\n")[0]
            mail = mail if begin.endswith(b"\n") else mail.partition(b"\r\n")[2]
            if _HEADER.match(mail):
                mail = mail.replace(b"\n..", b"\n.")
                children.append(Child(mail, where, "", "message/rfc822"))
    segments.append(Segment(_readable(data), where, Kind.LOG))


def _readable(data: bytes) -> str:
    text = "\n".join(_READABLE.findall(data.decode("utf-8", "replace")))
    wide = "\n".join(m[0].replace(b"\0", b"").decode("latin-1") for m in _WIDE.finditer(data))
    return f"{text}\n{wide}" if wide else text
