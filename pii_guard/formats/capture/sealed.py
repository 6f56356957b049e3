"""What packets carry that nobody can read: encrypted records and datagrams, by their outward marks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.document import Matter

TLS = re.compile(rb"[\x14-\x18]\x03[\x00-\x04]")
"""The head of a TLS record: its type and version (RFC 8446, section 5.1)."""
_DTLS = re.compile(rb"[\x14-\x1a]\xfe[\xfc-\xff]")
_ESP = 50
_CONTROL = frozenset({-1, 1, 2, 58})
"""No IP at all, ICMP, IGMP, ICMPv6: messages about the network, of known make."""
_TOLD = frozenset({67, 68, 123, 546, 547})
"""Ports of DHCP and NTP, whose messages hold addresses, times and names."""
_QUIC_VERSIONS = frozenset({b"\0\0\0\1", b"\x6b\x33\x43\xcf"})
_WIREGUARD = {1: 148, 2: 92, 3: 64}
"""Sizes of the messages of a handshake, by type (wireguard.com/protocol)."""


def tls_records(data: bytes) -> Iterator[tuple[int, int, bool]]:
    """Ranges of TLS records, with whether they are in clear; what is no record counts as in clear.

    Alerts and changes of the cipher say nothing and are left out.
    """
    position, encrypted = 0, False
    while position < len(data):
        if not TLS.match(data, position):
            yield position, len(data), True
            return
        end = position + 5 + int.from_bytes(data[position + 3 : position + 5], "big")
        kind = data[position]
        encrypted = encrypted or kind in (20, 23)
        if kind == 23 or kind == 22:
            yield position, min(end, len(data)), not encrypted
        position = end


def matter_of(data: bytes, ports: tuple[int, int], protocol: int) -> Matter | None:
    """What a datagram is, if it is not text; None where its meaning is known.

    `ports` are 0 for what is no UDP; `protocol` is that of the IP packet, -1 without one.
    """
    if ports == (0, 0):
        other = None if protocol in _CONTROL else Matter.BINARY
        return Matter.ESP if protocol == _ESP else other
    if _TOLD & set(ports):
        return None
    if _DTLS.match(data):
        return Matter.DTLS
    if 4500 in ports and data[:4] != bytes(4):
        return Matter.ESP  # RFC 3948, section 2.2
    if _is_quic(data, ports):
        return Matter.QUIC
    return Matter.WIREGUARD if _is_wireguard(data) else Matter.BINARY


def _is_quic(data: bytes, ports: tuple[int, int]) -> bool:
    """Long headers by their version, short ones by the port (RFC 9000, section 17)."""
    if data[:1] >= b"\xc0":
        version = data[1:5]
        return version in _QUIC_VERSIONS or version.startswith((b"\xff\0\0", b"Q0"))
    return 443 in ports and data[:1] >= b"\x40" and data[:1] < b"\x80"


def _is_wireguard(data: bytes) -> bool:
    if data[1:4] != bytes(3):
        return False
    if data[:1] == b"\4":
        return len(data) >= 32 and len(data) % 16 == 0
    return _WIREGUARD.get(data[0]) == len(data)
