"""The caller's end of the socket to a template: questions in lines of JSON, and the answer to each."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from typing import Any


class Control:
    """One question at a time. `for_template`: the other end, for the template alone."""

    def __init__(self) -> None:
        self._ours, self.for_template = _pair()
        self._held = bytearray()
        self._asked = 0

    def begin(self, told: Mapping[str, Any], seconds: float) -> Any:
        """What a template says once it has loaded. Raises `OSError` or `ValueError`."""
        self._ours.settimeout(seconds)
        self._ours.sendall(json.dumps(told).encode() + b"\n")
        return json.loads(self._line())

    def ask(self, told: Mapping[str, Any], fds: Sequence[int] = ()) -> Any:
        """What it answers. Raises `OSError` or `ValueError`.

        Who was interrupted (by an exception of a signal's handler) has left an answer behind, which is
        not taken for that to another question.
        """
        self._asked += 1
        number = self._asked
        socket.send_fds(self._ours, [json.dumps({**told, "number": number}).encode()], list(fds))
        while (answer := json.loads(self._line())).pop("number") < number:
            pass
        return answer

    def close(self) -> None:
        """Hang up: the template ends."""
        self._ours.close()

    def _line(self) -> bytes:
        while b"\n" not in self._held:
            part = self._ours.recv(1 << 16)
            if not part:
                raise OSError
            self._held += part
        line, _, rest = self._held.partition(b"\n")
        self._held = rest
        return bytes(line)


def _pair() -> tuple[socket.socket, socket.socket]:
    """Two ends, the second of which another program can be given: the numbers of the standard streams,
    which are free where somebody has closed them, are others' there.
    """
    import fcntl  # there is none where there are no worker processes

    ours, theirs = socket.socketpair()
    with theirs:
        return ours, socket.socket(fileno=fcntl.fcntl(theirs, fcntl.F_DUPFD_CLOEXEC, 3))
