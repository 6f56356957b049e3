"""A file is there whole or not at all, and nothing else is left beside it."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from pii_guard.certificate.writing import sync_folder, writable, write_whole


def refuse(code):
    def raising(*_, **__):
        raise OSError(code, os.strerror(code))

    return raising


def test_a_file_is_replaced_or_where_asked_is_not(tmp_path):
    path = tmp_path / "a.json"
    write_whole(path, b"first", replace=False)
    with pytest.raises(FileExistsError):
        write_whole(path, b"second", replace=False)
    assert path.read_bytes() == b"first"
    write_whole(path, b"third")
    assert path.read_bytes() == b"third"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_does_not_take_it_leaves_what_was_there(tmp_path, monkeypatch, call):
    path = tmp_path / "a.json"
    write_whole(path, b"first")
    monkeypatch.setattr(os, call, refuse(errno.ENOSPC))
    with pytest.raises(OSError, match="space"):
        write_whole(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="other systems have other permissions")
def test_a_secret_is_its_owner_s_from_the_first_byte(tmp_path, monkeypatch):
    made = []
    link = os.link
    monkeypatch.setattr(os, "link", lambda old, new: (made.append(old.stat()), link(old, new)))
    write_whole(tmp_path / "key", b"secret", replace=False, mode=0o600)
    assert stat.S_IMODE(made[0].st_mode) == stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_where_there_are_no_hard_links_nothing_is_replaced_either(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    path = tmp_path / "a.json"
    write_whole(path, b"first", replace=False)
    with pytest.raises(FileExistsError):
        write_whole(path, b"second", replace=False)
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="Windows syncs no directories")
def test_a_directory_that_cannot_be_synced_is_an_error(tmp_path, monkeypatch):
    sync_folder(tmp_path)
    monkeypatch.setattr(os, "fsync", refuse(errno.EIO))
    with pytest.raises(OSError, match="error"):
        sync_folder(tmp_path)


def test_pieces_are_written_as_one_and_what_fails_amid_them_leaves_nothing(tmp_path):
    path = tmp_path / "a.json"
    write_whole(path, (one for one in (b"first ", b"", b"second")))
    assert path.read_bytes() == b"first second"

    def broken():
        yield b"third"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_whole(path, broken())
    assert path.read_bytes() == b"first second"
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_can_be_written_where_the_first_one_above_it_that_is_there_can(tmp_path):
    assert writable(tmp_path / "new" / "below")
    (tmp_path / "file").touch()
    assert not writable(tmp_path / "file")
    assert not writable(tmp_path / "file" / "below")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    assert not writable(tmp_path / "nowhere" / "below")
