"""What a capture carries that nobody can read is named and counted, and nothing else is."""

from __future__ import annotations

import hashlib
import struct

import dpkt
import pytest

from pii_guard.document import Matter, Unread
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from tests.fixtures.traffic import conversation, datagram, frame, ip, pcap, question

PCAP = Formats().of("application/vnd.tcpdump.pcap")
NOISE = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(5))
HELLO = b"\x16\x03\x01\x00\x40" + b"\x01\0\0\x3c" + b"box.example".ljust(0x3C, b"\0")
CHANGE = b"\x14\x03\x03\x00\x01\x01"
SEALED = b"\x17\x03\x03\x00\x20" + NOISE[:32]


def unread(*frames: bytes) -> tuple[Unread, ...]:
    return PCAP.read(pcap(*frames), Bounds()).unread


@pytest.mark.parametrize(
    ("payload", "port", "matter"),
    [
        (b"\x17\xfe\xfd\0\1" + bytes(6) + b"\0\x40" + NOISE[:64], 9999, Matter.DTLS),
        (b"\xc3\0\0\0\1\x08" + NOISE[:100], 9999, Matter.QUIC),
        (b"\x43" + NOISE[:60], 443, Matter.QUIC),
        (b"\4\0\0\0" + NOISE[:44], 51820, Matter.WIREGUARD),
        (b"\1\0\0\0" + NOISE[:144], 51820, Matter.WIREGUARD),
        (NOISE[:80], 4500, Matter.ESP),
        (NOISE[:80], 9999, Matter.BINARY),
    ],
)
def test_datagrams(payload, port, matter):
    assert unread(datagram(payload, dport=port)) == (Unread(matter, 1),)
    assert unread(*[datagram(payload, dport=port)] * 3) == (Unread(matter, 3),)


@pytest.mark.parametrize(
    "packet",
    [
        datagram(b"by Jane Roe, in clear", dport=9999),
        datagram(b"\0\1 short", dport=9999),
        datagram(NOISE[:48], sport=123, dport=123),
        question("box.example"),
        frame(ip(dpkt.icmp.ICMP(type=8, data=dpkt.icmp.ICMP.Echo(data=bytes(range(56)))), 1)),
    ],
)
def test_what_is_read_or_of_known_make_is_not_counted(packet):
    assert unread(packet) == ()


def test_esp_and_other_protocols():
    assert unread(frame(ip(NOISE[:80], 50))) == (Unread(Matter.ESP, 1),)
    assert unread(frame(ip(NOISE[:80], 132))) == (Unread(Matter.BINARY, 1),)


def test_a_handshake_alone_is_read_and_each_direction_that_is_sealed_counts():
    assert unread(*conversation(("c", HELLO), port=443)) == ()
    assert unread(*conversation(("c", HELLO + CHANGE), port=443)) == ()
    both = conversation(("c", HELLO + CHANGE + SEALED), ("s", HELLO + SEALED + SEALED), port=443)
    assert unread(*both) == (Unread(Matter.TLS, 2),)
    # A message of the handshake behind the change of cipher is sealed too.
    finished = b"\x16\x03\x03\x00\x20" + NOISE[:32]
    assert unread(*conversation(("c", HELLO + CHANGE + finished), port=443)) == (
        Unread(Matter.TLS, 1),
    )


def test_streams():
    shell = conversation(("c", b"SSH-2.0-OpenSSH_9.6\r\n" + struct.pack("!I", 96) + NOISE[:96]))
    assert unread(*shell) == (Unread(Matter.SSH, 1),)
    assert unread(*conversation(("c", NOISE), port=9999)) == (Unread(Matter.BINARY, 1),)
    assert unread(*conversation(("c", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"))) == ()


def test_a_tunnel_is_counted_behind_connect():
    asked = b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"
    assert unread(*conversation(("c", asked + HELLO + SEALED), port=3128)) == (
        Unread(Matter.TLS, 1),
    )
