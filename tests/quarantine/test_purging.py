"""What has expired goes, and only what is gone is said to be."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from pii_guard.certificate.claim_rules import contradictions
from pii_guard.certificate.claims import CLAIM, Kind, Note, Store
from pii_guard.errors import QuarantineError
from pii_guard.quarantine import entries, purge
from tests.quarantine.conftest import NOW


def told(claim):
    entry = claim.to_entry()
    assert CLAIM.misfit(entry) is None
    assert list(contradictions(entry)) == []
    assert claim.store == Store.QUARANTINE
    return claim.kind, claim.note


def test_what_has_expired_goes_and_the_rest_stays(store, keep):
    old, new = keep(), keep(now=NOW + timedelta(seconds=1))
    assert list(purge(store.folder, now=old.expires - timedelta(seconds=1))) == []
    (gone,) = purge(store.folder, now=old.expires)
    assert gone.id == old.id
    assert told(gone.claim) == (Kind.UNLINKED, None)
    assert [one.id for one in entries(store.folder)] == [new.id]


def test_the_folder_is_synced_after_it(store, keep, monkeypatch):
    entry, synced, real = keep(), [], os.fsync

    def fsync(descriptor):
        synced.append(os.path.samestat(os.fstat(descriptor), store.folder.stat()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    list(purge(store.folder, now=entry.expires))
    assert synced == [True]


def test_a_copy_under_another_name_is_not_said_to_be_gone(store, keep, tmp_path):
    entry = keep()
    (tmp_path / "second").hardlink_to(store.folder / f"{entry.id}.age")
    (left,) = purge(store.folder, now=entry.expires)
    assert told(left.claim) == (Kind.NOT_DELETED, Note.OTHER_NAMES)
    assert [one.id for one in entries(store.folder)] == [entry.id]


@pytest.mark.parametrize(
    "content", [b"", b"age-encryption.org/v1\n", os.urandom(500), b"\n" * 9000]
)
def test_what_is_damaged_is_named_and_goes_when_asked(store, keep, content):
    entry = keep()
    (store.folder / f"{entry.id}.age").write_bytes(content)
    (one,) = entries(store.folder)
    assert (one.id, one.size, one.entry) == (entry.id, len(content), None)
    (left,) = purge(store.folder, now=NOW + timedelta(days=9000))
    assert (left.id, left.claim) == (entry.id, None)
    (gone,) = purge(store.folder, now=NOW, damaged=True)
    assert told(gone.claim) == (Kind.UNLINKED, None)
    assert list(store.folder.iterdir()) == []


def test_a_strangers_file_is_neither_listed_nor_touched(store, keep):
    entry = keep()
    for name in ("notes.txt", "q-1.age", f"{entry.id}.age.bak", ".x.part", f"q-{'0' * 16}.txt"):
        (store.folder / name).write_bytes(b"")
        os.utime(store.folder / name, (0, 0))
    assert [one.id for one in entries(store.folder)] == [entry.id]
    list(purge(store.folder, now=entry.expires, damaged=True))
    assert len(list(store.folder.iterdir())) == 5


def test_no_folder_is_no_empty_one(tmp_path):
    with pytest.raises(QuarantineError, match="cannot be read"):
        list(purge(tmp_path / "none"))
