"""Messages over a socket: a JSON object and bytes that go with it. Nothing is ever unpickled.

    4 bytes  length of the JSON object, big-endian
    8 bytes  length of the bytes, big-endian
    then both

Reading and writing use plain read(2) and write(2): a worker may call nothing of the socket family.
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from dataclasses import dataclass, field
from typing import Any

_HEAD = struct.Struct("!IQ")
MOST_JSON = 1 << 30
MOST_BYTES = 8 << 30
_PIECE = 1 << 20


class Closed(Exception):
    """The other end is gone."""


class Late(Exception):
    """Nothing came in time."""


class Garbled(Exception):
    """What came is no message."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A message: a JSON object and the bytes that go with it."""

    told: dict[str, Any]
    blob: bytes = field(default=b"", repr=False)


def send(fd: int, told: dict[str, Any], blob: bytes | memoryview = b"") -> None:
    """Write a message to a blocking descriptor. Raises `Closed`."""
    head = json.dumps(told, separators=(",", ":")).encode()
    _write(fd, _HEAD.pack(len(head), len(blob)) + head)
    if blob:
        _write(fd, blob)


def receive(fd: int, until: float | None = None) -> Frame:
    """Read a message. `until`: a moment of `time.monotonic`; None waits for ever.

    Raises `Closed`, `Late`, and `Garbled` for what is no message or longer than `MOST_JSON` or `MOST_BYTES`.
    """
    head_length, length = _HEAD.unpack(_read(fd, _HEAD.size, until))
    if head_length > MOST_JSON or length > MOST_BYTES:
        raise Garbled
    head, blob = _read(fd, head_length, until), _read(fd, length, until)
    try:
        told = json.loads(head)
    except (ValueError, RecursionError):
        raise Garbled from None
    if not isinstance(told, dict):
        raise Garbled
    return Frame(told, blob)


def _write(fd: int, content: bytes | memoryview) -> None:
    view = memoryview(content)
    try:
        while view:
            view = view[os.write(fd, view[:_PIECE]) :]
    except (BrokenPipeError, ConnectionResetError):
        raise Closed from None


def _read(fd: int, length: int, until: float | None) -> bytes:
    parts = []
    while length:
        if until is not None:
            left = until - time.monotonic()
            # poll(2), since select(2) refuses descriptors from 1,024 on.
            poller = select.poll()
            poller.register(fd, select.POLLIN)
            if left <= 0 or not poller.poll(left * 1000):
                raise Late
        try:
            part = os.read(fd, min(length, _PIECE))
        except ConnectionResetError:
            raise Closed from None
        if not part:
            raise Closed
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
