"""Copies and certificate appear together or not at all; originals and strangers' files stay."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.certificate.envelope import PAYLOAD_TYPE
from pii_guard.cli.storing import Copy, Names, refuse_unwritable, store
from pii_guard.errors import PolicyError

CERTIFICATE = b"{}"


def certified(*blobs, claims=()):
    """A certificate's file about outputs; nobody has signed it, which is not looked at here."""
    said = {
        "subject": [{"digest": {"sha256": hashlib.sha256(blob).hexdigest()}} for blob in blobs],
        "predicate": {
            "deletions": [
                {"store": "source_file", "claim": one, "note": "left_where_the_caller_keeps_it"}
                for one in claims
            ]
        },
    }
    payload = base64.b64encode(json.dumps(said).encode()).decode()
    signature = {"keyid": "0" * 64, "sig": "AAAA"}
    return json.dumps(
        {"payload": payload, "payloadType": PAYLOAD_TYPE, "signatures": [signature]}
    ).encode()


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def test_all_is_there_and_nothing_else(tmp_path):
    out = tmp_path / "new" / "out"
    store(out, [Copy("a/b.txt", (b"1",)), Copy("c.txt", None)], CERTIFICATE, [])
    assert files(out) == ["a", "a/b.txt", "certificate.json"]
    assert (out / "a" / "b.txt").read_bytes() == b"1"


def test_an_earlier_run_is_replaced_and_what_it_left_of_a_held_file_goes(tmp_path):
    first = certified(b"1", b"2", claims=["not_deleted"])
    store(tmp_path, [Copy("a.txt", (b"1",)), Copy("b.txt", (b"2",))], first, [])
    store(tmp_path, [Copy("a.txt", (b"3",)), Copy("b.txt", None)], b"second", [])
    assert files(tmp_path) == ["a.txt", "certificate.json"]
    assert (tmp_path / "a.txt").read_bytes() == b"3"
    assert (tmp_path / "certificate.json").read_bytes() == b"second"


@pytest.mark.parametrize("content", [(b"new",), None])
@pytest.mark.parametrize(
    "first", [certified(b"other"), b"{}", certified(b"1", claims=["unlinked"])],
    ids="edited-since no-certificate only-copies".split(),
)  # fmt: skip
def test_what_the_earlier_run_did_not_leave_or_is_all_there_is_stays(tmp_path, first, content):
    store(tmp_path, [Copy("a.txt", (b"1",))], first, [])
    with pytest.raises(PolicyError):
        store(tmp_path, [Copy("a.txt", content)], certified(b"new"), [])
    assert (tmp_path / "a.txt").read_bytes() == b"1"
    assert (tmp_path / "certificate.json").read_bytes() == first


@pytest.mark.parametrize("place", ["a.txt", "deep/er/a.txt"])
def test_no_copy_is_left_without_its_certificate(tmp_path, place):
    """As by `redact a -o out`, then `redact b -o out`: nobody could verify the first copy any more."""
    first = certified(b"1", claims=["not_deleted"])
    store(tmp_path, [Copy(place, (b"1",))], first, [])
    before = files(tmp_path)
    with pytest.raises(PolicyError, match="left without a certificate") as raised:
        store(tmp_path, [Copy("b.txt", (b"2",))], certified(b"2"), [])
    assert "in one run" in raised.value.remedy
    assert files(tmp_path) == before
    assert (tmp_path / "certificate.json").read_bytes() == first


def test_a_copy_that_is_made_again_under_another_name_has_its_certificate(tmp_path):
    store(tmp_path, [Copy("a.txt", (b"1",))], certified(b"1", claims=["not_deleted"]), [])
    store(tmp_path, [Copy("b.txt", (b"1",))], certified(b"1"), [])
    assert files(tmp_path) == ["a.txt", "b.txt", "certificate.json"]


def test_copies_that_somebody_took_away_are_in_nobody_s_way(tmp_path):
    store(tmp_path, [Copy("a.txt", (b"1",))], certified(b"1", claims=["not_deleted"]), [])
    (tmp_path / "a.txt").unlink()
    store(tmp_path, [Copy("b.txt", (b"2",))], certified(b"2"), [])
    assert files(tmp_path) == ["b.txt", "certificate.json"]


@pytest.mark.parametrize("copy", [b"1", b"another"])
def test_copies_whose_originals_may_be_gone_are_replaced_by_the_same_only(tmp_path, copy):
    first = certified(b"1", claims=["not_deleted"])
    payload = json.loads(base64.b64decode(json.loads(first)["payload"]))
    payload["predicate"]["deletions"][0]["note"] = "deletion_begun"
    coded = base64.b64encode(json.dumps(payload).encode()).decode()
    first = json.dumps({**json.loads(first), "payload": coded}).encode()
    store(tmp_path, [Copy("a.txt", (b"1",))], first, [])
    if copy == b"1":
        store(tmp_path, [Copy("a.txt", (copy,))], certified(copy), [])
        assert (tmp_path / "certificate.json").read_bytes() == certified(copy)
    else:
        with pytest.raises(PolicyError, match="all there is"):
            store(tmp_path, [Copy("a.txt", (copy,))], certified(copy), [])
        assert files(tmp_path) == ["a.txt", "certificate.json"]
    assert (tmp_path / "a.txt").read_bytes() == b"1"


def test_a_name_that_cannot_be_looked_at_is_not_taken_to_be_free(tmp_path, monkeypatch):
    from pathlib import Path

    store(tmp_path, [], CERTIFICATE, [])
    (tmp_path / "a.txt").write_bytes(b"a stranger's")
    look = Path.lstat

    def failing(self):
        if self.name == "a.txt":
            raise OSError(5, "Input/output error")
        return look(self)

    monkeypatch.setattr(Path, "lstat", failing)
    with pytest.raises(PolicyError, match="Input/output"):
        store(tmp_path, [Copy("a.txt", (b"x",))], CERTIFICATE, [])
    assert (tmp_path / "a.txt").read_bytes() == b"a stranger's"


def test_every_folder_that_was_written_to_is_synced(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr("pii_guard.cli.storing.sync_folder", synced.append)
    out = tmp_path / "new" / "out"
    assert store(out, [Copy("a/b.txt", (b"1",))], CERTIFICATE, [])
    assert {out / "a", out, tmp_path / "new", tmp_path} <= set(synced)


def test_copies_in_a_folder_that_cannot_be_synced_are_there_but_may_not_last(tmp_path, monkeypatch):
    def refuse(folder):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("pii_guard.cli.storing.sync_folder", refuse)
    assert not store(tmp_path / "out", [Copy("b.txt", (b"1",))], CERTIFICATE, [])
    assert files(tmp_path / "out") == ["b.txt", "certificate.json"]


@pytest.mark.parametrize("content", [(b"new",), None])
def test_a_file_that_no_run_left_is_not_touched(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(b"a stranger's")
    with pytest.raises(PolicyError, match="no earlier run"):
        store(tmp_path, [Copy("b.txt", (b"x",)), Copy("a.txt", content)], CERTIFICATE, [])
    assert files(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"a stranger's"


def test_an_original_is_never_replaced(tmp_path):
    store(tmp_path, [], CERTIFICATE, [])
    (tmp_path / "a.txt").write_bytes(b"original")
    with pytest.raises(PolicyError, match="original"):
        store(tmp_path, [Copy("a.txt", (b"copy",))], CERTIFICATE, [tmp_path / "a.txt"])
    assert (tmp_path / "a.txt").read_bytes() == b"original"


def test_a_link_does_not_lead_a_copy_astray(tmp_path):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    store(out, [], CERTIFICATE, [])
    (out / "sub").symlink_to(elsewhere)
    with pytest.raises(PolicyError, match="link"):
        store(out, [Copy("sub/a.txt", (b"x",))], CERTIFICATE, [])
    assert files(elsewhere) == []


def test_a_directory_in_the_way_is_said(tmp_path):
    store(tmp_path, [], CERTIFICATE, [])
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(PolicyError):
        store(tmp_path, [Copy("a.txt", (b"x",))], CERTIFICATE, [])


def test_a_rename_that_fails_takes_the_others_back(tmp_path, monkeypatch):
    from pathlib import Path

    replace, done = Path.replace, []

    def once(self, target):
        if done:
            raise OSError(28, "full")
        done.append(target)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", once)
    with pytest.raises(PolicyError, match="No space left"):
        store(tmp_path / "out", [Copy("a", (b"1",)), Copy("d/b", (b"2",))], CERTIFICATE, [])
    assert not (tmp_path / "out").exists()


def test_a_full_disk_changes_nothing(tmp_path):
    out = tmp_path / "out"
    old = certified(b"old")
    store(out, [Copy("a", (b"old",))], old, [])
    code = f"""
import resource
from pathlib import Path
from pii_guard.cli.storing import Copy, store
from pii_guard.errors import PolicyError
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    store(Path({str(out)!r}), [Copy("a", (b"new",)), Copy("b", (b"x" * 2500, b"x" * 2500))], b"new", [])
except PolicyError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert b"cannot write to the output directory: File too large" in done.stdout
    assert files(out) == ["a", "certificate.json"]
    assert {(out / name).read_bytes() for name in files(out)} == {b"old", old}


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_an_output_that_is_no_directory_is_refused_at_once(tmp_path, place):
    (tmp_path / "file").write_text("")
    with pytest.raises(PolicyError):
        refuse_unwritable(tmp_path / place)


def test_an_output_without_permission_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write anywhere
    with pytest.raises(PolicyError, match="cannot be written"):
        refuse_unwritable(tmp_path / "out")


@pytest.mark.parametrize(
    ("wanted", "given_out"),
    [
        (["a.txt", "a.txt", "a.txt"], ["a.txt", "a-2.txt", "a-3.txt"]),
        (["certificate.json"], ["certificate-2.json"]),
        (["a", "a/b"], ["a", "a-2/b"]),
        (["a/b", "a"], ["a/b", "a-2"]),
        (["../../etc/passwd", "/etc/passwd"], ["etc/passwd", "etc/passwd-2"]),
        (["", ".."], ["unnamed", "unnamed-2"]),
    ],
)
def test_names(wanted, given_out):
    names = Names()
    assert [names.free(name) for name in wanted] == given_out


@given(st.lists(st.text("ab./-2", max_size=6), max_size=8))
def test_no_two_copies_share_a_place_or_leave_the_directory(wanted):
    names = Names()
    given_out = [names.free(name) for name in wanted]
    assert len({*given_out, "certificate.json"}) == len(given_out) + 1
    for name in given_out:
        assert not name.startswith("/")
        assert ".." not in name.split("/")
        assert not any(other.startswith(f"{name}/") for other in given_out)
