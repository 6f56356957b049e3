"""Packets of a capture: where addresses and payloads stand in their bytes, and how they are sealed.

Ethernet with VLAN tags, PPPoE, Linux cooked captures, loopback and raw IP; ARP, IPv4, IPv6, TCP, UDP, ICMP.
Nothing of a payload is looked at here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from pii_guard.errors import ReasonCode, Unreadable

ETHERNET, NULL, RAW, LOOP, COOKED, IPV4_LINK, IPV6_LINK, COOKED2 = (
    1,
    0,
    101,
    108,
    113,
    228,
    229,
    276,
)
_RAW_LINKS = {RAW, 12, 14, IPV4_LINK, IPV6_LINK}
_TAGS = {0x8100, 0x88A8, 0x9100}
_IP4, _IP6, _ARP, _PPPOE = 0x0800, 0x86DD, 0x0806, 0x8864
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
_EXTENSIONS = {0, 43, 60, 135, 139, 140}
_QUIET_OPTIONS = {0, 1, 20}
"""IPv4 options that hold no addresses and no text: end, nothing, router alert."""
_TUNNELS, _TUNNEL_PORTS, _LABELLED = {4, 41, 47}, {2152, 4789, 6081}, {0x8847, 0x8848}
"""What carries packets in packets: IP, IPv6, GRE; GTP, VXLAN, Geneve; MPLS."""
_ERRORS = {ICMP: {3, 4, 5, 11, 12}, ICMP6: {1, 2, 3, 4}}
"""ICMP messages that carry the head of the packet that caused them."""


@dataclass(slots=True)
class Packet:
    """What stands where in a packet's bytes.

    `macs`, `addresses`: places of link and IP addresses. `ip`: where the IP header begins (-1: none),
    `version` its version. `transport`: where the transport header begins, `protocol` its number.
    `payload`..`end`: what the transport carries, as far as it was captured (half-open); `trailer`:
    where what follows the IP packet begins. `whole`: nothing was cut off.
    """

    data: bytes = field(repr=False)
    macs: list[int] = field(default_factory=list)
    addresses: list[tuple[int, int]] = field(default_factory=list)
    ip: int = -1
    version: int = 0
    protocol: int = -1
    transport: int = -1
    payload: int = 0
    end: int = 0
    whole: bool = True

    def tcp(self) -> tuple[int, int, int]:
        """Sequence number, acknowledgement number, flags."""
        seq, ack, _, flags = struct.unpack_from("!IIBB", self.data, self.transport + 4)
        return seq, ack, flags

    def ports(self) -> tuple[int, int]:
        """Source and destination port of TCP or UDP."""
        source, destination = struct.unpack_from("!HH", self.data, self.transport)
        return source, destination

    def hosts(self) -> tuple[bytes, bytes]:
        """Source and destination of the IP packet."""
        size = 4 if self.version == 4 else 16
        at = self.ip + (12 if self.version == 4 else 8)
        return self.data[at : at + size], self.data[at + size : at + 2 * size]


def dissect(data: bytes, link: int, number: int) -> Packet:
    """The packet's parts. Raises `Unreadable` for link layers that are not read, and fragments."""
    packet = Packet(data, end=len(data))
    try:
        kind, position = _link(packet, link)
        if kind in _LABELLED:
            raise Unreadable(ReasonCode.NOT_COVERED, f"packet {number}: a tunnel")
        if kind == _ARP:
            _arp(packet, position)
        elif kind in (_IP4, _IP6):
            _ip(packet, position, kind, number)
        else:
            packet.payload = min(position, len(data))
    except (struct.error, IndexError):
        # Cut within its headers: what is left of it is read as bytes of no known meaning.
        packet.protocol, packet.transport, packet.whole = -1, -1, False
        packet.payload, packet.end = min(14, len(data)), len(data)
    packet.macs = [at for at in packet.macs if at + 6 <= len(data)]
    packet.addresses = [(at, size) for at, size in packet.addresses if at + size <= len(data)]
    return packet


def _link(packet: Packet, link: int) -> tuple[int, int]:
    data = packet.data
    if link == ETHERNET:
        packet.macs += [0, 6]
        position = 12
        kind = struct.unpack_from("!H", data, position)[0]
        while kind in _TAGS:
            position += 4
            kind = struct.unpack_from("!H", data, position)[0]
        position += 2
        if kind == _PPPOE:
            protocol = struct.unpack_from("!H", data, position + 6)[0]
            return {0x21: _IP4, 0x57: _IP6}.get(protocol, 0), position + 8
        return kind, position
    if link == COOKED:
        if struct.unpack_from("!H", data, 4)[0] == 6:
            packet.macs.append(6)
        return struct.unpack_from("!H", data, 14)[0], 16
    if link == COOKED2:
        if data[11] == 6:
            packet.macs.append(12)
        return struct.unpack_from("!H", data, 0)[0], 20
    if link in (NULL, LOOP):
        family = struct.unpack_from("<I" if data[0] else ">I", data, 0)[0]
        return _IP4 if family == 2 else _IP6 if family in (10, 24, 28, 30) else 0, 4
    if link in _RAW_LINKS:
        return _IP4 if data[0] >> 4 == 4 else _IP6 if data[0] >> 4 == 6 else 0, 0
    raise Unreadable(ReasonCode.UNSUPPORTED, f"link layer {link}")


def _arp(packet: Packet, position: int) -> None:
    hard, soft = packet.data[position + 4], packet.data[position + 5]
    packet.payload = position + 8 + 2 * (hard + soft)
    if packet.payload > len(packet.data):
        raise IndexError
    for start in (position + 8, position + 8 + hard + soft):
        if hard == 6:
            packet.macs.append(start)
        if soft == 4:
            packet.addresses.append((start + hard, 4))


def _ip(packet: Packet, position: int, kind: int, number: int) -> None:
    data = packet.data
    if kind == _IP4:
        head, _, total, _, fragment, _, protocol = struct.unpack_from("!BBHHHBB", data, position)
        if head >> 4 != 4 or len(data) < position + 20:
            raise IndexError
        if fragment & 0x3FFF:
            raise Unreadable(ReasonCode.NOT_COVERED, f"packet {number}: a fragment")
        if (head & 15) > 5 and data[position + 20] & 0x7F not in _QUIET_OPTIONS:
            raise Unreadable(ReasonCode.NOT_COVERED, f"packet {number}: IP options")
        packet.ip, packet.version, packet.protocol = position, 4, protocol
        packet.addresses += [(position + 12, 4), (position + 16, 4)]
        transport = position + (head & 15) * 4
        end = position + total if total else len(data)
    else:
        length, protocol = struct.unpack_from("!HB", data, position + 4)
        if data[position] >> 4 != 6 or len(data) < position + 40:
            raise IndexError
        packet.ip, packet.version = position, 6
        packet.addresses += [(position + 8, 16), (position + 24, 16)]
        transport = position + 40
        end = transport + length if length else len(data)
        while protocol in _EXTENSIONS:
            protocol, size = data[transport], data[transport + 1]
            transport += 8 + size * 8
        if protocol == 44:
            raise Unreadable(ReasonCode.NOT_COVERED, f"packet {number}: a fragment")
        packet.protocol = protocol
    if protocol in _TUNNELS:
        raise Unreadable(ReasonCode.NOT_COVERED, f"packet {number}: a tunnel")
    packet.whole = end <= len(data)
    packet.end = min(end, len(data))
    packet.payload = min(transport, packet.end)
    if protocol == TCP:
        size = (data[transport + 12] >> 4) * 4
    elif protocol == UDP:
        size = 8
    elif protocol in _ERRORS:
        size = _icmp(packet, transport)
    else:
        return
    packet.transport = transport
    if protocol == UDP and _TUNNEL_PORTS.intersection(packet.ports()):
        raise Unreadable(ReasonCode.NOT_COVERED, f"packet {number}: a tunnel")
    if transport + size > packet.end or (protocol == TCP and size < 20):
        raise IndexError
    packet.payload = transport + size


def _icmp(packet: Packet, transport: int) -> int:
    data = packet.data
    if data[transport] not in _ERRORS[packet.protocol]:
        return 8
    inner = transport + 8
    if packet.protocol == ICMP and len(data) >= inner + 20:
        packet.addresses += [(inner + 12, 4), (inner + 16, 4)]
        return min(28, packet.end - transport)
    if packet.protocol == ICMP6 and len(data) >= inner + 40:
        packet.addresses += [(inner + 8, 16), (inner + 24, 16)]
        return min(48, packet.end - transport)
    return 8


def with_payload(packet: Packet, payload: bytes) -> bytes:
    """The packet with another payload; lengths follow. Raises `Unreadable` beyond 65,535 bytes."""
    data, grown = packet.data, len(payload) - (packet.end - packet.payload)
    out = bytearray(data[: packet.payload] + payload + data[packet.end :])
    if grown and packet.ip >= 0:
        at = packet.ip + (2 if packet.version == 4 else 4)
        told = struct.unpack_from("!H", data, at)[0]
        _put_length(out, at, told + grown if told else 0)
        if packet.protocol == UDP and packet.transport >= 0:
            told = struct.unpack_from("!H", data, packet.transport + 4)[0]
            _put_length(out, packet.transport + 4, told + grown)
    return bytes(out)


def _put_length(out: bytearray, at: int, length: int) -> None:
    if not 0 <= length <= 0xFFFF:
        raise Unreadable(ReasonCode.NOT_COVERED, "a packet that would be too long")
    struct.pack_into("!H", out, at, length)


def seal(data: bytes, packet: Packet, end: int) -> bytes:
    """Changed bytes of a packet with the checksums of IP, TCP, UDP and ICMP right (RFC 1071).

    `end`: where its IP packet ends in `data`. Of a packet that was cut off the inner checksum stays.
    """
    if packet.ip < 0:
        return data
    out = bytearray(data)
    if packet.version == 4:
        size = (out[packet.ip] & 15) * 4
        struct.pack_into("!H", out, packet.ip + 10, 0)
        total = checksum(bytes(out[packet.ip : packet.ip + size]))
        struct.pack_into("!H", out, packet.ip + 10, total)
    at = {TCP: 16, UDP: 6, ICMP: 2, ICMP6: 2}.get(packet.protocol)
    if at is None or packet.transport < 0 or not packet.whole:
        return bytes(out)
    at += packet.transport
    if packet.protocol == UDP and out[at : at + 2] == b"\0\0":
        return bytes(out)  # it has none
    struct.pack_into("!H", out, at, 0)
    body = bytes(out[packet.transport : end])
    if packet.protocol != ICMP:
        size = 4 if packet.version == 4 else 16
        first = packet.ip + (12 if packet.version == 4 else 8)
        body = (
            bytes(out[first : first + 2 * size])
            + struct.pack("!IHH", len(body), 0, packet.protocol)
            + body
        )
    total = checksum(body)
    struct.pack_into("!H", out, at, total or (0xFFFF if packet.protocol == UDP else 0))
    return bytes(out)


def checksum(data: bytes) -> int:
    """The Internet checksum."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
