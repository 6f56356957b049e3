"""Libraries that would report to their makers do not, and leave nothing on disk."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import pii_guard

PACKAGE = Path(pii_guard.__file__).parent
LOADED = (
    "from pii_guard import Guard, Policy\n"
    "guard = Guard(Policy(isolation='off'))\n"
    "assert guard.redact(b'Jane Roe <jane.roe@mail.example>', name='a.txt').verdict == 'redacted'\n"
    "from pii_guard.formats.ocr.rapid import _made\n"
    "_made()\n"
)
PLAIN = "import onnxruntime\n"


def left_by(code, tmp_path):
    """The files that a process leaves in its home and its directory for temporary files."""
    places = {name: tmp_path / name for name in ("HOME", "TMPDIR")}
    for place in places.values():
        place.mkdir()
    # What tells a build server apart would silence it as well.
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE.parent)}
    command = [sys.executable, "-B", "-c", code + "import time; time.sleep(1)"]
    told = {name: str(place) for name, place in places.items()}
    subprocess.run(command, env=environment | told, check=True)
    return sorted(p.name for place in places.values() for p in place.rglob("*") if p.is_file())


def test_loading_and_working_leaves_nothing(tmp_path):
    assert left_by(LOADED, tmp_path) == []


@pytest.mark.skipif(
    tuple(map(int, version("onnxruntime").split(".")[:2])) < (1, 29), reason="it is silent anyway"
)
@pytest.mark.skipif(sys.platform != "linux", reason="seen on Linux")
def test_the_library_alone_is_not_silent(tmp_path):
    """The control: imported as anybody imports it, it leaves an identifier."""
    assert left_by(PLAIN, tmp_path)


def test_it_is_imported_in_one_place():
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "onnxruntime" for name in names):
                found.add(path.name)
    assert found == {"silent_onnx.py"}
