"""Mail and captures made to be slow or to crash: time grows with size, and nothing but `Unreadable`."""

from __future__ import annotations

import random
import struct
import time

import pytest

from pii_guard.document import Changes, Edit, Span
from pii_guard.errors import Unreadable
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from pii_guard.identify import identify
from tests.fixtures import captures, mail, outlook, traffic

BOUNDS, FORMATS = Bounds(), Formats()
N = 20_000
_TYPE = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
HOSTILE = {
    "message/rfc822": [
        b"A: " + b"=?utf-8?q?" * N, b"A: " + b"=?utf-8?q?x?= " * N, b"A: " + b"x\r\n " * N,
        b"A: x\r\n" * N, b"A" * 50 * N, b"Content-Type: a/b" + b"; n=v" * N,
        b"Content-Type: a/b; " + b'n="' * N, b"Content-Type: a/b;" + b" n*0=v;" * N,
        b"To: " + b'"<' * N, _TYPE + b"--b\r\n" * 9_000, _TYPE + b"--b" * N, _TYPE + b"--b\r\n" * N,
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n" * N,
        b"A: =?punycode?q?" + b"ab-" * N + b"?=\r\n", b"A: x\r\n\r\n" + b"ab-" * N,
        b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"ab-\xe9" * N, b"A: " + b"(" * N, b"Content-Type: a/b; " + b"\\" * N, b"A: " + b" \t" * N,
    ],
    "application/mbox": [b"From x\n\n" * N, b"From " + b">From \n" * N],
    "multipart/form-data": [b"--b\r\n" * 9_000, b"--b\r\nA: x\r\n" * 9_000],
    "message/http": [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" * (N // 10),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * N,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" * (N // 10),
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" * N,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n" * N,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b" * (N // 10),
    ],
    "application/har+json": [b'{"log": {"entries": [' + b"[" * N, b'{"log": {"entries": [' + b"1," * N + b"1]}}",
                             b'{"log": {"entries": [' + b'{"response": {"content": {"text": "a"}}},' * (N // 10) + b"1]}}"],
    "application/x-www-form-urlencoded": [b"a=" * N, b"a" * N, b"a=b&" * N, b"%41" * N],
    "application/vnd.tcpdump.pcap": [
        traffic.pcap(*traffic.conversation(("c", b"x" * 4 * N), segment=1)[:N]),
        traffic.pcap(*[traffic.conversation(("c", b"x" * N), segment=N)[3]] * 300),
        traffic.pcap(traffic.datagram(traffic.question("a.example") + b"\xc0\x0c" * 9_000, dport=53)),
        traffic.pcap(traffic.datagram(struct.pack("!6H", 1, 0, 60_000, 0, 0, 0) + b"\1a\xc0\x0c" * 9_000, dport=53)),
        traffic.pcap(*traffic.conversation(("c", b"DATA\r\nA: x\r\n" * N), segment=30_000)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("media_type", sorted(HOSTILE))
def test_hostile_files_take_time_in_proportion(media_type):
    form = FORMATS.of(media_type)
    for number, blob in enumerate(HOSTILE[media_type]):
        began = time.process_time()
        identify(blob)
        for read in (form.read, form.reread):
            try:
                document = read(blob, BOUNDS)
                if read == form.read and not document.gaps:
                    edits = tuple(
                        Edit(n, Span(0, len(s.text)), "x")
                        for n, s in enumerate(document.segments)
                        if s.text
                    )
                    form.write(blob, Changes(edits, {}), BOUNDS)
            except Unreadable as refused:
                assert refused.reason.remedy
        assert time.process_time() - began < 20, number


SEEDS = [
    ("message/rfc822", [*mail.places().values()]),
    ("application/mbox", [mail.SAMPLES["application/mbox"]]),
    ("multipart/form-data", [captures.multipart()]),
    ("message/http", [*captures.exchanges().values()]),
    ("application/har+json", [captures.archive()]),
    ("application/x-burp+xml", [captures.items()]),
    ("application/vnd.tcpdump.pcap", [blob for blob, _ in traffic.places().values()]),
    ("application/vnd.ms-outlook", [*outlook.places().values()]),
    ("application/ms-tnef", [outlook.tnef()]),
]


def mutated(blob: bytes, chance: random.Random) -> bytes:
    """The blob with a few bytes changed, lost, doubled or cut off."""
    out = bytearray(blob)
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.randrange(len(out) or 1)
        how = chance.randrange(5)
        if how == 0:
            out[at : at + 1] = bytes([chance.randrange(256)])
        elif how == 1:
            del out[at : at + chance.choice((1, 4, 30))]
        elif how == 2:
            out[at:at] = chance.randbytes(4)
        elif how == 3:
            out[at : at + 4] = b"\xff\xff\xff\xff"
        else:
            del out[at:]
    return bytes(out)


@pytest.mark.parametrize(("media_type", "blobs"), SEEDS, ids=[one for one, _ in SEEDS])
def test_broken_files_are_read_or_refused_and_stay_as_they_are(media_type, blobs):
    form, chance = FORMATS.of(media_type), random.Random(7)
    for _ in range(150):
        blob = mutated(chance.choice(blobs), chance)
        try:
            document = form.read(blob, BOUNDS)
        except Unreadable:
            continue
        children = {n: child.blob for n, child in enumerate(document.children)}
        if not document.gaps:
            assert form.write(blob, Changes((), children), BOUNDS) == blob
        try:
            form.reread(blob, BOUNDS)
        except Unreadable as refused:
            assert refused.reason.remedy
