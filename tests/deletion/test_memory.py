"""Memory: that nothing of it reached a disk is claimed only where the system was seen to allow it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

import pii_guard
from pii_guard import sealed, spills
from pii_guard.certificate.claim_rules import contradictions
from pii_guard.certificate.claims import CLAIM, Kind, Note
from pii_guard.deletion import Watch, environment
from pii_guard.deletion.environment import Reading, core_dump_state, persistence, swap_state
from pii_guard.deletion.file_systems import file_system
from pii_guard.formats import libreoffice
from pii_guard.formats.ocr import tesseract
from pii_guard.spills import Spills

AT = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
NOTHING = Spills(Counter(), Counter(), 0)
QUIET = Reading("none", "disabled", 40, NOTHING)
USED = Spills(
    Counter({"/var/tmp": 2}),
    Counter({("tesseract", ""): 3, ("libreoffice", "/dev/shm"): 1}),
    0,
)
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells all of it")


def kind_of(path):
    return {"/dev/shm": "tmpfs"}.get(path, "ext")


def claimed(before, after):
    claim = persistence(before, after, AT, kind_of)
    entry = claim.to_entry()
    assert CLAIM.misfit(entry) is None
    assert list(contradictions(entry)) == []
    return claim


def test_a_quiet_process_persisted_nothing():
    claim = claimed(QUIET, replace(QUIET, spills=USED))
    assert claim.kind == Kind.NOT_PERSISTED
    assert claim.evidence == {
        "swap": "none", "coreDumps": "disabled", "sealedFiles": 2, "tempFs": ["ext"],
        "children": ["libreoffice", "tesseract"], "childFs": ["tmpfs"], "childBlocks": 0,
        "childrenLost": 0,
    }  # fmt: skip


SPOILT = {
    "swap": (replace(QUIET, swap="disk"), Note.SWAP),
    "encrypted swap": (replace(QUIET, swap="encrypted"), Note.SWAP),
    "swap unknown": (replace(QUIET, swap="unknown"), Note.SWAP_UNKNOWN),
    "core dumps": (replace(QUIET, core_dumps="possible"), Note.CORE_DUMPS),
    "core dumps unknown": (replace(QUIET, core_dumps="unknown"), Note.CORE_DUMPS),
    "child wrote": (replace(QUIET, child_blocks=48, spills=USED), Note.CHILD_WROTE),
    "child killed": (replace(QUIET, spills=replace(USED, lost=1)), Note.CHILD_WROTE),
    "child on disk": (
        replace(QUIET, spills=replace(USED, children=Counter({("libreoffice", "/tmp"): 1}))),
        Note.TEMPORARY_FILES,
    ),
    "blocks uncounted": (replace(QUIET, child_blocks=None, spills=USED), Note.NOT_OBSERVABLE),
    "no Linux": (None, Note.NOT_OBSERVABLE),
}


@pytest.mark.parametrize("case", SPOILT, ids=lambda c: c.replace(" ", "_"))
def test_one_condition_that_fails_makes_it_somebodys_word(case):
    reading, note = SPOILT[case]
    claim = claimed(QUIET, reading)
    assert (claim.kind, claim.note) == (Kind.ATTESTED, note)


@pytest.mark.parametrize(
    "case", ["swap", "swap unknown", "core dumps", "core dumps unknown", "no Linux"]
)
def test_what_was_so_at_the_beginning_counts_though_it_is_over(case):
    reading, note = SPOILT[case]
    assert claimed(reading, QUIET).note == note


def test_swap_in_compressed_memory_is_memory():
    assert claimed(replace(QUIET, swap="memory"), QUIET).kind == Kind.NOT_PERSISTED


HEADER = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


@pytest.mark.parametrize(
    ("swaps", "files", "state"),
    [
        (HEADER, {}, "none"),
        (HEADER + "/dev/sda2 partition 1 0 -2\n", {}, "disk"),
        (HEADER + "/swapfile file 1 0 -2\n", {}, "disk"),
        (HEADER + "/dev/zram0 partition 1 0 100\n", {"zram0/backing_dev": "none\n"}, "memory"),
        (HEADER + "/dev/zram0 partition 1 0 100\n", {}, "memory"),
        (HEADER + "/dev/zram0 partition 1 0 100\n", {"zram0/backing_dev": "/dev/sda3\n"}, "disk"),
        (HEADER + "/dev/dm-1 partition 1 0 -2\n", {"dm-1/dm/uuid": "CRYPT-PLAIN-swap\n"}, "encrypted"),
        (HEADER + "/dev/dm-1 partition 1 0 -2\n", {"dm-1/dm/uuid": "LVM-abc\n"}, "disk"),
        (HEADER + "/dev/zram0 partition 1 0 9\n/dev/sda2 partition 1 0 -2\n", {}, "disk"),
        (None, {}, "unknown"), ("", {}, "unknown"), ("<html>", {}, "unknown"),
    ],
)  # fmt: skip
def test_where_swapped_memory_goes(tmp_path, swaps, files, state):
    (tmp_path / "proc").mkdir()
    if swaps is not None:
        (tmp_path / "proc/swaps").write_text(swaps)
    for name, text in files.items():
        path = tmp_path / "sys/block" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    assert swap_state(tmp_path) == state


@linux
@pytest.mark.parametrize(
    ("pattern", "limit", "dumpable", "children", "state"),
    [
        ("core", 0, 1, True, "disabled"), ("core", 1, 1, True, "disabled"),
        ("core", 4096, 1, True, "possible"), ("core", -1, 1, True, "possible"),
        ("|/usr/lib/systemd/systemd-coredump %P", 0, 1, True, "possible"),
        ("|/usr/lib/systemd/systemd-coredump %P", 1, 1, True, "disabled"),
        ("@/run/coredump.socket", 1, 1, True, "possible"),
        ("|/usr/lib/systemd/systemd-coredump %P", -1, 0, False, "disabled"),
        ("|/usr/lib/systemd/systemd-coredump %P", -1, 0, True, "possible"),
        (None, 0, 1, True, "unknown"),
    ],
)  # fmt: skip
def test_whether_a_crash_could_write_memory(
    tmp_path, monkeypatch, pattern, limit, dumpable, children, state
):
    import resource

    if pattern is not None:
        path = tmp_path / "proc/sys/kernel/core_pattern"
        path.parent.mkdir(parents=True)
        path.write_text(pattern + "\n")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    monkeypatch.setattr(environment, "prctl", lambda *_: dumpable)
    assert core_dump_state(tmp_path, children) == state


@linux
def test_core_dumps_can_be_forbidden_for_a_process_and_its_children():
    code = (
        "from pii_guard.deletion import forbid_core_dumps\n"
        "from pii_guard.deletion.environment import core_dump_state, prctl\n"
        "import resource, subprocess, sys\n"
        "forbid_core_dumps()\n"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (1, 1) and prctl(3) == 0\n"
        "print(core_dump_state(children=False), flush=True)\n"
        "subprocess.run([sys.executable, '-c', 'import resource; print(resource.getrlimit("
        "resource.RLIMIT_CORE))'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "disabled\n(1, 1)\n"


@linux
@pytest.mark.parametrize(("folder", "grows"), [(None, True), ("/dev/shm", False)])
def test_what_a_child_writes_to_a_disk_is_seen(tmp_path, folder, grows):
    """Even what a grandchild wrote and deleted again, and nothing that stayed in memory."""
    place = Path(folder) if folder else tmp_path
    if (file_system(place) == "tmpfs") == grows:
        pytest.skip("no such file system here")
    inner = (
        f"p = {str(place / 'pii-guard-probe')!r}; open(p, 'w').write('x'); import os; os.unlink(p)"
    )
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    before = environment.observe()
    subprocess.run([sys.executable, "-c", code], check=True)
    after = environment.observe()
    assert (after.child_blocks > before.child_blocks) == grows


@linux
def test_the_real_environment_is_read_without_being_changed():
    watch = Watch()
    sealed.Sealed().append(b"Jane Roe")
    claim = watch.claim(AT)
    assert CLAIM.misfit(claim.to_entry()) is None
    assert list(contradictions(claim.to_entry())) == []
    if claim.note != Note.NOT_OBSERVABLE:
        assert claim.evidence["sealedFiles"] == 1
        assert claim.evidence["children"] == []


def test_other_systems_do_not_tell(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert Watch().claim(AT).note == Note.NOT_OBSERVABLE


def test_only_what_is_counted_leaves_memory():
    """Evidence says what was written outside memory; whoever adds a way has to count it there."""
    package = Path(pii_guard.__file__).parent
    outward = {"tempfile", "subprocess", "multiprocessing", "shelve", "dbm"}
    writing = {
        "write_bytes",
        "write_text",
        "NamedTemporaryFile",
        "TemporaryFile",
        "mkstemp",
        "mkdtemp",
    }
    # What these write is what the caller asked for: outputs, keys, lists; never an original.
    asked_for = {"cli", "certificate", "deletion", "ledger"}
    found = set()
    for path in package.rglob("*.py"):
        name = path.relative_to(package)
        if name.parts[0] in asked_for:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            calls = node.func if isinstance(node, ast.Call) else None
            if outward & {one.split(".")[0] for one in modules}:
                found.add(name.as_posix())
            if isinstance(calls, ast.Attribute) and calls.attr in writing:
                found.add(name.as_posix())
    # One saves the model; one sets a certificate, which holds nothing of an original, on paper; one makes
    # folders and no files; one holds what is redacted already; workers can write nothing, and speak with
    # this process only.
    found -= {
        "detect/pipeline.py",
        "paper.py",
        "leftovers.py",
        "intake/s3_object.py",
        "isolation/cage.py",
        "isolation/template.py",
        "served.py",
    }
    assert found == {"sealed.py", "formats/libreoffice.py", "formats/ocr/tesseract.py"}
    for name in found:
        assert "pii_guard.spills" in (package / name).read_text("utf-8")


def test_what_happened_between_two_moments():
    before = spills.so_far()
    spills.sealed_file("/tmp")
    spills.child("libreoffice", "/dev/shm")
    spills.lost_child()
    between = spills.so_far().since(before)
    assert between == Spills(Counter({"/tmp": 1}), Counter({("libreoffice", "/dev/shm"): 1}), 1)


@pytest.mark.skipif(not libreoffice.installed(), reason="LibreOffice is not installed")
def test_libreoffice_is_counted_with_its_directory():
    before = spills.so_far()
    libreoffice.convert(rb"{\rtf1 Jane Roe}", "rtf", "docx", "Rich Text Format")
    ((program, place),) = spills.so_far().since(before).children
    assert program == "libreoffice"
    assert Path(place).is_dir()


@pytest.mark.skipif(tesseract.tesseract() is None, reason="Tesseract is not installed")
def test_tesseract_is_counted_and_writes_nowhere():
    picture = Image.new("RGB", (200, 60), "white")
    tesseract.read(picture)  # the first to read its files today dirties their access times
    before = environment.observe() or QUIET
    tesseract.read(picture)
    after = environment.observe() or QUIET
    assert spills.so_far().since(before.spills).children == {("tesseract", ""): 1}
    assert after.child_blocks == before.child_blocks


MOUNTS = r"""22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 0:20 / /dev/shm rw - tmpfs tmpfs rw
24 22 0:21 / /mnt/a\040b rw - nfs4 host:/x rw
25 22 0:22 / /home rw - ext4 /dev/sdb rw
26 25 0:23 / /home rw - fuse.sshfs host: rw
27 22 0:24 / /odd rw - jane-roe-fs none rw
"""


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/", "ext"), ("/etc/hosts", "ext"), ("/dev/shm/x", "tmpfs"), ("/dev/shmx", "ext"),
        ("/mnt/a b/c", "nfs"), ("/home/x", "fuse"), ("/odd/x", "other"),
    ],
)  # fmt: skip
def test_the_kind_of_a_file_system_is_a_word(tmp_path, path, word):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert file_system(path, mounts) == word
    assert file_system(path, tmp_path / "none") == "unknown"
    mounts.write_text("nonsense\n")
    assert file_system(path, mounts) == "unknown"
