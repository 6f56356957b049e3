"""Captures of network traffic (pcap, pcapng): streams put together, edited, and cut into packets again.

What is read: comments and names beside packets, link and IP addresses, names of DNS, and what packets
carry (`payloads`). What is encrypted or of no known meaning is counted (`sealed`). Lengths, checksums and sequence numbers follow an edit. dpkt reads again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from pii_guard.document import (
    Changes,
    Document,
    Edit,
    Kind,
    Segment,
    Step,
    Unread,
    together,
)
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.capture.addresses import is_somebodys, label, spelled, stand_ins
from pii_guard.formats.capture.loading import Loaded, load
from pii_guard.formats.capture.reread import reread_capture
from pii_guard.formats.capture.writing import Writer, disjoint, joined, names_readdressed, retold
from pii_guard.formats.decoding import shown
from pii_guard.formats.mail.values import Splice


class Capture:
    """The format; `exact`."""

    media_types = frozenset({"application/vnd.tcpdump.pcap", "application/x-pcapng"})
    exact = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Texts, addresses and payloads as segments; what streams carry as children."""
        loaded = load(blob, bounds)
        segments = [segment for _, _, segment in _texts(loaded)]
        segments += [segment for _, segment in _addresses(loaded)]
        for content in loaded.contents():
            segments += [part.segment for part in content.parts]
        if len(segments) > bounds.max_cells:
            raise Unreadable(ReasonCode.LIMIT_CELLS, f"more than {bounds.max_cells} values")
        children = [inner.child for content in loaded.contents() for inner in content.inner]
        unread = together(
            Unread(matter, 1) for content in loaded.contents() for matter in content.unread
        )
        return Document(tuple(segments), tuple(children), unread=unread)

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The capture with edits made; records that do not change are copied."""
        loaded = load(blob, bounds)
        edits = {n: list(group) for n, group in groupby(changes.edits, key=attrgetter("segment"))}
        texts = list(_texts(loaded))
        known = list(_addresses(loaded))
        readdressed = _readdressed(loaded, known, edits, len(texts))
        splices = _splices(loaded, changes.children, edits, len(texts) + len(known))
        if not readdressed and not any(splices) and not any(n < len(texts) for n in edits):
            return blob
        records = list(loaded.records)
        for ordinal, (number, at, segment) in enumerate(texts):
            if ordinal in edits:
                records[number] = retold(records[number], at, segment.text, edits[ordinal])
        for number, record in enumerate(records):
            records[number] = names_readdressed(record, readdressed)
        Writer(loaded, readdressed, splices).into(records)
        return joined(blob, loaded.records, records)

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """The capture as dpkt sees it."""
        return reread_capture(blob, bounds)


def _texts(loaded: Loaded) -> Iterator[tuple[int, tuple[int, int], Segment]]:
    for number, record in enumerate(loaded.records):
        for ordinal, text in enumerate(record.texts(), 1):
            where = (Step("record", number + 1), Step("text", ordinal))
            value = shown(text.raw.decode("utf-8", "surrogateescape"))
            yield number, text.at, Segment(value, where, Kind.METADATA, text.label)


def _addresses(loaded: Loaded) -> Iterator[tuple[bytes, Segment]]:
    """Each address once, one that opened connections once for each of them."""
    for address, number in loaded.addresses.items():
        if is_somebodys(address):
            where, text = (Step("packet", number + 1), Step("address", 1)), spelled(address)
            records: list[tuple[int, ...]] = [
                (pair,) for pair in loaded.askers.get(address, ())
            ] or [()]
            for record in records:
                yield address, Segment(text, where, Kind.FIELD, label(address), record)


def _readdressed(
    loaded: Loaded,
    known: Sequence[tuple[bytes, Segment]],
    edits: Mapping[int, Sequence[Edit]],
    first: int,
) -> Mapping[bytes, bytes]:
    wanted = [
        (address, edits[first + n][0].replacement)
        for n, (address, _) in enumerate(known)
        if first + n in edits
    ]
    gone = {address for address, _ in wanted}
    return stand_ins(wanted, loaded.addresses.keys() - gone) if wanted else {}


def _splices(
    loaded: Loaded,
    children: Mapping[int, bytes],
    edits: Mapping[int, Sequence[Edit]],
    first: int,
) -> list[list[Splice]]:
    """For each content in order: what changes in its bytes, sorted and disjoint."""
    found: list[list[Splice]] = []
    child = 0
    for content in loaded.contents():
        mine: list[Splice] = []
        for part in content.parts:
            mine += part.splices(edits[first]) if first in edits else []
            first += 1
        for inner in content.inner:
            new = children.get(child, b"")
            child += 1
            if new != inner.child.blob:
                mine += inner.splices(new)
        found.append(disjoint(mine))
    return found


FORMAT = Capture()
