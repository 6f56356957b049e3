"""A capture as it is read: packets taken apart, streams put together, all contents in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pii_guard.document import Step
from pii_guard.formats.base import Bounds
from pii_guard.formats.capture.files import Record, read_file
from pii_guard.formats.capture.packets import TCP, UDP, Packet, dissect
from pii_guard.formats.capture.parts import Content
from pii_guard.formats.capture.payloads import of_datagram, of_stream
from pii_guard.formats.capture.streams import Stream, Streams


@dataclass(slots=True)
class Loaded:
    """A capture as it was read. `contents`: of packets by number, of runs by stream and number."""

    records: list[Record]
    packets: dict[int, Packet] = field(default_factory=dict)
    streams: Streams = field(default_factory=Streams)
    addresses: dict[bytes, int] = field(default_factory=dict)
    askers: dict[bytes, dict[int, None]] = field(default_factory=dict)
    """The connections that an address opened, by number: it belongs to who is named in them."""
    packet_contents: dict[int, list[tuple[int, Content]]] = field(default_factory=dict)
    """Of each packet that is no TCP segment: where a payload begins in it, and what it holds."""
    run_contents: list[tuple[Stream, int, Content]] = field(default_factory=list)

    def contents(self) -> Iterator[Content]:
        """All contents, in the order of segments and children."""
        for held in self.packet_contents.values():
            yield from (content for _, content in held)
        yield from (content for _, _, content in self.run_contents)


def load(blob: bytes, bounds: Bounds) -> Loaded:
    """All of a capture. Raises `Unreadable`."""
    loaded = Loaded(read_file(blob, bounds))
    for number, record in enumerate(loaded.records):
        for address in record.addresses():
            loaded.addresses.setdefault(address, number)
        if record.data is None:
            continue
        packet = dissect(record.data, record.link, number)
        loaded.packets[number] = packet
        for at in packet.macs:
            loaded.addresses.setdefault(packet.data[at : at + 6], number)
        for at, size in packet.addresses:
            loaded.addresses.setdefault(packet.data[at : at + size], number)
        _take_payload(loaded, packet, number)
    pairs: dict[int, int] = {}
    for ordinal, stream in enumerate(loaded.streams.streams.values(), 1):
        stream.join()
        # Both directions of a connection are one record.
        pair = pairs.setdefault(id(stream), ordinal)
        other = loaded.streams.other(stream)
        if other is not None:
            pairs.setdefault(id(other), pair)
        if ordinal == pair:
            loaded.askers.setdefault(stream.key[0], {})[pair] = None
        for number, run in enumerate(stream.runs):
            where = (Step("packet", run.first), Step("stream", ordinal))
            ports = (stream.key[1], stream.key[3])
            content = of_stream(run.data, ports, where, (pair,))
            loaded.run_contents.append((stream, number, content))
            for at, size in content.addresses:
                loaded.addresses.setdefault(run.data[at : at + size], run.first)
    return loaded


def _take_payload(loaded: Loaded, packet: Packet, number: int) -> None:
    where = (Step("packet", number),)
    held: list[tuple[int, Content]] = []
    ports = (0, 0)
    if packet.protocol == TCP and packet.transport >= 0:
        loaded.streams.add(packet, number)
    else:
        if packet.protocol == UDP and packet.transport >= 0:
            ports = packet.ports()
        payload = packet.data[packet.payload : packet.end]
        held.append((packet.payload, of_datagram(payload, ports, where, (), packet.protocol)))
    trailer = packet.data[packet.end :]
    if trailer.strip(b"\0"):
        held.append((packet.end, of_datagram(trailer, (0, 0), where, ())))
    for start, content in held:
        for at, size in content.addresses:
            loaded.addresses.setdefault(packet.data[start + at : start + at + size], number)
    loaded.packet_contents[number] = held
