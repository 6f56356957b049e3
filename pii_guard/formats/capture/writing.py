"""A capture written again: texts, addresses, payloads, then lengths, numbers and checksums."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pii_guard.document import Edit
from pii_guard.formats.capture.files import Record, build, unlimited
from pii_guard.formats.capture.loading import Loaded
from pii_guard.formats.capture.packets import Packet, seal, with_payload
from pii_guard.formats.capture.parts import counted, unchanged
from pii_guard.formats.capture.streams import Stream, renumber
from pii_guard.formats.mail.message import spliced
from pii_guard.formats.mail.values import Splice


def disjoint(splices: Sequence[Splice]) -> list[Splice]:
    """Sorted, the first of two kept: a name that others point to is told once."""
    found: list[Splice] = []
    for one in sorted(splices):
        if not found or one[0] >= found[-1][1]:
            found.append(one)
    return found


def retold(record: Record, at: tuple[int, int], text: str, edits: Sequence[Edit]) -> Record:
    parts, position = [], 0
    for edit in edits:
        parts += [text[position : edit.span.start], edit.replacement]
        position = edit.span.end
    raw = "".join([*parts, text[position:]]).encode("utf-8", "replace")
    options, names = list(record.options), list(record.names)
    held, number = (names, at[1]) if at[0] else (options, at[1])
    kind, value = held[number]
    if at[0]:
        width = {1: 4, 2: 16}.get(kind, 8)
        raw = value[:width] + raw + b"\0"
    held[number] = (kind, raw)
    return replace(record, options=options, names=names)


def names_readdressed(record: Record, readdressed: Mapping[bytes, bytes]) -> Record:
    if not readdressed or not (record.options or record.names) or not any(record.addresses()):
        return record
    swap = _swapper(readdressed, whole=True)
    return replace(
        record,
        options=[(code, swap(value)) for code, value in record.options],
        names=[(kind, swap(value)) for kind, value in record.names],
    )


def _swapper(
    readdressed: Mapping[bytes, bytes], *, whole: bool = False
) -> Callable[[bytes], bytes]:
    """Swaps addresses wherever their bytes stand; of IPv4, which may stand by chance, only if `whole`."""
    table = {old: new for old, new in readdressed.items() if whole or len(old) > 4}
    for old, new in list(table.items()):
        if len(old) == 6:  # the interface identifier made of it (RFC 4291, appendix A)
            table[_eui64(old)] = _eui64(new)
    if not table:
        return unchanged
    pattern = re.compile(b"|".join(re.escape(old) for old in table), re.S)
    return lambda data: pattern.sub(lambda match: table[match[0]], data)


def _eui64(mac: bytes) -> bytes:
    return bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]


@dataclass(slots=True)
class Writer:
    """Writes packets: addresses swapped, payloads replaced, numbers moved, checksums right."""

    loaded: Loaded
    readdressed: Mapping[bytes, bytes]
    splices: Sequence[Sequence[Splice]]

    def into(self, records: list[Record]) -> None:
        """Put what the packets become into the records."""
        swap = _swapper(self.readdressed)
        order = iter(self.splices)
        payloads = {
            number: [(start, next(order)) for start, _ in held]
            for number, held in self.loaded.packet_contents.items()
        }
        runs = self._runs(order)
        for number, packet in self.loaded.packets.items():
            base = swap(self._swapped(packet, number)) if self.readdressed else packet.data
            data, end = self._written(base, packet, number, payloads[number], runs, swap)
            if data != packet.data:
                data = seal(data, packet, end)
                grown = len(data) - len(packet.data)
                records[number] = replace(
                    records[number],
                    data=data,
                    original=max(len(data), records[number].original + grown),
                )

    def _runs(self, order: Iterator[Sequence[Splice]]) -> dict[int, tuple[Stream, list[bytes]]]:
        """The streams that change, by identity, with their new runs."""
        by_stream: dict[int, tuple[Stream, list[Sequence[Splice]]]] = {}
        for stream, number, content in self.loaded.run_contents:
            mine = list(next(order))
            for at, size in content.addresses:
                old = stream.runs[number].data[at : at + size]
                if old in self.readdressed:
                    mine = disjoint([*mine, (at, at + size, self.readdressed[old])])
            by_stream.setdefault(id(stream), (stream, []))[1].append(mine)
        return {
            key: (stream, stream.edit(changes))
            for key, (stream, changes) in by_stream.items()
            if any(changes)
        }

    def _swapped(self, packet: Packet, number: int) -> bytes:
        out = bytearray(packet.data)
        places = [(at, 6) for at in packet.macs] + packet.addresses
        for start, content in self.loaded.packet_contents[number]:
            places += [(start + at, size) for at, size in content.addresses]
        for at, size in places:
            new = self.readdressed.get(packet.data[at : at + size])
            if new is not None:
                out[at : at + size] = new
        return bytes(out)

    def _written(
        self,
        base: bytes,
        packet: Packet,
        number: int,
        payloads: Sequence[tuple[int, Sequence[Splice]]],
        runs: Mapping[int, tuple[Stream, list[bytes]]],
        swap: Callable[[bytes], bytes],
    ) -> tuple[bytes, int]:
        """The packet's bytes, and where its IP packet ends in them."""
        now = replace(packet, data=base)
        stream = self.loaded.streams.of_packet.get(number)
        payload = base[packet.payload : packet.end]
        trailer = base[packet.end :]
        for start, splices in payloads:
            if start == packet.end and start != packet.payload:
                trailer = spliced(trailer, list(splices))
            elif splices:
                payload = spliced(payload, counted(payload, list(splices)))
        if stream is not None and payload and id(stream) in runs:
            payload = swap(_share(packet, stream, runs[id(stream)][1]))
        data = with_payload(now, payload) if payload != base[packet.payload : packet.end] else base
        end = packet.payload + len(payload)
        data = data[:end] + trailer
        if stream is not None:
            other = self.loaded.streams.other(stream)
            if stream.old or (other is not None and other.old):
                data = renumber(data, packet, stream, other)
        return data, end


def _share(packet: Packet, stream: Stream, written: Sequence[bytes]) -> bytes:
    """The part of a changed stream that a packet carries."""
    seq, _, flags = packet.tcp()
    position = stream.relative((seq + (1 if flags & 2 else 0)) % (1 << 32))
    number = stream.run_at(position)
    first = stream.moved(stream.runs[number].start)
    length = packet.end - packet.payload
    low, high = stream.moved(position) - first, stream.moved(position + length) - first
    return written[number][low:high]


def joined(blob: bytes, before: Sequence[Record], after: Sequence[Record]) -> bytes:
    longest = max((len(record.data) for record in after if record.data is not None), default=0)
    grown = any(
        len(now.data) > len(old.data)
        for old, now in zip(before, after, strict=True)
        if now.data is not None and old.data is not None
    )
    parts = []
    for old, now in zip(before, after, strict=True):
        record = unlimited(now, longest if grown else 0)
        parts.append(blob[old.start : old.end] if record == old else build(record))
    return b"".join(parts)
