"""LibreOffice reads files in clear: killed with whoever had it run, and its folder goes with the next run."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from pii_guard.formats import libreoffice
from pii_guard.leftovers import TEMPORARY, remove_left
from tests.faults.kill import children

if not sys.platform.startswith("linux") or not libreoffice.installed():
    pytest.skip("there is no LibreOffice, or no /proc to see it run in", allow_module_level=True)

TEXT = rb"{\rtf1 Write to Jane Roe, jane.roe@mail.example.}"
ALONE = """
    libreoffice.convert(blob, "doc", "docx", "MS Word 97")
"""
IN_A_CAGE = """
    from pii_guard import Guard, Policy
    Guard(Policy(isolation="prefer")).redact(blob, name="a.doc")
"""


def of_folder(folder: Path) -> list[int]:
    """Processes that were given something in it."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def soon(asked, seconds=60.0):
    until = time.monotonic() + seconds
    while not (answer := asked()):
        assert time.monotonic() < until
        time.sleep(0.01)
    return answer


@pytest.fixture
def one_at_a_time():
    """They watch one folder: another test's would be taken for their own."""
    with (Path(tempfile.gettempdir()) / "tests-of-conversions.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.mark.usefixtures("one_at_a_time")
@pytest.mark.parametrize("work", [ALONE, IN_A_CAGE], ids=["alone", "in a cage"])
@pytest.mark.parametrize("template", [False, True], ids=["parent", "parent and template"])
def test_a_killed_conversion(tmp_path, work, template):
    if template and work == ALONE:
        pytest.skip("there is none")
    (tmp_path / "given.doc").write_bytes(
        libreoffice.convert(TEXT, "rtf", "doc", "Rich Text Format")
    )
    place = tmp_path / "memory"
    place.mkdir()
    code = f"""
        import tempfile
        from pathlib import Path
        from pii_guard import leftovers
        leftovers.MEMORY = Path("/nowhere")  # so that it is TMPDIR in the template, too
        from pii_guard.formats import libreoffice
        libreoffice.MEMORY = Path("/nowhere")
        blob = Path("{tmp_path}/given.doc").read_bytes()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code) + textwrap.dedent(work)],
        env={**os.environ, "TMPDIR": str(place)},
    )
    watched = place if work == ALONE else Path("/dev/shm")
    before = set(watched.glob("pii-guard-*"))
    folder = soon(lambda: next(iter(set(watched.glob("pii-guard-*")) - before), None))
    soon(lambda: any("soffice.bin" in name(one) for one in of_folder(folder)))
    below = children(process.pid) if template else []
    process.kill()
    process.wait()
    for one in below:
        os.kill(one, 9)
    soon(lambda: not of_folder(folder), 5.0)
    assert (folder / "file.doc").exists(), "it was over before: nothing was tried"

    def is_gone():
        remove_left(watched, TEMPORARY)
        return not folder.exists()

    soon(is_gone, 5.0)  # who ran the program holds the folder until it has ended, too


def name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
    except OSError:
        return ""
