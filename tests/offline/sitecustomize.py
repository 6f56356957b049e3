"""No connection leaves the machine: every Python that has this folder on its path refuses to make one.

`pytest --offline` puts it there, for itself and for the programs that tests start. A refused connection is an
error where it is made, and a line in the file that `PII_GUARD_OFFLINE` names, so that none goes unseen for
being caught. Connections to the machine itself are made where `PII_GUARD_LOOPBACK` is set.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import traceback
from typing import Any

_connect, _connect_ex, _ask = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo


def refuse(host: object) -> None:
    """Raises `PermissionError` for a host that must not be spoken to."""
    if os.environ.get("PII_GUARD_LOOPBACK") and _is_here(host):
        return
    record = os.environ.get("PII_GUARD_OFFLINE")
    if not record:
        return
    frames = traceback.extract_stack(limit=12)[:-2]
    places = " < ".join(f"{one.filename}:{one.lineno}" for one in reversed(frames))
    with open(record, "a", encoding="utf-8") as file:  # noqa: PTH123 - as little as possible is loaded
        file.write(f"{host}: {places}\n")
    raise PermissionError("a connection was tried")


def _is_here(host: object) -> bool:
    if host in ("localhost", b"localhost", "", None):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _connecting(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        refuse(address[0])
    _connect(self, address)


def _connecting_ex(self: socket.socket, address: Any) -> int:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        refuse(address[0])
    return _connect_ex(self, address)


def _asking(host: Any, *args: Any, **named: Any) -> Any:
    if not _is_here(host):
        refuse(host)
    return _ask(host, *args, **named)


if os.environ.get("PII_GUARD_OFFLINE"):
    socket.socket.connect = _connecting  # type: ignore[method-assign]
    socket.socket.connect_ex = _connecting_ex  # type: ignore[method-assign]
    socket.getaddrinfo = _asking
