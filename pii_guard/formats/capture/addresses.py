"""Link and IP addresses of a capture: as text, and the stand-ins that take their places in packets.

A stand-in comes from ranges that are reserved for documentation (RFC 7042, RFC 5737, RFC 3849); one
that a replacement spells itself is used as it is. The same address gets the same stand-in everywhere.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable, Mapping

from pii_guard.errors import ReasonCode, Unreadable

_NETS = tuple(
    ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
)
_NET6 = ipaddress.ip_network("2001:db8::/32")
_MACS = b"\x00\x00\x5e\x00\x53"
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")


def is_somebodys(address: bytes) -> bool:
    """Whether an address may belong to one machine: no group, no broadcast, none reserved for examples."""
    if len(address) == 6:
        return not address[0] & 1 and any(address) and not address.startswith(_MACS)
    if len(address) == 8:
        return any(address)
    found = ipaddress.ip_address(address)
    shared = found.is_multicast or found.is_loopback or found.is_unspecified
    return not (shared or address == b"\xff" * 4 or any(found in net for net in (*_NETS, _NET6)))


def spelled(address: bytes) -> str:
    """An address of 4 or 16 (IP), 6 or 8 bytes (EUI) as people write it."""
    if len(address) in (6, 8):
        return ":".join(f"{byte:02x}" for byte in address)
    return str(ipaddress.ip_address(address))


def label(address: bytes) -> str:
    """What the address is."""
    return "MAC address" if len(address) in (6, 8) else "IP address"


def stand_ins(
    wanted: Iterable[tuple[bytes, str]], taken: Collection[bytes]
) -> Mapping[bytes, bytes]:
    """What each edited address becomes, by its replacement; `taken` are those that stay.

    Raises `Unreadable` where more are needed than there are.
    """
    found: dict[bytes, bytes] = {}
    given: dict[tuple[int, str], bytes] = {}
    used = set(taken)
    for address, replacement in wanted:
        key = (len(address), replacement)
        if key not in given:
            given[key] = _spelled_out(replacement, len(address)) or _next(len(address), used)
            used.add(given[key])
        found[address] = given[key]
    return found


def _spelled_out(replacement: str, size: int) -> bytes | None:
    if size == 6 and _MAC.fullmatch(replacement):
        return bytes.fromhex(re.sub("[:-]", "", replacement))
    try:
        packed = ipaddress.ip_address(replacement).packed
    except ValueError:
        return None
    return packed if len(packed) == size else None


def _next(size: int, used: Collection[bytes]) -> bytes:
    for candidate in _candidates(size):
        if candidate not in used:
            return candidate
    # No policy matter: so many are reserved for examples (RFC 5737, RFC 3849).
    raise Unreadable(ReasonCode.LIMIT_FINDINGS, "more addresses than stand-ins")


def _candidates(size: int) -> Iterable[bytes]:
    if size == 4:
        return (host.packed for net in _NETS for host in net.hosts())
    if size == 16:
        first = int(ipaddress.ip_address("2001:db8::1"))
        return ((first + n).to_bytes(16, "big") for n in range(1 << 20))
    prefix = _MACS if size == 6 else b"\x00\x00\x5e\xef\x10\x00\x00"
    return (prefix + bytes([n]) for n in range(256))
