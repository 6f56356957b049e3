"""What a source lists and gives: every file once, and nothing that is not its own."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import pytest

from pii_guard.audit import entries as words
from pii_guard.audit import tree
from pii_guard.audit.entries import StoreFails
from pii_guard.audit.sources import absolute, open_sources
from pii_guard.audit.tars import Tar
from pii_guard.errors import PolicyError, Reason, ReasonCode
from pii_guard.limits import Limits
from pii_guard.originals import SMALL

LIMITS = Limits()


def source(given, *without):
    return open_sources([str(given)], LIMITS, without)[0]


def listed(given, *without):
    return list(source(given, *without).entries())


def content(given, entry):
    """The bytes of a file, or why there are none."""
    read = source(given).read(entry)
    if isinstance(read.original, Reason):
        return read.original
    blob = read.original.read(0, read.original.size)
    return read.settle() or blob


def names(found):
    return [one.name for one in found]


# -- directories --------------------------------------------------------------------------------


def test_a_directory_lists_its_files_sorted_with_size_version_and_month(tmp_path):
    for name in ("b/2", "b/10", "a", "c/d/e"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(name.encode())
        os.utime(tmp_path / "in" / name, (0, 1_764_000_000))
    found = listed(tmp_path / "in")
    assert names(found) == ["in/a", "in/b/10", "in/b/2", "in/c/d/e"]
    assert [one.size for one in found] == [1, 4, 3, 5]
    assert {one.month for one in found} == {"2025-11"}
    assert len({one.version for one in found}) == 4
    assert [content(tmp_path / "in", one) for one in found] == [b"a", b"b/10", b"b/2", b"c/d/e"]


def test_links_are_not_followed(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "secret"
    (inside / "folder").mkdir(parents=True)
    outside.write_bytes(b"of somebody else")
    (inside / "file").write_bytes(b"x")
    (inside / "to-file").symlink_to("file")
    (inside / "to-folder").symlink_to("folder")
    (inside / "out").symlink_to(outside)
    (inside / "nowhere").symlink_to("nothing")
    (inside / "loop").symlink_to("loop")
    told = {one.name: (one.refused, one.missed) for one in listed(inside)}
    assert told == {
        "in/file": (None, True),
        "in/to-file": (words.LINK_WITHIN, False),
        "in/to-folder": (words.LINK_WITHIN, False),
        "in/out": (words.LINK_OUT, True),
        "in/nowhere": (words.LINK_NOWHERE, True),
        "in/loop": (words.LINK_NOWHERE, True),
    }


def test_a_link_into_what_is_left_out_leads_out(tmp_path):
    (tmp_path / "in" / "output").mkdir(parents=True)
    (tmp_path / "in" / "output" / "part").write_bytes(b"x")
    (tmp_path / "in" / "link").symlink_to("output/part")
    found = listed(tmp_path / "in", tmp_path / "in" / "output")
    assert [(one.name, one.refused) for one in found] == [("in/link", words.LINK_OUT)]


def test_pipes_and_devices_are_listed_and_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    assert {one.refused for one in listed(tmp_path)} == {words.NO_FILE, words.LINK_OUT}


def test_what_becomes_a_pipe_after_the_listing_does_not_hold_the_run_up(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    [entry] = listed(tmp_path)
    (tmp_path / "a").unlink()
    os.mkfifo(tmp_path / "a")
    assert content(tmp_path, entry) == words.CHANGED


@pytest.mark.parametrize("name", ["a.mbox", "a.tar", "a.tar.gz", "a.zip", "a.txt"])
def test_a_source_that_becomes_a_pipe_does_not_hold_the_run_up(tmp_path, name):
    path = tmp_path / name
    if name == "a.zip":
        zipped(path, ("a", b"1"))
    elif ".tar" in name:
        tarred(path, ("a", b"1"), mode="w:gz" if name.endswith("gz") else "w")
    else:
        path.write_bytes(b"From a\n\nb\n")
    given = source(path)
    one, *_ = given.entries()
    path.unlink()
    os.mkfifo(path)
    if name.endswith("gz"):
        given = Tar(path, name)  # which has nothing unpacked yet
    told = []
    read = Thread(target=lambda: told.append(given.read(one).original), daemon=True)
    read.start()
    read.join(10)
    assert told == [words.CHANGED]


def test_a_directory_that_is_exchanged_for_a_link_is_not_followed(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "elsewhere"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "a").write_bytes(b"1")
    [entry] = listed(inside)
    # The very file that was listed, so that nothing but the way to it is another.
    (inside / "sub").rename(outside)
    (inside / "sub").symlink_to(outside)
    assert content(inside, entry) == words.CHANGED


@pytest.mark.parametrize("size", [3, 2 * SMALL])
def test_a_file_that_changed_or_went_since_it_was_listed_says_so(tmp_path, size):
    (tmp_path / "a").write_bytes(b"x" * size)
    [entry] = listed(tmp_path)
    (tmp_path / "a").write_bytes(b"y" * (size + 1))
    assert content(tmp_path, entry) == words.CHANGED
    (tmp_path / "a").unlink()
    assert content(tmp_path, entry) == words.GONE


def test_a_large_file_that_changes_while_it_is_read_is_refused(tmp_path):
    from pii_guard.errors import Unreadable

    (tmp_path / "a").write_bytes(b"x" * 2 * SMALL)
    [entry] = listed(tmp_path)
    read = source(tmp_path).read(entry)
    assert read.original.read(5, 3) == b"xxx"
    with (tmp_path / "a").open("ab") as file:
        file.write(b"more")
    with pytest.raises(Unreadable):
        read.original.read(5, 3)


def test_names_of_any_bytes_are_listed(tmp_path):
    raw = os.fsencode(tmp_path) + b"/\xff\x1b[31m\n.txt"
    Path(os.fsdecode(raw)).write_bytes(b"x")
    [entry] = listed(tmp_path)
    assert entry.path == b"\xff\x1b[31m\n.txt"
    assert entry.name.isprintable()
    assert content(tmp_path, entry) == b"x"


def test_directories_are_entered_to_a_depth(tmp_path, monkeypatch):
    monkeypatch.setattr(tree, "DEPTH", 3)
    (tmp_path / "in" / "a" / "b" / "c" / "d").mkdir(parents=True)
    (tmp_path / "in" / "a" / "b" / "file").write_bytes(b"x")
    found = {one.name: one.refused for one in listed(tmp_path / "in")}
    assert found["in/a/b/file"] is None
    assert found["in/a/b/c"].code is ReasonCode.LIMIT_NESTING


def test_a_tree_deeper_than_python_recurses_ends(tmp_path):
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    try:
        assert [one.refused.code for one in listed(tmp_path)] == [ReasonCode.LIMIT_NESTING]
    finally:
        os.system(f"rm -rf '{tmp_path}/d'")


def test_the_output_within_a_source_is_no_part_of_it(tmp_path):
    (tmp_path / "in" / "out").mkdir(parents=True)
    (tmp_path / "in" / "out" / "part").write_bytes(b"x")
    (tmp_path / "in" / "a").write_bytes(b"x")
    assert names(listed(tmp_path / "in", tmp_path / "in" / "out")) == ["in/a"]


def test_one_file_is_a_source_and_a_link_to_it_is_what_was_meant(tmp_path):
    (tmp_path / "a.docx").write_bytes(b"x")
    (tmp_path / "link").symlink_to("a.docx")
    for name in ("a.docx", "link"):
        [entry] = listed(tmp_path / name)
        assert (entry.name, content(tmp_path / name, entry)) == (name, b"x")


def test_two_sources_of_a_name_have_names_of_their_own(tmp_path):
    for name in ("one/x", "two/x"):
        (tmp_path / name).mkdir(parents=True)
    found = open_sources([str(tmp_path / "one/x"), str(tmp_path / "two/x")], LIMITS)
    assert [one.name for one in found] == ["x", "x-2"]


def test_a_source_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(PolicyError):
        source(tmp_path / "nothing")


# -- archives and mailboxes ---------------------------------------------------------------------


def zipped(path: Path, *members, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, blob in members:
            archive.writestr(name, blob)
    return path


def tarred(path: Path, *members, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, blob in members:
            info = tarfile.TarInfo(name)
            if isinstance(blob, str):
                info.type, info.linkname = tarfile.SYMTYPE, blob
                archive.addfile(info)
            else:
                info.size, info.mtime = len(blob), 1_764_000_000
                archive.addfile(info, io.BytesIO(blob))
    return path


def test_members_of_a_zip_are_files_and_a_name_that_comes_twice_gets_a_number(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        path = zipped(tmp_path / "a.zip", ("b", b"1"), ("a/x", b"22"), ("b", b"3"), ("../up", b"4"))
    found = listed(path)
    assert names(found) == ["a.zip/../up", "a.zip/a/x", "a.zip/b", "a.zip/b #2"]
    assert [content(path, one) for one in found] == [b"4", b"22", b"1", b"3"]


@pytest.mark.parametrize("ending", ["tar", "tar.gz", "tgz", "tar.bz2", "tar.xz"])
def test_members_of_a_tar_are_files(tmp_path, ending):
    mode = {"tar": "w", "tgz": "w:gz"}.get(ending, f"w:{ending.rpartition('.')[2]}")
    large = os.urandom(3 * SMALL)
    path = tarred(tmp_path / f"a.{ending}", ("b", b"1"), ("a/x", large), mode=mode)
    found = listed(path)
    assert names(found) == [f"a.{ending}/a/x", f"a.{ending}/b"]
    assert [content(path, one) for one in found] == [large, b"1"]
    assert found[0].month == "2025-11"


def test_links_in_a_tar_are_skipped_where_they_lead_to_a_member(tmp_path):
    path = tarred(tmp_path / "a.tar", ("a/file", b"1"), ("a/link", "file"), ("out", "/etc/passwd"))
    told = {one.name: (one.refused is not None, one.missed) for one in listed(path)}
    assert told == {"a.tar/a/file": (False, True), "a.tar/a/link": (True, False), "a.tar/out": (True, True)}  # fmt: skip


def test_what_stands_beside_the_members_is_said_to_be_missed(tmp_path):
    path = zipped(tmp_path / "a.zip", ("a", b"1"))
    assert [one.refused for one in listed(path)] == [None]
    path.write_bytes(b"jane.roe@mail.example" + path.read_bytes())
    assert listed(path)[-1].refused.code is ReasonCode.NOT_COVERED
    path = tarred(tmp_path / "a.tar", ("a", b"1"))
    with path.open("ab") as file:
        file.write(b"jane.roe@mail.example")
    assert listed(path)[-1].refused.code is ReasonCode.CORRUPT


def test_a_tar_that_is_cut_off_says_so(tmp_path):
    path = tarred(tmp_path / "a.tar", ("a", b"1" * 600), ("b", b"2" * 600))
    path.write_bytes(path.read_bytes()[:2000])
    assert listed(path)[-1].refused.code is ReasonCode.CORRUPT


def test_a_tar_header_as_large_as_memory_is_not_read(tmp_path):
    """What stands in a member's extended header is read as a whole (pax, `x`)."""
    path = tarred(tmp_path / "a.tar", ("a", b"1"))
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 1 << 26
    with path.open("r+b") as file:
        file.seek(1024)
        file.write(header.tobuf(tarfile.GNU_FORMAT) + b"%d comment=" % header.size)
        file.seek(1024 + 512 + header.size - 1)  # a hole: next to nothing of it is on the disk
        file.write(b"\n" + tarfile.TarInfo("b").tobuf() + bytes(1024))
    assert names(listed(path)) == ["a.tar/a", "a.tar"]
    assert listed(path)[-1].refused.code is ReasonCode.CORRUPT


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.zst", "a.mbox"])
def test_what_is_called_an_archive_and_is_none_is_a_usage_error(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x1f\x8b no archive")
    with pytest.raises(PolicyError, match="called"):
        listed(tmp_path / name)


def test_members_that_would_burst_are_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", ("bomb", b"\0" * (65 * 1024 * 1024)))
    assert [one.refused.code for one in listed(path)] == [ReasonCode.LIMIT_RATIO]


def test_a_member_with_a_password_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", ("a", b"1"))
    blob = bytearray(path.read_bytes())
    blob[blob.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(blob)
    assert [one.refused.code for one in listed(path)] == [ReasonCode.ENCRYPTED]


def test_an_archive_that_changes_changes_its_members(tmp_path):
    for path in (zipped(tmp_path / "a.zip", ("a", b"1")), tarred(tmp_path / "b.tar", ("a", b"1"))):
        [entry] = listed(path)
        archive = source(path)
        path.write_bytes(path.read_bytes() + b"\0")
        assert archive.read(entry).original == words.CHANGED
        path.unlink()
        assert archive.read(entry).original == words.GONE


def test_messages_of_a_mailbox_are_files_with_their_from_line(tmp_path):
    path = tmp_path / "a.mbox"
    first = b"From jane.roe@mail.example Sat Nov 29 2026\nSubject: a\n\nx\nFrom me, no new one\n\n"
    second = b"From b@mail.example Sat\r\nSubject: b\r\n\r\nx\r\n"
    path.write_bytes(first + second)
    found = listed(path)
    assert names(found) == ["a.mbox/message 1.mbox", "a.mbox/message 2.mbox"]
    assert b"".join(content(path, one) for one in found) == first + second


def test_reading_an_archive_that_lies_about_a_member_gives_a_reason(tmp_path):
    path = zipped(tmp_path / "a.zip", ("a", b"some text of some length"))
    blob = path.read_bytes()
    [entry] = listed(path)
    path.write_bytes(blob[:35] + b"\xff" * 8 + blob[43:])
    os.utime(path, ns=(0, int(entry.version.split("/")[0].rpartition("-")[2])))
    assert content(path, entry).code is ReasonCode.CORRUPT


# -- stores -------------------------------------------------------------------------------------

fsspec = pytest.importorskip("fsspec", reason="pip install pii-guard-vdp[fsspec]")


@pytest.fixture
def memory():
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    yield fs
    fs.store.clear()


def test_a_store_lists_its_files_and_says_what_changed(memory):
    memory.pipe({"/b/x/2": b"two", "/b/1": b"one", "/c": b"no"})
    url = "memory://b"
    found = listed(url)
    assert names(found) == ["b/1", "b/x/2"]
    assert [content(url, one) for one in found] == [b"one", b"two"]
    memory.pipe_file("/b/1", b"ONE")
    memory.rm_file("/b/x/2")
    assert [content(url, one) for one in found] == [words.CHANGED, words.GONE]


def test_a_store_with_nothing_at_the_url_is_a_usage_error(memory):
    with pytest.raises(PolicyError, match="nothing"):
        listed("memory://b")


@pytest.mark.parametrize("url", ["nothing://b", "s3"])
def test_a_url_that_fsspec_cannot_open_is_a_usage_error(url):
    with pytest.raises(PolicyError):
        listed(url)


def test_a_file_url_is_the_local_path(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    assert absolute(f"file://{tmp_path}") == str(tmp_path)
    assert names(listed(f"file://{tmp_path}")) == [f"{tmp_path.name}/a"]


def test_a_store_that_does_not_answer_says_nothing_of_a_file(memory, monkeypatch):
    from pii_guard.audit import stores

    memory.pipe_file("/b/1", b"one")
    [entry] = listed("memory://b")
    monkeypatch.setattr(stores, "_PAUSE_SECONDS", 0)

    def fails(*_, **__):
        raise TimeoutError("https://bucket/jane-roe")

    monkeypatch.setattr(type(memory), "open", fails)
    with pytest.raises(StoreFails) as caught:
        content("memory://b", entry)
    assert "jane" not in str(caught.value)


@pytest.mark.localhost
@pytest.mark.skipif(find_spec("s3fs") is None, reason="pip install s3fs")
def test_objects_of_a_bucket(s3, s3_endpoint, monkeypatch):
    from tests.object_store import CREDENTIALS

    access, secret = CREDENTIALS["admin"]
    told = {"key": access, "secret": secret, "client_kwargs": {"endpoint_url": s3_endpoint}}
    monkeypatch.setitem(fsspec.config.conf, "s3", told)
    s3.create_bucket(Bucket="audited")
    for key in ("a/b", "a/b c", "c"):
        s3.put_object(Bucket="audited", Key=key, Body=key.encode())
    found = listed("s3://audited")
    assert names(found) == ["audited/a/b", "audited/a/b c", "audited/c"]
    assert [content("s3://audited", one) for one in found] == [b"a/b", b"a/b c", b"c"]
    assert all(one.month for one in found)
    one = next(one for one in found if one.name == "audited/c")
    s3.put_object(Bucket="audited", Key="c", Body=b"d")
    assert content("s3://audited", one) == words.CHANGED
