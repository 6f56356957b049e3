"""Archives: what the matrix of places does not say. Bombs, lies, names, and what stays as it was."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zipfile

import pytest
import zstandard

from pii_guard import Guard, Policy
from pii_guard.document import Changes, Edit, Span
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from pii_guard.identify import identify_all
from tests.fixtures import CANARY
from tests.fixtures.archives import gzipped, tarred, with_extra, with_gap, zipped
from tests.formats.samples import SAMPLES

BOUNDS, FORMATS = Bounds(), Formats()
ZIP, TAR = FORMATS.of("application/zip"), FORMATS.of("application/x-tar")
PACKERS = {
    "application/gzip": gzip.compress,
    "application/x-bzip2": bz2.compress,
    "application/x-xz": lzma.compress,
    "application/zstd": zstandard.compress,
}


def refused(call, *arguments) -> ReasonCode:
    with pytest.raises(Unreadable) as caught:
        call(*arguments)
    return caught.value.reason.code


def contents(form, blob):
    return {n: child.blob for n, child in enumerate(form.read(blob, BOUNDS).children)}


@pytest.mark.parametrize("media_type", sorted(PACKERS))
@pytest.mark.parametrize("reading", ["read", "reread"])
def test_a_file_that_unpacks_to_too_much_is_refused(media_type, reading):
    form, bomb = FORMATS.of(media_type), PACKERS[media_type](bytes(70 << 20))
    assert refused(getattr(form, reading), bomb, BOUNDS) is ReasonCode.LIMIT_RATIO
    small, tight = PACKERS[media_type](bytes(2000)), Bounds(max_unpacked_bytes=1999)
    assert refused(getattr(form, reading), small, tight) is ReasonCode.LIMIT_UNPACKED
    assert getattr(form, reading)(small, Bounds(max_unpacked_bytes=2000)).children


def test_an_archive_of_too_many_members_is_refused():
    few = Bounds(max_members=2)
    members = {f"{n}.txt": b"" for n in range(3)}
    for form, blob in ((ZIP, zipped(members)), (TAR, tarred(members))):
        assert refused(form.read, blob, few) is ReasonCode.LIMIT_MEMBERS
        assert refused(form.reread, blob, few) is ReasonCode.LIMIT_MEMBERS


def test_archives_in_archives_share_one_limit_and_end_at_a_depth():
    part = zipped({f"{n}.txt": b"a line\n" * 40_000 for n in range(4)})
    guard = Guard(Policy.from_table({"limits": {"max_unpacked_bytes": 2_000_000}}))
    assert guard.redact(part).verdict == "clean"
    both = zipped({"a.zip": part, "b.zip": part})
    assert guard.redact(both).reason.code is ReasonCode.LIMIT_UNPACKED
    deep = zipped({"a.txt": b"note"})
    for _ in range(6):
        deep = zipped({"inner.zip": deep})
    assert guard.redact(deep).reason.code is ReasonCode.LIMIT_NESTING


def lying(blob: bytes, size: int) -> bytes:
    made = bytearray(blob)
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", made, made.index(mark) + at, size)
    return bytes(made)


def test_a_zip_member_that_lies_about_its_size_is_refused():
    blob = zipped({"a.txt": bytes(1000)})
    assert refused(ZIP.read, lying(blob, 10), BOUNDS) is ReasonCode.LIMIT_UNPACKED
    assert refused(ZIP.read, lying(blob, 2000), BOUNDS) is ReasonCode.CORRUPT
    assert refused(ZIP.read, lying(blob, 1 << 31), BOUNDS) is ReasonCode.LIMIT_UNPACKED


def test_zip_entries_that_share_their_bytes_are_refused():
    blob = zipped({"a.txt": b"x" * 50, "b.txt": b"x" * 50})
    first, second = blob.index(b"PK\x01\x02"), blob.rindex(b"PK\x01\x02")
    made = bytearray(blob)
    made[second + 42 : second + 46] = made[first + 42 : first + 46]
    made[second + 46 : second + 51] = b"a.txt"
    assert refused(ZIP.read, bytes(made), BOUNDS) is ReasonCode.CORRUPT


def test_a_zip_whose_headers_disagree_is_refused():
    blob = zipped({"a.txt": b"x"})
    assert refused(ZIP.read, blob.replace(b"a.txt", b"b.txt", 1), BOUNDS) is ReasonCode.CORRUPT


def test_what_is_not_edited_keeps_its_packed_bytes_and_its_times():
    members = {"a.txt": b"one " * 900, "b.txt": b"two " * 900, "c/": b""}
    blob = zipped(members)
    given = contents(ZIP, blob) | {1: b"three"}
    out = ZIP.write(blob, Changes((), given), BOUNDS)
    entry = blob[blob.index(b"a.txt") : blob.index(b"PK\x03\x04", 10)]
    assert entry in out
    with zipfile.ZipFile(io.BytesIO(out)) as made, zipfile.ZipFile(io.BytesIO(blob)) as before:
        assert {one.filename: made.read(one) for one in made.infolist()} == members | {
            "b.txt": b"three"
        }
        assert [i.date_time for i in made.infolist()] == [i.date_time for i in before.infolist()]


@pytest.mark.parametrize("form", [ZIP, TAR])
def test_a_member_that_is_not_handed_back_is_left_out(form):
    blob = (zipped if form is ZIP else tarred)({"a.txt": b"one", "b.txt": b"two"})
    out = form.write(blob, Changes((), {1: b"two"}), BOUNDS)
    assert [child.blob for child in form.reread(out, BOUNDS).children] == [b"two"]
    assert b"a.txt" not in out


@pytest.mark.parametrize("form", [ZIP, TAR])
def test_members_never_get_one_name(form):
    names = ["x/anna.txt", "x/bert.txt", "x/PERSON_1.txt"]
    blob = (zipped if form is ZIP else tarred)(dict.fromkeys(names, b""))
    segments = [segment.text for segment in form.read(blob, BOUNDS).segments]
    edits = tuple(Edit(segments.index(name), Span(2, 6), "<PERSON_1>") for name in names[:2])
    out = form.write(blob, Changes(edits, contents(form, blob)), BOUNDS)
    made = [child.name for child in form.reread(out, BOUNDS).children]
    assert made == ["x/PERSON_1-2.txt", "x/PERSON_1-3.txt", "x/PERSON_1.txt"]


def test_people_in_names_of_members_are_known_as_people(guard):
    result = guard.redact(zipped({"scans/margaret-whitfield_passport.txt": b"see the scan"}))
    with zipfile.ZipFile(io.BytesIO(result.output)) as made:
        assert made.namelist() == ["scans/PERSON_1_passport.txt"]


def test_signatures_go_with_what_they_sign_and_their_names_are_read(guard):
    seal = b"\x30\x82\x01\x00\x0c\x12CN=Margaret Whitfield\x00\x01"
    members = {
        "META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\n",
        "META-INF/A.SF": b"Signature-Version: 1.0\r\n",
        "META-INF/A.RSA": seal,
        "a.txt": b"status 403",
    }
    result = guard.redact(zipped(members), name="a.jar")
    assert result.verdict == "redacted"
    with zipfile.ZipFile(io.BytesIO(result.output)) as made:
        assert made.namelist() == ["META-INF/MANIFEST.MF", "a.txt"]


def test_bytes_of_no_member_are_read_or_the_archive_is_held(guard):
    blob = zipped({"a.txt": b"status 403"})
    assert guard.redact(with_gap(blob, bytes(64))).verdict == "clean"
    noise = random.Random(1).randbytes(4000)
    assert guard.redact(with_gap(blob, noise), name="a.zip").verdict == "quarantined"
    assert refused(ZIP.read, with_extra(0x9999, noise[:2000]), BOUNDS) is ReasonCode.NOT_COVERED
    assert refused(TAR.read, tarred({"a.txt": b""}) + b"more", BOUNDS) is ReasonCode.NOT_COVERED


def test_a_value_that_is_cut_by_the_end_of_what_holds_it_goes(guard):
    """Readers of archives stop there; whoever opens the file reads on."""
    text = f"write to {CANARY} now".encode()
    cut = text.index(b"post.net")
    packed = zipped({"a.txt": b"nothing"}, comment=text[:cut]) + text[cut:]
    tar = bytearray(tarred({"a.txt": text}))
    at = tar.index(text) - 512
    tar[at + 124 : at + 156] = b"%011o\0" % cut + bytes(tar[at + 136 : at + 148]) + b" " * 8
    tar[at + 148 : at + 156] = b"%06o\0 " % sum(tar[at : at + 512])
    for blob, name in ((packed, "a.zip"), (bytes(tar), "a.tar")):
        assert CANARY.encode() in blob
        result = guard.redact(blob, name=name)
        assert result.verdict == "redacted"
        assert CANARY.encode() not in result.output
        assert b"post.net" not in result.output


def test_paths_that_lead_elsewhere_are_only_names():
    names = ["../../etc/passwd", "/etc/passwd", "C:\\x"]
    blob = tarred(dict.fromkeys(names, b"x"))
    assert [child.name for child in TAR.read(blob, BOUNDS).children] == names


def test_a_tar_of_devices_and_links_holds_no_file():
    blob = tarred({"a": b""}, type=tarfile.CHRTYPE, devmajor=1, devminor=3)
    document = TAR.read(blob, BOUNDS)
    assert not document.children
    assert [segment.text for segment in document.segments] == ["a"]
    link = tarred({"a": b""}, type=tarfile.LNKTYPE, linkname="/etc/shadow")
    assert [one.text for one in TAR.read(link, BOUNDS).segments] == ["a", "/etc/shadow"]


@pytest.mark.parametrize("style", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_a_rewritten_tar_differs_in_nothing_but_what_was_edited(style):
    blob = tarred(
        {"d/a.txt": b"one", "b.txt": b"two"}, style, mode=0o640, uid=1234, gid=77, uname="wilma"
    )
    given = contents(TAR, blob) | {0: b"three " * 400}
    out = TAR.write(blob, Changes((), given), BOUNDS)
    with (
        tarfile.open(fileobj=io.BytesIO(blob)) as before,
        tarfile.open(fileobj=io.BytesIO(out)) as made,
    ):
        for one, other in zip(before, made, strict=True):
            for name in ("name", "mode", "uid", "gid", "uname", "gname", "mtime", "type"):
                assert getattr(one, name) == getattr(other, name)
        assert made.extractfile("d/a.txt").read() == given[0]
        assert made.extractfile("b.txt").read() == b"two"


def test_a_tar_is_known_by_its_checksum_whatever_it_holds():
    pdf_first = tarred({"a.pdf": b"%PDF-1.7\n1 0 obj"})
    zip_last = tarred({"a.zip": zipped({"b.txt": b"x"})})
    texts = tarred({"a.txt": b"all of it is text\n" * 4000})
    v7 = bytearray(tarred({"BZh.txt": b"x"}, tarfile.USTAR_FORMAT))
    v7[257:500] = bytes(243)
    v7[148:156] = b" " * 8
    v7[148:156] = b"%06o\0 " % sum(v7[:512])
    for blob in (pdf_first, zip_last, texts, bytes(v7)):
        assert identify_all(blob) == ("application/x-tar",)
    assert identify_all(b"a tar has ustar at 257".ljust(257) + b"ustar of text")[0] == "text/plain"


def test_what_is_wrapped_is_called_as_its_wrapping(guard):
    lines = f"id;mail\n1;{CANARY}\n".encode()
    result = guard.redact(gzipped(lines), name="users.csv.gz")
    assert gzip.decompress(result.output) == b"id;mail\n1;<EMAIL_ADDRESS_1>\n"
    wrapped = gzip.compress(tarred({"a.txt": CANARY.encode()}))
    made = guard.redact(wrapped, name="a.tgz").output
    with tarfile.open(fileobj=io.BytesIO(made), mode="r:gz") as archive:
        assert archive.extractfile("a.txt").read() == b"<EMAIL_ADDRESS_1>"


ARCHIVES = [
    kind for kind in sorted(SAMPLES) if kind in PACKERS or "zip" in kind or kind.endswith("-tar")
]


@pytest.mark.parametrize("media_type", ARCHIVES)
def test_mutated_archives_are_read_or_refused(media_type):
    form, sample, chance = FORMATS.of(media_type), SAMPLES[media_type], random.Random(4)
    for _ in range(200):
        blob = bytearray(sample)
        for _ in range(chance.randint(1, 4)):
            blob[chance.randrange(len(blob))] = chance.randrange(256)
        for call in (form.read, form.reread):
            try:
                document = call(bytes(blob), BOUNDS)
            except Unreadable:
                continue
            if call == form.read:
                given = {n: child.blob + b"x" for n, child in enumerate(document.children)}
                form.write(bytes(blob), Changes((), given), BOUNDS)


@pytest.mark.parametrize("media_type", ARCHIVES)
def test_the_same_is_written_twice(media_type):
    form, blob = FORMATS.of(media_type), SAMPLES[media_type]
    changes = Changes((), dict.fromkeys(contents(form, blob), b"new"))
    assert form.write(blob, changes, BOUNDS) == form.write(blob, changes, BOUNDS) != blob
