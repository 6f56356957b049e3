"""Storing fails or is killed at each of its file operations: all of the old is there, or all of the new."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from pii_guard.certificate.bundle import open_bundle
from pii_guard.cli import placing
from pii_guard.cli.placing import Plan, finish_left
from pii_guard.cli.storing import Copy, store
from pii_guard.errors import PolicyError
from tests.cli.test_storing import certified
from tests.faults.operations import Operations

if not hasattr(os, "fork"):
    pytest.skip("runs are forked off", allow_module_level=True)

OLD = {"a.txt": b"old a", "b.txt": b"old b"}
NEW = {"a.txt": b"new a", "below/c.txt": b"new c"}
BEGUN = [Copy("a.txt", (b"new ", b"a")), Copy("b.txt", None), Copy("below/c.txt", (b"new c",))]
REFUSED, ENDED_ILL = 2, 70


def certificate(files):
    return certified(*files.values(), claims=["not_deleted"])


def shown(out):
    """What is stored; hidden folders are not."""
    files = (one for one in out.rglob("*") if one.is_file()) if out.is_dir() else ()
    names = (one.relative_to(out) for one in files)
    return {
        one.as_posix(): (out / one).read_bytes()
        for one in names
        if not any(part.startswith(".") for part in one.parts)
    }


def whole(files):
    return {**files, "certificate.json": certificate(files)}


def stored(out, before):
    """A fork that stores: its exit code."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = ENDED_ILL
    try:
        before()
        try:
            code = 0 if store(out, BEGUN, certificate(NEW), [], lambda: certificate(NEW)) else 3
        except PolicyError:
            code = REFUSED
    finally:
        os._exit(code)


def failed_at_each(folder, kind, earlier, install=lambda: None):
    """The output after each failure, and how the fork ended."""
    number, code = 0, None
    while number == 0 or code is not None:
        number += 1
        out = folder / f"{kind}-{number}" / "out"
        out.parent.mkdir()
        if earlier:
            store(out, [Copy(name, (blob,)) for name, blob in OLD.items()], certificate(OLD), [])
        operations = Operations(out.parent, number, kind, os.open(os.devnull, os.O_WRONLY))
        log = os.open(folder / "count", os.O_CREAT | os.O_TRUNC | os.O_RDWR)
        os.close(operations.log)
        operations.log = log

        def before(operations=operations):
            install()
            operations.install()

        code = stored(out, before)
        os.close(log)
        count = len((folder / "count").read_bytes().splitlines())
        yield out, code
        if count < number:
            return


def speaks_for_what_is_there(out):
    """A certificate stands beside the copies that it is about, and beside no others."""
    files = shown(out)
    held = files.pop("certificate.json", None)
    if held is None:
        return True
    subjects = json.loads(open_bundle(held).opened().payload)["subject"]
    digests = {hashlib.sha256(one).hexdigest() for one in files.values()}
    return digests == {one["digest"]["sha256"] for one in subjects}


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize(
    "kind",
    [
        "kill",
        "EIO",
        *(pytest.param(one, marks=pytest.mark.nightly) for one in ("ENOSPC", "EINTR", "short")),
    ],
)
def test_all_of_the_old_or_all_of_the_new(tmp_path, kind, earlier):
    allowed = [whole(OLD) if earlier else {}, whole(NEW)]
    codes = set()
    for out, code in failed_at_each(tmp_path, kind, earlier):
        codes.add(code)
        assert speaks_for_what_is_there(out)
        if code == REFUSED:
            assert shown(out) == allowed[0]
        elif code in (0, 3):
            assert shown(out) == allowed[1]
        if out.is_dir():
            finish_left(out)
            assert list(out.glob(".*")) == []
        assert shown(out) in allowed
    assert codes <= {0, 3, -9 if kind == "kill" else REFUSED}
    assert codes >= {0, -9 if kind == "kill" else REFUSED}


def test_what_is_moved_is_on_the_disk_before_and_its_folders_after(tmp_path):
    for _ in failed_at_each(tmp_path, "EIO", False):
        last = (tmp_path / "count").read_text().splitlines()
    first = next(number for number, what in enumerate(last) if what.startswith("replace 0"))
    for file in ("0", "2", "certificate.json"):
        made = last.index(f"file {file} ('xb',)")
        moved = next(n for n, what in enumerate(last) if n >= first and what == f"replace {file}")
        assert "fsync" in last[made : made + 5]
        assert made < moved
    assert last[moved:].count("fsync") == 3  # the output directory, the one below it, the one above


def test_it_is_seen_when_the_certificate_comes_first(tmp_path):
    """The negative control: without the order, the above goes red."""

    def certificate_first():
        placing.Plan.moves = lambda self: iter(  # in the fork only
            [("certificate.json", "certificate.json"), *self.copies.items()]
        )

    seen = failed_at_each(tmp_path, "kill", False, certificate_first)
    assert not all(speaks_for_what_is_there(out) for out, _ in seen)


def test_it_is_seen_when_nobody_finishes(tmp_path):
    seen = [shown(out) for out, _ in failed_at_each(tmp_path, "kill", True)]
    assert any(one not in (whole(OLD), whole(NEW)) for one in seen)


def left_midway(out):
    """As a run leaves it that is killed with one copy in its place."""
    out.mkdir()
    staging = out / ".0123456789abcdef.part"
    staging.mkdir()
    (out / "a.txt").write_bytes(NEW["a.txt"])
    (staging / "2").write_bytes(NEW["below/c.txt"])
    (staging / "certificate.json").write_bytes(certificate(NEW))
    placing.write_plan(staging, Plan({"0": "a.txt", "2": "below/c.txt"}))
    return staging


def test_what_is_finished_is_told(tmp_path, capsys):
    left_midway(tmp_path / "out")
    finish_left(tmp_path / "out")
    assert shown(tmp_path / "out") == whole(NEW)
    assert "is finished" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change", ["placed copy", "waiting copy", "stranger", "plan", "link", "lost"]
)
def test_what_is_not_as_it_was_left_is_not_finished(tmp_path, change):
    out = tmp_path / "out"
    staging = left_midway(out)
    if change == "placed copy":
        (out / "a.txt").write_bytes(b"edited by hand")
    elif change == "waiting copy":
        (staging / "2").write_bytes(b"Jane Roe")
    elif change == "stranger":
        (out / "below").mkdir()
        (out / "below" / "c.txt").write_bytes(b"a stranger's")
    elif change == "plan":
        (staging / "plan.json").write_text('{"copies": {"0": ["../../x"]}}')
    elif change == "link":
        (tmp_path / "elsewhere").mkdir()
        (out / "below").symlink_to(tmp_path / "elsewhere")
    else:
        (staging / "2").unlink()
    before = shown(out)
    with pytest.raises(PolicyError, match="cannot be finished"):
        finish_left(out)
    assert shown(out) == before
    assert staging.is_dir()
    assert not (tmp_path / "elsewhere").exists() or not list((tmp_path / "elsewhere").iterdir())


def test_a_folder_without_a_plan_is_thrown_away(tmp_path):
    staging = left_midway(tmp_path / "out")
    (staging / "plan.json").unlink()
    (tmp_path / "out" / "a.txt").unlink()
    finish_left(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
