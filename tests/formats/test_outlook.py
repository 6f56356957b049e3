"""Outlook messages, compound files and compressed RTF."""

from __future__ import annotations

import io
import random
import struct

import olefile
import pytest

from pii_guard.document import Changes, Edit, Span
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from pii_guard.formats.outlook.compound import Storage, read_compound, write_compound
from pii_guard.formats.outlook.mapi import pack_rtf, unpack_rtf
from pii_guard.identify import identify
from tests.fixtures.outlook import outlook, tnef

BOUNDS, FORMATS = Bounds(), Formats()
MSG, TNEF = FORMATS.of("application/vnd.ms-outlook"), FORMATS.of("application/ms-tnef")
HELLO = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232"
    "0af32068656c090020627705b06c647d0a800fa0"
)
"""The example of MS-OXRTFCP, section 3.1."""


def edited(form, blob, old, new="<PERSON_1>"):
    document = form.read(blob, BOUNDS)
    edits = tuple(
        Edit(n, Span(segment.text.index(old), segment.text.index(old) + len(old)), new)
        for n, segment in enumerate(document.segments)
        if old in segment.text
    )
    children = {
        n: c.blob.replace(old.encode(), new.encode()) for n, c in enumerate(document.children)
    }
    return form.write(blob, Changes(edits, children), BOUNDS)


@pytest.mark.parametrize("sizes", [[], [1], [4095, 4096], [0, 64, 65], [100] * 300, [9_000_000]])
def test_a_compound_file_holds_what_was_put_in(sizes):
    chance = random.Random(1)
    streams = {f"stream {n}": chance.randbytes(size) for n, size in enumerate(sizes)}
    root = Storage(entries={**streams, "inner": Storage(b"\1" * 16, {"x": b"y" * 5000, "Ä": b"z"})})
    blob = write_compound(root)
    assert blob == write_compound(root)
    again, free = read_compound(blob, BOUNDS)
    assert not free.strip(b"\0\xff")
    assert dict(again.walk()) == dict(root.walk())
    with olefile.OleFileIO(io.BytesIO(blob), raise_defects=olefile.DEFECT_POTENTIAL) as ole:
        for name, data in streams.items():
            assert ole.openstream([name]).read() == data


def test_the_tree_of_names_is_red_and_black():
    blob = write_compound(Storage(entries={f"{n}": b"x" for n in range(50)}))
    with olefile.OleFileIO(io.BytesIO(blob)) as ole:
        nodes = {entry.sid: entry for entry in ole.direntries if entry}

        def blacks(sid, above_red=False):
            if sid == 0xFFFFFFFF:
                return 1
            node = nodes[sid]
            red = node.color == 0
            assert not (red and above_red)
            left, right = blacks(node.sid_left, red), blacks(node.sid_right, red)
            assert left == right
            return left + (not red)

        assert blacks(nodes[0].sid_child) > 1


def test_lengths_follow_a_text():
    blob = outlook(
        {0x0037001F: "For Jane Roe"},
        attached={0x3707001F: "Jane Roe.txt", 0x37010102: b"by Jane Roe"},
    )
    assert identify(blob) == "application/vnd.ms-outlook"
    out = edited(MSG, blob, "Jane Roe")
    root, _ = read_compound(out, BOUNDS)
    subject = "For <PERSON_1>".encode("utf-16-le")
    assert root.entries["__substg1.0_0037001F"] == subject
    table = root.entries["__properties_version1.0"]
    told = {
        table[at : at + 4]: struct.unpack_from("<I", table, at + 8)[0]
        for at in range(32, len(table), 16)
    }
    assert told[struct.pack("<HH", 0x1F, 0x37)] == len(subject) + 2
    attached = root.entries["__attach_version1.0_#00000000"]
    assert attached.entries["__substg1.0_37010102"] == b"by <PERSON_1>"


def test_another_library_reads_what_was_written():
    oxmsg = pytest.importorskip("oxmsg")
    blob = outlook(
        {0x0037001F: "For Jane Roe"}, attached={0x3707001F: "a.txt", 0x37010102: b"by Jane Roe"}
    )
    message = oxmsg.Message.load(io.BytesIO(edited(MSG, blob, "Jane Roe")))
    assert message.subject == "For <PERSON_1>"
    assert [one.file_bytes for one in message.attachments] == [b"by <PERSON_1>"]


def test_free_sectors_are_read_and_left_behind():
    blob = bytearray(outlook({0x0037001F: "For Mary"}))
    start = struct.unpack_from("<I", blob, 76)[0] + 1  # the table's sector
    free = len(blob) // 512 - 1
    struct.pack_into("<I", blob, start * 512 + 4 * free, 0xFFFFFFFF)
    loose = bytes(blob) + b"once by Jane Roe".ljust(512, b"\0")
    assert any("once by Jane Roe" in s.text for s in MSG.read(loose, BOUNDS).segments)
    assert b"Jane Roe" not in edited(MSG, loose, "Jane Roe")


@pytest.mark.parametrize(
    "place",
    ["behind a small stream", "behind all small streams", "behind a large stream", "a name"],
)
def test_what_stands_behind_the_end_of_something_is_read_and_left_behind(place):
    said = b"by Jane Roe"
    blob = outlook({0x0037001F: "For Mary", 0x1000001F: "long " * 1_000})
    start = {
        "behind a small stream": blob.index("For Mary".encode("utf-16-le")) + 30,
        "behind a large stream": blob.rindex("long ".encode("utf-16-le")) + 10,
        "behind all small streams": blob.index("For Mary".encode("utf-16-le")) // 512 * 512 + 490,
        "a name": blob.index("Root Entry".encode("utf-16-le")) + 40,
    }[place]
    assert blob[start : start + len(said)] == bytes(len(said))
    held = blob[:start] + said + blob[start + len(said) :]
    assert any("by Jane Roe" in s.text for s in MSG.read(held, BOUNDS).segments)
    out = edited(MSG, held, "Jane Roe")
    assert b"Jane Roe" not in out
    assert MSG.read(out, BOUNDS).segments[:] == MSG.read(blob, BOUNDS).segments[:]


def test_what_is_no_property_is_a_gap():
    for more in ({"WordDocument": b"x"}, {"package": Storage(entries={"x": b"y"})}):
        gaps = MSG.read(outlook(more=more), BOUNDS).gaps
        assert [gap.reason.code for gap in gaps] == [ReasonCode.NOT_COVERED]


def test_compressed_rtf():
    text = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert unpack_rtf(HELLO) == text
    assert unpack_rtf(pack_rtf(text)) == text
    with pytest.raises(Unreadable):
        unpack_rtf(b"\0" * 20)
    library = pytest.importorskip("compressed_rtf")
    assert library.decompress(pack_rtf(text)) == text
    long = b"{\\rtf1 " + b"over and over, and once more. " * 400 + b"}"
    assert unpack_rtf(library.compress(long)) == long


def test_sums_follow_an_attribute():
    blob = tnef(subject="For Jane Roe")
    out = edited(TNEF, blob, "Jane Roe")
    assert b"For <PERSON_1>\0" in out
    assert TNEF.read(out, BOUNDS).segments[0].text == "For <PERSON_1>"
    broken = bytearray(blob)
    broken[-20] ^= 1
    with pytest.raises(Unreadable):
        TNEF.read(bytes(broken), BOUNDS)
