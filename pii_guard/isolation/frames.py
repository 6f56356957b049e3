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
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_HEAD = struct.Struct("!IQ")
MOST_JSON = 1 << 30
MOST_BYTES = 8 << 30
_PIECE = 1 << 20
_LOOK = 1 << 16


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


def packed(told: dict[str, Any], blob: bytes | memoryview = b"") -> bytes:
    """A message as it is written."""
    return b"".join((_head(told, len(blob)), blob))


def send(fd: int, told: dict[str, Any], blob: bytes | memoryview = b"") -> None:
    """Write a message to a blocking descriptor. Raises `Closed`."""
    if len(blob) <= _PIECE:
        write(fd, packed(told, blob))
    else:  # without a copy of it
        write(fd, _head(told, len(blob)))
        write(fd, blob)


def _head(told: dict[str, Any], length: int) -> bytes:
    head = json.dumps(told, separators=(",", ":")).encode()
    return _HEAD.pack(len(head), length) + head


def write(fd: int, content: bytes | bytearray | memoryview) -> None:
    """Write messages that are packed to a blocking descriptor. Raises `Closed`."""
    view = memoryview(content)
    try:
        while view:
            view = view[os.write(fd, view[:_PIECE]) :]
    except (BrokenPipeError, ConnectionResetError):
        raise Closed from None


def receive(fd: int) -> Frame:
    """Read the next message, and no byte after it: an open file may come there.

    Raises `Closed`, and `Garbled` for what is no message or longer than `MOST_JSON` or `MOST_BYTES`.
    """

    def read(length: int) -> bytes:
        parts = []
        while length:
            parts.append(_some(fd, length))
            length -= len(parts[-1])
        return b"".join(parts)

    return _message(read)


class Inbox:
    """What comes over a socket, read as far as it has come: messages that were sent together are there
    after one look.
    """

    def __init__(self, source: socket.socket) -> None:
        self._source = source  # not its number: another file has that once it is closed
        self._held, self._done = b"", 0
        # poll(2), since select(2) refuses descriptors from 1,024 on.
        self._poller = select.poll()
        self._poller.register(source, select.POLLIN)

    def is_ready(self, seconds: float) -> bool:
        """Whether there is something to read, now or within so many seconds."""
        return self._done < len(self._held) or bool(self._poller.poll(max(0, seconds) * 1000))

    def receive(self, until: float) -> Frame:
        """The next message. `until`: a moment of `time.monotonic`. Raises `Late`, and what `receive` does."""

        def read(length: int) -> bytes:
            parts = []
            while (here := len(self._held) - self._done) < length:
                parts.append(self._held[self._done :])
                length -= here
                self._held, self._done = b"", 0
                if (left := until - time.monotonic()) <= 0 or not self.is_ready(left):
                    raise Late
                self._held = _some(self._source.fileno(), max(length, _LOOK))
            parts.append(self._held[self._done : self._done + length])
            self._done += length
            return b"".join(parts)

        return _message(read)


def _message(read: Callable[[int], bytes]) -> Frame:
    head_length, length = _HEAD.unpack(read(_HEAD.size))
    if head_length > MOST_JSON or length > MOST_BYTES:
        raise Garbled
    head, blob = read(head_length), read(length)
    try:
        told = json.loads(head)
    except (ValueError, RecursionError):
        raise Garbled from None
    if not isinstance(told, dict):
        raise Garbled
    return Frame(told, blob)


def _some(fd: int, most: int) -> bytes:
    try:
        part = os.read(fd, min(most, _PIECE))
    except ConnectionResetError:
        raise Closed from None
    if not part:
        raise Closed
    return part
