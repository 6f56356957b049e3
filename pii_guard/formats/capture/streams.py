"""TCP streams: segments put in order, and sequence numbers that follow what an edit adds or takes.

A direction of a connection is cut into runs where bytes were not captured. A run may change its
length: packets then carry the same share of it, and every later sequence and acknowledgement number
moves along.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.capture.packets import Packet

_SYN, _ACK = 0x02, 0x10
_WRAP = 1 << 32
_MOST = 65_300
"""Bytes that a segment of any packet may carry (65,535 less the longest heads)."""
Key = tuple[bytes, int, bytes, int, int]
"""Source and destination with their ports, and the number of the connection between them."""


@dataclass(slots=True)
class Run:
    """Bytes of a stream without a gap; `start` relative to the stream's base."""

    start: int
    data: bytes = field(repr=False)
    first: int
    """The number of the packet that carries its first byte."""


@dataclass(slots=True)
class Stream:
    """One direction of a connection. Positions are relative to `base`, the first number seen."""

    key: Key
    base: int
    pieces: list[tuple[int, int, bytes]] = field(default_factory=list, repr=False)
    """Relative position, number of the packet, bytes."""
    runs: list[Run] = field(default_factory=list, repr=False)
    old: list[int] = field(default_factory=list)
    new: list[int] = field(default_factory=list)
    """Anchors: positions before and after the edits, ascending."""

    def relative(self, number: int) -> int:
        """A sequence number as a position; what came before the first is negative."""
        return (number - self.base + _WRAP // 2) % _WRAP - _WRAP // 2

    def moved(self, position: int) -> int:
        """Where a position is after the edits."""
        at = bisect_right(self.old, position) - 1
        if at < 0:
            return position
        into = position - self.old[at]
        if at + 1 == len(self.new):
            return self.new[at] + into
        # What an edit adds or takes is shared out evenly, so that no packet is left empty or too long.
        before, after = self.old[at + 1] - self.old[at], self.new[at + 1] - self.new[at]
        return self.new[at] + (into * after // before if before else after)

    def join(self) -> None:
        """Put the pieces in order. Raises `Unreadable` where two say different things of one place."""
        self.pieces.sort(key=lambda piece: piece[:2])
        held, start, first = bytearray(), 0, 0
        for position, number, data in self.pieces:
            known = start + len(held) - position
            if not held or known < 0:
                self._close(start, held, first)
                held, start, first = bytearray(data), position, number
                continue
            overlap, at = data[:known], position - start
            # One byte that differs is a probe for whether the other side lives (RFC 9293, 3.8.4).
            if len(overlap) > 1 and held[at : at + len(overlap)] != overlap:
                raise Unreadable(ReasonCode.NOT_COVERED, f"packet {number}: another repetition")
            held += data[known:]
        self._close(start, held, first)

    def _close(self, start: int, held: bytearray, first: int) -> None:
        if held:
            self.runs.append(Run(start, bytes(held), first))

    def edit(self, splices: Sequence[Sequence[tuple[int, int, bytes]]]) -> list[bytes]:
        """The runs with the splices of each (sorted, disjoint), and the anchors set by them."""
        written, grown = [], 0
        for run, changes in zip(self.runs, splices, strict=True):
            parts, position = [], 0
            for start, end, new in changes:
                parts += [run.data[position:start], new]
                position = end
                self.old += [run.start + start, run.start + end]
                self.new += [run.start + start + grown, run.start + start + grown + len(new)]
                grown += len(new) - (end - start)
            parts.append(run.data[position:])
            written.append(b"".join(parts))
        self._settle()
        return written

    def _settle(self) -> None:
        """Anchors where segments begin and end; what is too long for one goes into the next.

        Raises `Unreadable` where the last one is too long.
        """
        places = sorted({at for begin, _, data in self.pieces for at in (begin, begin + len(data))})
        ends = {run.start + len(run.data) for run in self.runs}
        starts = {run.start for run in self.runs}
        moved = [self.moved(at) for at in places]
        for n in range(1, len(places)):
            if places[n] in starts:
                continue
            wanted = moved[n]
            moved[n] = min(wanted, moved[n - 1] + max(places[n] - places[n - 1], _MOST))
            if moved[n] < wanted and places[n] in ends:
                raise Unreadable(ReasonCode.NOT_COVERED, "a packet that would be too long")
        self.old, self.new = places, moved

    def run_at(self, position: int) -> int:
        """The number of the run that holds a position."""
        return bisect_right(self.runs, position, key=lambda run: run.start) - 1


@dataclass(slots=True)
class Streams:
    """All streams of a capture, and which packet belongs to which."""

    streams: dict[Key, Stream] = field(default_factory=dict)
    of_packet: dict[int, Stream] = field(default_factory=dict, repr=False)
    _current: dict[tuple[bytes, int, bytes, int], int] = field(default_factory=dict, repr=False)

    def add(self, packet: Packet, number: int) -> None:
        """Take in a TCP packet."""
        (source, destination), (sport, dport) = packet.hosts(), packet.ports()
        seq, _, flags = packet.tcp()
        ends = (source, sport, destination, dport)
        both = max(ends, (destination, dport, source, sport))
        key = (*ends, self._current.setdefault(both, 0))
        opens = flags & _SYN and not flags & _ACK
        if opens and key in self.streams and self.streams[key].base != (seq + 1) % _WRAP:
            self._current[both] += 1
            key = (*ends, self._current[both])
        begin = (seq + 1) % _WRAP if flags & _SYN else seq
        stream = self.streams.setdefault(key, Stream(key, begin))
        self.of_packet[number] = stream
        data = packet.data[packet.payload : packet.end]
        if data:
            stream.pieces.append((stream.relative(begin), number, data))

    def other(self, stream: Stream) -> Stream | None:
        """The opposite direction."""
        source, sport, destination, dport, number = stream.key
        return self.streams.get((destination, dport, source, sport, number))


def renumber(data: bytes, packet: Packet, stream: Stream, other: Stream | None) -> bytes:
    """The packet with its sequence and acknowledgement numbers moved, selective ones included."""
    out = bytearray(data)
    seq, ack, flags = packet.tcp()
    at = packet.transport
    syn = 1 if flags & _SYN else 0
    moved = stream.moved(stream.relative((seq + syn) % _WRAP)) - syn
    struct.pack_into("!I", out, at + 4, (stream.base + moved) % _WRAP)
    if other is not None and flags & _ACK:
        struct.pack_into("!I", out, at + 8, _moved(other, ack))
        for place in _selective(packet):
            edge = struct.unpack_from("!I", data, place)[0]
            struct.pack_into("!I", out, place, _moved(other, edge))
    return bytes(out)


def _moved(stream: Stream, number: int) -> int:
    return (stream.base + stream.moved(stream.relative(number))) % _WRAP


def _selective(packet: Packet) -> list[int]:
    """Where the edges of selective acknowledgements stand (RFC 2018)."""
    found: list[int] = []
    position, end = packet.transport + 20, packet.payload
    while position + 1 < end and (kind := packet.data[position]) != 0:
        if kind == 1:
            position += 1
            continue
        size = packet.data[position + 1]
        if kind == 5 and position + size <= end:
            found += range(position + 2, position + size - 3, 4)
        position += max(2, size)
    return found
