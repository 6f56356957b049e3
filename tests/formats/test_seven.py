"""7z: what 7-Zip packs is read, and what is written 7-Zip reads."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from pii_guard.document import Changes, Edit, Span
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from pii_guard.formats.seven_writing import packed
from tests.fixtures import CANARY
from tests.fixtures.archives import sealed, sevened
from tests.formats.samples import SAMPLES

BOUNDS = Bounds()
FORM = Formats().of("application/x-7z-compressed")
FILES = {
    "a.txt": b"status 403\n" * 500,
    "sub/b.json": b'{"a": 1}',
    "sub/empty.txt": b"",
    "c.bin": random.Random(1).randbytes(3000),
}
with_7zip = pytest.mark.skipif(shutil.which("7zz") is None, reason="7-Zip is not installed")


@pytest.fixture
def folder(tmp_path):
    for name, content in FILES.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    return tmp_path


def by_7zip(folder: Path, *options: str) -> bytes:
    subprocess.run(
        ["7zz", "a", "../x.7z", ".", *options], cwd=folder / "in", capture_output=True, check=True
    )
    return (folder / "x.7z").read_bytes()


def extracted(folder: Path, blob: bytes) -> dict[str, bytes]:
    (folder / "y.7z").write_bytes(blob)
    out = folder / "out"
    subprocess.run(["7zz", "x", f"-o{out}", str(folder / "y.7z")], capture_output=True, check=True)
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def refused(blob: bytes, bounds: Bounds = BOUNDS) -> ReasonCode:
    with pytest.raises(Unreadable) as caught:
        FORM.read(blob, bounds)
    return caught.value.reason.code


WAYS = [
    (), ("-m0=LZMA",), ("-m0=LZMA2", "-ms=off"), ("-m0=BZip2",), ("-m0=Deflate",), ("-m0=Copy",),
    ("-mhc=off",), ("-m0=Delta:4", "-m1=LZMA2"), ("-m0=BCJ", "-m1=LZMA2"), ("-mtc=on", "-mta=on"),
]  # fmt: skip


@with_7zip
@pytest.mark.parametrize("options", WAYS, ids=" ".join)
def test_what_7zip_packs_is_read_and_what_is_written_it_reads(folder, options):
    blob = by_7zip(folder, *options)
    children = FORM.read(blob, BOUNDS).children
    assert {child.name: child.blob for child in children} == FILES
    given = {n: b"edited" if c.name == "sub/b.json" else c.blob for n, c in enumerate(children)}
    out = FORM.write(blob, Changes((), given), BOUNDS)
    assert extracted(folder, out) == FILES | {"sub/b.json": b"edited"}


@with_7zip
def test_names_links_and_left_out_members(folder):
    (folder / "in" / "link").symlink_to(f"/home/{CANARY}")
    blob = by_7zip(folder, "-snl")
    document = FORM.read(blob, BOUNDS)
    texts = [segment.text for segment in document.segments]
    assert f"/home/{CANARY}" in texts
    number = texts.index("sub/b.json")
    given = {n: c.blob for n, c in enumerate(document.children) if c.name != "a.txt"}
    edits = (Edit(number, Span(4, 5), "<PERSON_1>"),)
    made = extracted(folder, FORM.write(blob, Changes(edits, given), BOUNDS))
    assert sorted(made) == ["c.bin", "sub/PERSON_1.json", "sub/empty.txt"]


@with_7zip
@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("-psecret",), ReasonCode.ENCRYPTED), (("-psecret", "-mhe=on"), ReasonCode.ENCRYPTED),
        (("-m0=PPMd",), ReasonCode.UNSUPPORTED), (("-m0=Deflate64",), ReasonCode.UNSUPPORTED),
        (("-m0=BCJ2", "-m1=LZMA:d20", "-m2=LZMA:d19", "-m3=LZMA:d19", "-mb0:1", "-mb0s1:2", "-mb0s2:3"), ReasonCode.UNSUPPORTED),
    ],
)  # fmt: skip
def test_other_ways_are_refused_for_their_reason(folder, options, code):
    assert refused(by_7zip(folder, *options)) is code


def test_a_folder_without_edits_keeps_its_packed_bytes():
    blob = sevened({"a.txt": FILES["a.txt"], "b.txt": b"b"})
    out = FORM.write(blob, Changes((), {0: FILES["a.txt"], 1: b"c"}), BOUNDS)
    assert packed([FILES["a.txt"]]).packed in out
    assert [child.blob for child in FORM.reread(out, BOUNDS).children] == [FILES["a.txt"], b"c"]


def test_bombs_and_lies_are_refused():
    blob = sevened({"a.txt": bytes(70 << 20)})
    assert refused(blob) is ReasonCode.LIMIT_RATIO
    assert (
        refused(sevened(dict.fromkeys("abc", b"")), Bounds(max_members=2))
        is ReasonCode.LIMIT_MEMBERS
    )
    small = sevened({"a.txt": b"x" * 1000})
    (offset,) = struct.unpack_from("<Q", small, 12)
    at = small.index(b"\x83\xe8", 32 + offset)  # its size, 1000
    assert refused(sealed(small[:at] + b"\x83\xe9" + small[at + 2 :])) is ReasonCode.CORRUPT
    assert refused(sealed(small[:at] + b"\x83\x10" + small[at + 2 :])) is ReasonCode.CORRUPT


def test_mutated_archives_are_read_or_refused():
    chance, sample = random.Random(9), SAMPLES["application/x-7z-compressed"]
    for turn in range(1500):
        blob = bytearray(sample)
        for _ in range(chance.randint(1, 3)):
            blob[chance.randrange(32, len(blob))] = chance.randrange(256)
        try:
            document = FORM.read(sealed(bytes(blob)) if turn % 2 else bytes(blob), BOUNDS)
        except Unreadable:
            continue
        given = {n: child.blob + b"x" for n, child in enumerate(document.children)}
        FORM.write(sealed(bytes(blob)) if turn % 2 else bytes(blob), Changes((), given), BOUNDS)
