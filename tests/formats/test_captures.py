"""Captured exchanges: bodies as they are on the wire, sizes that follow, packets that fit together."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import socket
import struct
import zlib

import brotli
import dpkt
import pytest
import zstandard

from pii_guard import Guard, Policy
from pii_guard.document import Changes, Edit, Kind, Span
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import Formats, codings
from pii_guard.formats.base import Bounds
from pii_guard.identify import identify
from pii_guard.policy import Rule
from tests.fixtures import captures, traffic
from tests.fixtures.traffic import conversation, datagram, frame, packets, pcap, pcapng, question
from tests.formats import rewriting

BOUNDS, FORMATS = Bounds(), Formats()
HTTP, HAR = FORMATS.of("message/http"), FORMATS.of("application/har+json")
PCAP = FORMATS.of("application/vnd.tcpdump.pcap")
TOKEN = "<PERSON_1>"


def rewritten(form, blob, old, new=TOKEN):
    return rewriting.rewritten(form, blob, old, new)


def unchanged(form, blob):
    children = {n: child.blob for n, child in enumerate(form.read(blob, BOUNDS).children)}
    return form.write(blob, Changes((), children), BOUNDS) == blob


# -- HTTP ------------------------------------------------------------------------------------

CODERS = {
    "gzip": lambda raw: gzip.compress(raw, mtime=0), "deflate": zlib.compress, "br": brotli.compress,
    "zstd": zstandard.compress, "gzip, br": lambda raw: brotli.compress(gzip.compress(raw, mtime=0)),
}  # fmt: skip


@pytest.mark.parametrize("coding", sorted(CODERS))
@pytest.mark.parametrize("chunked", [False, True])
def test_a_coded_body_is_read_and_coded_again(coding, chunked):
    body = CODERS[coding](b"Jane Roe and more")
    head = f"Content-Encoding: {coding}\r\n" + ("Transfer-Encoding: chunked\r\n" if chunked else "")
    blob = captures.response(head, captures.chunks(body) if chunked else body, counted=not chunked)
    assert identify(blob) == "message/http"
    assert unchanged(HTTP, blob)
    for document in (HTTP.read(blob, BOUNDS), HTTP.reread(blob, BOUNDS)):
        assert [child.blob for child in document.children] == [b"Jane Roe and more"]
    out = rewritten(HTTP, blob, "Jane Roe")
    assert out == rewritten(HTTP, blob, "Jane Roe")
    for document in (HTTP.read(out, BOUNDS), HTTP.reread(out, BOUNDS)):
        assert [child.blob for child in document.children] == [b"<PERSON_1> and more"]


def test_a_body_that_was_pasted_decoded_is_text():
    blob = captures.response(
        "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", b"Jane Roe", counted=False
    )
    assert rewritten(HTTP, blob, "Jane Roe") == blob.replace(b"Jane Roe", TOKEN.encode())


@pytest.mark.parametrize("told", ["Content-Type: application/json\r\n", ""])
def test_a_body_is_read_again_by_what_reads_its_kind(told):
    body = b'{"title": "glass oak", "name": "Jane Roe"}'
    again = HTTP.reread(captures.response(told, body), BOUNDS)
    assert [child.blob for child in again.children] == [body]
    assert not any("glass oak" in segment.text for segment in again.segments)


DUMP = (
    b"Two requests, as Burp shows them:\n\n"
    b"POST /save%20it?q=Lily+Print+Tray&flag&who=J%C3%BCrgen;n=1 HTTP/1.1\r\nHost: shop.example\r\n"
    b"Cookie: sid=5e8093fe25989ed9; who=Jane%20Roe; dark\r\nContent-Length: 34\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nlast_name=De+Luca&note=Where%3F+No"
    b'HTTP/1.1 404 no such user\r\nServer: nginx\r\nX-Note: a;\r\n b\r\n\r\n{"a": "glass"}\r\n\r\n'
    b"-----\nand then\n"
    b"GET / HTTP/2\r\n:authority: shop.example\r\n\r\n"
)


def fields(document):
    kept = (one for one in document.segments if one.kind is not Kind.NAME)
    return [
        (one.text.strip("&; \r\n"), one.label, one.kind, one.record)
        for one in kept
        if one.text.strip()
    ]


def test_heads_and_forms_read_again_field_by_field():
    blob = DUMP.replace(b";\r\n b", b"")
    read, again = HTTP.read(blob, BOUNDS), HTTP.reread(blob, BOUNDS)
    assert fields(again) == fields(read)
    assert [(c.blob, c.media_type, c.record) for c in again.children] == [
        (c.blob, c.media_type, c.record) for c in read.children
    ]


def test_what_no_field_says_is_read_again_as_it_stands():
    blob = DUMP.replace(b"Host: shop.example", b"no field of Jane\r\nX-Jane: 1")
    shown = [(one.text.strip(), one.kind) for one in HTTP.reread(blob, BOUNDS).segments]
    assert ("no field of Jane", Kind.PROSE) in shown
    for name in ("X-Jane", "Content-Length", "who", "sid", "last_name"):
        assert (name, Kind.NAME) in shown
    assert ("a; b", Kind.FIELD) in shown


@pytest.mark.parametrize(
    "note",
    ["Where+is+Kim%3F%0AJane%3A+No.", "Dear+prof.+dr.+zwart%2C%0A%0Awe+renewed+the+exam+paper."],
)
def test_forms_are_not_held_for_how_they_are_written(guard, note):
    told = "Content-Type: application/x-www-form-urlencoded\r\n"
    body = f"name=Hoi-Yan+Makolaidis&product=Lily+Print+Tray&note={note}".encode()
    blob = captures.request("/save", told, body) + captures.response("", b"{}")
    result = guard.redact(blob, name="a.http")
    assert result.verdict == "redacted", result.reason
    assert result.output.endswith(captures.response("", b"{}"))


def test_messages_behind_counted_bodies_need_no_line_of_their_own():
    one = captures.response("", b"\0\1\2 first")
    blob = (
        one
        + captures.response("", b"HTTP/1.1 200 OK\r\n\r\nJane Roe")
        + captures.request(body=b"third")
    )
    for document in (HTTP.read(blob, BOUNDS), HTTP.reread(blob, BOUNDS)):
        bodies = [child.blob for child in document.children]
        assert b"\0\1\2 first" in bodies
    assert [c.blob for c in HTTP.read(blob, BOUNDS).children] == [
        b"\0\1\2 first", b"HTTP/1.1 200 OK\r\n\r\nJane Roe", b"third",
    ]  # fmt: skip


def test_a_bomb_is_refused(monkeypatch):
    small = Bounds(max_unpacked_bytes=10_000)
    monkeypatch.setattr(codings, "_STEP", 1_000)
    for coding in ("gzip", "deflate", "br", "zstd"):
        with pytest.raises(Unreadable) as refused:
            codings.undo(CODERS[coding](b"a" * 20_000), [coding], small)
        assert refused.value.reason.code is ReasonCode.LIMIT_UNPACKED
        with pytest.raises(Unreadable) as refused:
            codings.undo(CODERS[coding](bytes(range(256)))[:-3], [coding], small)
        assert refused.value.reason.code is ReasonCode.CORRUPT


@pytest.mark.parametrize(
    "body",
    [b"3\r\nabc\r\n0\r\nX-Name: Jane Roe\r\n\r\n", b"3;name=jane\r\nabc\r\n0\r\n\r\n"],
)
def test_fields_behind_a_body_are_a_gap(body):
    blob = captures.response("Transfer-Encoding: chunked\r\n", body, counted=False)
    assert [gap.reason.code for gap in HTTP.read(blob, BOUNDS).gaps] == [ReasonCode.NOT_COVERED]


def test_a_gzip_body_with_a_name_is_a_gap():
    held = io.BytesIO()
    with gzip.GzipFile("jane.txt", "wb", fileobj=held, mtime=0) as file:
        file.write(b"x")
    blob = captures.response("Content-Encoding: gzip\r\n", held.getvalue())
    assert [gap.reason.code for gap in HTTP.read(blob, BOUNDS).gaps] == [ReasonCode.NOT_COVERED]


# -- HAR and Burp ----------------------------------------------------------------------------


def test_sizes_that_were_right_stay_right():
    body = json.dumps({"who": "Jane Roe"}).encode()
    content = {"size": len(body), "mimeType": "application/json", "text": body.decode()}
    length = {"name": "Content-Length", "value": str(len(body))}
    blob = captures.archive(response={"headers": [length], "bodySize": len(body)}, content=content)
    response = json.loads(rewritten(HAR, blob, "Jane Roe"))["log"]["entries"][0]["response"]
    size = len(response["content"]["text"])
    assert response["content"]["text"] == body.decode().replace("Jane Roe", TOKEN)
    assert response["content"]["size"] == response["bodySize"] == size
    assert response["headers"][0]["value"] == str(size)


def test_values_of_an_archive_have_the_names_beside_them():
    pairs = [{"value": "Jane Roe", "name": "X-Owner"}]
    blob = captures.archive(request={"headers": pairs}, post={"mimeType": "a", "params": pairs})
    for document in (HAR.read(blob, BOUNDS), HAR.reread(blob, BOUNDS)):
        found = [s for s in document.segments if s.text == "Jane Roe"]
        assert [s.label for s in found] == ["X-Owner"] * 2
        assert {s.record for s in found} == {(1,)}


def test_only_what_differs_in_a_body_is_written_anew():
    blob = captures.archive(content={"mimeType": "text/html", "text": "PLACE", "size": 1})
    blob = blob.replace(b"PLACE", rb"<p class=\"\u00e9\">\/ Jane Roe \u00df<\/p>")
    assert rewritten(HAR, blob, "Jane Roe") == blob.replace(b"Jane Roe", TOKEN.encode())


def test_items_are_numbered_and_counted():
    form = FORMATS.of("application/x-burp+xml")
    one = captures.items(told=captures.response("", b"Jane Roe"))
    item = one[one.index(b"  <item>") : one.index(b"</items>")]
    blob = one.replace(item, item * 3)
    assert [child.record for child in form.read(blob, BOUNDS).children] == [
        (n,) for n in (1, 1, 2, 2, 3, 3)
    ]
    out = rewritten(form, blob, "Jane Roe")
    assert list(captures._unpacked_items(out))  # asserts that each length is right


# -- packets ---------------------------------------------------------------------------------


def payloads(blob):
    """What streams and datagrams carry, each once."""
    return b"".join(dict.fromkeys(traffic.streams(blob)))


def frames_of(blob):
    return [raw for _, raw in dpkt.pcap.UniversalReader(io.BytesIO(blob))]


def checked(before, after):
    """Whether tshark finds the same in both: checksums, sequence numbers, streams."""
    assert packets(after) == packets(before)
    assert len(frames_of(after)) == len(frames_of(before))


TALK = conversation(
    ("c", b"USER jane\r\n" * 12), ("s", b"331 Jane Roe may pass, all others may not\r\n" * 3),
    ("c", b"PASS no\r\n" * 9), port=21,
)  # fmt: skip


@pytest.mark.parametrize(
    "new", [TOKEN, "", "a much longer text than the one that stood there before"]
)
def test_numbers_follow_what_an_edit_adds_or_takes(new):
    blob = pcap(*TALK)
    out = rewritten(PCAP, blob, "jane", new)
    checked(blob, out)
    assert payloads(out).count(b"USER " + new.encode() + b"\r\n") == 12
    assert payloads(out).endswith(payloads(blob)[-40:])


def test_what_no_longer_fits_a_segment_goes_into_the_next():
    line = b"by Jane Roe, who else\r\n" * 9_000
    blob = pcap(*conversation(("c", line[:150_000]), port=21, segment=65_400), snap=262_144)
    out = rewritten(PCAP, blob, "Jane Roe", "John Smith")
    assert b"Jane Roe" not in out
    checked(blob, out)
    longer = pcap(*conversation(("c", line[:65_400]), port=21, segment=65_400), snap=262_144)
    with pytest.raises(Unreadable):
        rewritten(PCAP, longer, "Jane Roe", "John Smith")


def test_segments_out_of_order_and_sent_twice_are_put_together():
    mixed = [*TALK[:4], TALK[5], TALK[4], TALK[4], *TALK[6:]]
    blob = pcap(*mixed)
    out = rewritten(PCAP, blob, "jane")
    assert payloads(out).count(b"USER <PERSON_1>\r\n") == 12
    assert b"jane" not in payloads(out)
    again = frames_of(out)
    assert again[5] == again[6]
    checked(blob, out)


def test_segments_that_contradict_each_other_are_refused():
    other = TALK[4].replace(b"jane", b"mary")
    with pytest.raises(Unreadable) as refused:
        PCAP.read(pcap(*TALK[:5], other, *TALK[5:]), BOUNDS)
    assert refused.value.reason.code is ReasonCode.NOT_COVERED


def test_a_lost_segment_cuts_a_stream_and_what_follows_is_still_read():
    blob = pcap(*TALK[:4], *TALK[5:])
    out = rewritten(PCAP, blob, "Jane Roe")
    assert b"Jane Roe" not in out
    assert b"331 <PERSON_1> may" in b"".join(frames_of(out))
    checked(blob, out)


def test_a_port_that_is_used_again_begins_another_stream():
    blob = pcap(
        *TALK,
        *(
            one.replace(b"jane", b"mary")
            for one in conversation(("c", b"USER jane\r\n"), port=21, first=77)
        ),
    )
    first = PCAP.read(blob, BOUNDS)
    assert len(first.children) == 3


def test_selective_acknowledgements_move_along():
    options = struct.pack("!BBBBII", 1, 1, 5, 10, 1001 + 48, 1001 + 96)
    tcp = dpkt.tcp.TCP(
        sport=21, dport=40001, seq=2**32 - 49, ack=1001, flags=16, win=9, off=8, opts=options
    )
    told = frame(traffic.ip(tcp, 6, source=traffic.SERVER, target=traffic.CLIENT))
    blob = pcap(*TALK[:4], told, *TALK[4:])
    out = rewritten(PCAP, blob, "jane", "j")
    moved = dpkt.ethernet.Ethernet(frames_of(out)[4]).data.data
    third = dpkt.ethernet.Ethernet(frames_of(out)[5]).data.data
    left, right = struct.unpack("!II", moved.opts[4:])
    assert left == third.seq
    assert right == third.seq + len(third.data)


def test_packets_that_were_cut_stay_cut():
    blob = pcap(*TALK, snap=90)
    out = rewritten(PCAP, blob, "jane", "j")
    assert b"jane" not in out
    sizes = [struct.unpack("<II", out[at + 8 : at + 16]) for at in _records(out)]
    assert max(captured for captured, _ in sizes) <= 90
    assert all(captured <= original for captured, original in sizes)


def _records(blob):
    at = 24
    while at < len(blob):
        yield at
        at += 16 + struct.unpack("<I", blob[at + 8 : at + 12])[0]


def test_names_keep_their_length_and_what_points_to_them():
    answer = b"\x03www\xc0\x0c"
    blob = pcap(datagram(question("janes-laptop.corp.example", answer, kind=5), dport=53))
    names = [s.text for s in PCAP.read(blob, BOUNDS).segments]
    assert names == ["janes-laptop.corp.example", "www.janes-laptop.corp.example"]
    edit = Edit(0, Span(0, 12), "<PERSON_1>")
    out = PCAP.write(blob, Changes((edit,)), BOUNDS)
    again = [s.text for s in PCAP.read(out, BOUNDS).segments]
    assert again == ["person-1xxxx.corp.example", "www.person-1xxxx.corp.example"]
    checked(blob, out)


def test_an_address_in_a_reverse_lookup_reads_forwards():
    blob = pcap(datagram(question("93.7.12.84.in-addr.arpa", kind=12), dport=53))
    assert [s.text for s in PCAP.read(blob, BOUNDS).segments] == ["84.12.7.93"]
    out = PCAP.write(blob, Changes((Edit(0, Span(0, 10), "<IP_ADDRESS_1>"),)), BOUNDS)
    assert b"\x02xx\x01x\x02xx\x02xx\x07in-addr\x04arpa" in out


def test_netbios_names_are_read_and_written_letter_by_letter():
    padded = "JANE".ljust(15).encode() + b"\0"
    name = "".join(chr(65 + (b >> 4)) + chr(65 + (b & 15)) for b in padded)
    blob = pcap(datagram(question(name, kind=32), sport=137, dport=137))
    segment = PCAP.read(blob, BOUNDS).segments[0]
    assert segment.text.startswith("JANE   ")
    out = PCAP.write(blob, Changes((Edit(0, Span(0, 4), "<X>"),)), BOUNDS)
    assert PCAP.read(out, BOUNDS).segments[0].text.startswith("XXXX   ")


def test_addresses_get_stand_ins_everywhere():
    theirs = {"source": "84.12.7.93", "target": traffic.SERVER}
    mac = bytes.fromhex("3c22fb9a417e")
    eui = socket.inet_pton(socket.AF_INET6, "fe80::3e22:fbff:fe9a:417e")
    arp = dpkt.arp.ARP(
        sha=mac, spa=socket.inet_aton("84.12.7.93"), tha=b"\0" * 6, tpa=b"\xc6\x33\x64\x14", op=1
    )
    blob = pcap(
        *conversation(("c", b"GET / HTTP/1.1\r\nX-A: 84.12.7.93\r\n\r\n"), **theirs),
        frame(arp, 0x0806, source=mac), datagram(b"\1\2" + eui + b"\3", **theirs),
        datagram(question("a.example", socket.inet_aton("84.12.7.93")), dport=53),
    )  # fmt: skip
    guard = Guard(Policy(entities={"IP_ADDRESS": Rule(strong=True)}))
    result = guard.redact(blob, name="a.pcap")
    assert result.verdict == "redacted", result.reason
    for gone in (socket.inet_aton("84.12.7.93"), b"84.12.7.93", mac, eui[8:]):
        assert gone not in result.output
    frames = [dpkt.ethernet.Ethernet(raw) for raw in frames_of(result.output)]
    stand_in = frames[0].data.src
    assert [one.data.src for one in frames[:2]] == [stand_in, b"\xc6\x33\x64\x14"]
    assert frames[-3].data.spa == stand_in
    assert frames[-1].data.data.data.endswith(stand_in)
    checked(blob, result.output)


def test_what_tls_encrypts_is_passed_on_and_what_it_says_before_is_read():
    hello = b"\x16\x03\x01\x00\x40" + b"\x01\0\0\x3c" + b"jane-roes-box.example".ljust(0x3C, b"\0")
    secret = b"\x17\x03\x03\x00\x20" + b"SECRET-THAT-LOOKS-LIKE-TEXT-0000"
    blob = pcap(*conversation(("c", hello), ("c", secret), port=443))
    texts = "\n".join(s.text for s in PCAP.read(blob, BOUNDS).segments)
    assert "jane-roes-box" in texts
    assert "SECRET" not in texts
    out = rewritten(PCAP, blob, "jane-roes-box", "<X>")
    assert payloads(out) == payloads(blob).replace(b"jane-roes-box", b"<X>**********")


@pytest.mark.parametrize("link", [0, 101, 113, 276])
def test_link_layers(link):
    packet = frame(b"")[14:] + datagram(b"by Jane Roe")[14:]
    head = {
        0: b"\2\0\0\0", 101: b"", 113: b"\0\0\0\1\0\6\x3c\x22\xfb\x9a\x41\x7e\0\0\x08\0",
        276: b"\x08\0\0\0\0\0\0\1\0\1\0\6\x3c\x22\xfb\x9a\x41\x7e\0\0",
    }[link]  # fmt: skip
    blob = pcap(head + packet, link=link)
    texts = [s.text for s in PCAP.read(blob, BOUNDS).segments]
    assert texts == (["3c:22:fb:9a:41:7e"] if link > 101 else []) + ["by Jane Roe"]
    out = rewritten(PCAP, blob, "Jane Roe", "J")
    assert [s.text for s in PCAP.read(out, BOUNDS).segments][-1] == "by J"
    checked_bytes = out[24 + 16 + len(head) :]
    assert dpkt.ip.IP(checked_bytes).len == len(checked_bytes)


def test_vlan_tags_are_looked_behind():
    plain = datagram(b"by Jane Roe")
    blob = pcap(plain[:12] + b"\x81\0\0\5" + plain[12:])
    assert b"by <PERSON_1>" in rewritten(PCAP, blob, "Jane Roe")


def test_a_tunnel_is_followed_behind_connect():
    hello = b"\x16\x03\x01\x00\x10" + b"jane-roe.example"
    blob = pcap(
        *conversation(("c", b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n" + hello), port=3128)
    )
    document = PCAP.read(blob, BOUNDS)
    assert [child.media_type for child in document.children] == ["message/http"]
    assert any("jane-roe.example" in s.text for s in document.segments)


def test_a_section_of_other_byte_order_and_unknown_blocks():
    known = pcapng(datagram(b"by Jane Roe"))
    unknown = struct.pack("<IIII", 0x0BAD, 16, 7, 16)
    with pytest.raises(Unreadable) as refused:
        PCAP.read(known + unknown, BOUNDS)
    assert refused.value.reason.code is ReasonCode.NOT_COVERED
    assert len(PCAP.read(known + known, BOUNDS).segments) == 2


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_reads_mail_and_bodies_as_written():
    import subprocess
    import tempfile
    from pathlib import Path

    body = json.dumps({"who": "Jane Roe", "more": "x" * 500}).encode()
    coded = gzip.compress(body, mtime=0)
    blob = pcap(
        *conversation(
            ("c", captures.request()),
            (
                "s",
                captures.response(
                    "Content-Encoding: gzip\r\nContent-Type: application/json\r\n", coded
                ),
            ),
        )
    )
    out = rewritten(PCAP, blob, "Jane Roe")
    document = PCAP.read(blob, BOUNDS)
    inner = {n: HTTP.write(c.blob, Changes((), {k: d.blob.replace(b"Jane Roe", TOKEN.encode()) for k, d in enumerate(HTTP.read(c.blob, BOUNDS).children)}), BOUNDS) for n, c in enumerate(document.children)}  # fmt: skip
    out = PCAP.write(blob, Changes((), inner), BOUNDS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.pcap"
        path.write_bytes(out)
        shown = subprocess.run(
            ["tshark", "-n", "-r", str(path), "-Y", "http.response", "-T", "fields", "-e", "json.value.string"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    assert TOKEN in shown
    assert "Jane" not in shown


def test_base64_of_a_body_that_is_none_is_corrupt():
    blob = captures.archive(
        content={"encoding": "base64", "text": "!!", "size": 1, "mimeType": "a"}
    )
    with pytest.raises(Unreadable) as refused:
        HAR.read(blob, BOUNDS)
    assert refused.value.reason.code is ReasonCode.CORRUPT


@pytest.mark.parametrize(
    "packet",
    [
        frame(traffic.ip(dpkt.udp.UDP(data=b"x"), 4)), frame(traffic.ip(dpkt.udp.UDP(data=b"x"), 47)),
        datagram(b"x" * 20, dport=4789), frame(b"\0" * 40, 0x8847),
        frame(b"\x46\0\0\x20\0\0\0\0\x40\x11\0\0" + b"\1\2\3\4" * 2 + b"\x07\x04\x04\0" + b"\0" * 8),
    ],
    ids=["IP in IP", "GRE", "VXLAN", "MPLS", "record route"],
)  # fmt: skip
def test_packets_in_packets_are_refused(packet):
    with pytest.raises(Unreadable) as refused:
        PCAP.read(pcap(packet), BOUNDS)
    assert refused.value.reason.code is ReasonCode.NOT_COVERED
