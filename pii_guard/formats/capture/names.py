"""Names and addresses in DNS messages (RFC 1035; also mDNS, LLMNR and NetBIOS names, RFC 1001).

A name is read as text of which each character knows its byte. It keeps its length, so that counts and
pointers to it stay right.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

_POINTER = 0xC0
_MOST_JUMPS = 20
_NAMED = {2: 0, 5: 0, 12: 0, 15: 2, 33: 6, 39: 0}
"""Record types whose data is a name, and how many bytes stand before it."""
_TWO_NAMES = {6, 14, 17}
_ADDRESSES = {1: 4, 28: 16}
_TEXTS = {13, 16, 99}
_NETBIOS = re.compile(rb"[A-P]{32}")
_REVERSE = re.compile(r"(?i)(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})\.in-addr\.arpa")
_REVERSE6 = re.compile(r"(?i)((?:[0-9a-f]\.){31}[0-9a-f])\.ip6\.arpa")


@dataclass(slots=True)
class Found:
    """What a DNS message says.

    `names`: text and the byte of each character (-1: of none); a byte given twice is a NetBIOS pair.
    `addresses`: place and length. `rest`: ranges of other data.
    """

    names: list[tuple[str, list[int], bool]] = field(default_factory=list)
    addresses: list[tuple[int, int]] = field(default_factory=list)
    rest: list[tuple[int, int]] = field(default_factory=list)


def read_dns(data: bytes, start: int, end: int) -> Found | None:
    """The message at `start`..`end`; None where it is none."""
    found = Found()
    try:
        _, flags, *counts = struct.unpack_from("!6H", data, start)
        position = start + 12
        for _ in range(counts[0]):
            position = _name(data, start, position, end, found) + 4
        for _ in range(sum(counts[1:])):
            position = _record(data, start, position, end, found)
    except (struct.error, IndexError, ValueError):
        return None
    if position > end or flags & 0x70 or not any(counts):
        return None
    if position < end:
        found.rest.append((position, end))
    return found


def _record(data: bytes, start: int, position: int, end: int, found: Found) -> int:
    position = _name(data, start, position, end, found)
    kind, _, _, size = struct.unpack_from("!HHIH", data, position)
    position += 10
    stop = position + int(size)
    if stop > end:
        raise ValueError
    if kind in _NAMED and size > _NAMED[kind]:
        _name(data, start, position + _NAMED[kind], stop, found)
    elif kind in _TWO_NAMES:
        after = _name(data, start, position, stop, found)
        after = _name(data, start, after, stop, found)
        found.rest.append((after, stop))
    elif _ADDRESSES.get(kind) == size:
        found.addresses.append((position, size))
    else:
        found.rest.append((position, stop))
    return stop


def _name(data: bytes, start: int, position: int, end: int, found: Found) -> int:
    """Take in the name at `position`; returns where it ends."""
    labels: list[list[int]] = []
    after, jumps, own = -1, 0, False
    at = position
    while size := data[at]:
        if size & _POINTER == _POINTER:
            after = at + 2 if after < 0 else after
            at = start + ((size & 0x3F) << 8 | data[at + 1])
            jumps += 1
            if jumps > _MOST_JUMPS or at >= end:
                raise ValueError
            continue
        if size & _POINTER or at + 1 + size > end:
            raise ValueError
        labels.append(list(range(at + 1, at + 1 + size)))
        own = own or not jumps
        at += 1 + size
        if len(labels) > 128:
            raise ValueError
    after = at + 1 if after < 0 else after
    if own:
        found.names += _texts(data, labels)
    return after


def _texts(data: bytes, labels: list[list[int]]) -> Iterator[tuple[str, list[int], bool]]:
    first = bytes(data[at] for at in labels[0])
    if _NETBIOS.fullmatch(first):
        letters = [(first[i] - 65) << 4 | first[i + 1] - 65 for i in range(0, 32, 2)]
        yield bytes(letters).decode("latin-1"), labels[0][::2], True
        labels = labels[1:]
    places: list[int] = []
    for one in labels:
        places += [*one, -1]
    text = "".join("." if at < 0 else chr(data[at]) for at in places[:-1])
    if not text:
        return
    reverse = _REVERSE.fullmatch(text) or _REVERSE6.fullmatch(text)
    if reverse is None:
        yield text, places[:-1], False
        return
    # Of an address read backwards the labels are turned, so that it is found as what it is.
    count = 4 if len(labels) == 6 else 32
    turned: list[int] = []
    for number, one in enumerate(reversed(labels[:count]), 1):
        turned += one
        if number < count and (count == 4 or number % 4 == 0):
            turned.append(-1)
    mark = "." if count == 4 else ":"
    yield "".join(mark if at < 0 else chr(data[at]) for at in turned), turned, False


def fill(replacement: str, size: int) -> str:
    """Letters for a name of a length: the token where it fits, else as many letters."""
    token = re.sub(r"[^A-Za-z0-9]+", "-", replacement).strip("-").lower()
    return token.ljust(size, "x") if 0 < len(token) <= size else "x" * size
