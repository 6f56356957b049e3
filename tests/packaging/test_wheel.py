"""The wheel carries all it needs: built, installed beside nothing of ours, run offline."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec

import pytest

from pii_guard.detect.pipeline import model_digest, model_directory
from pii_guard.own_code import code_digest
from tests.conftest import ROOT

pytestmark = pytest.mark.packaging


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    # The test extra brings the build backend, so that the network may be off.
    here = ["--no-build-isolation"] if find_spec("hatchling") else []
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *here, "--wheel-dir", out, ROOT],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return next(out.glob("*.whl"))


def test_it_carries_the_model_the_marker_and_the_licence(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.name.startswith("pii_guard_vdp-")
    assert "pii_guard/py.typed" in names
    assert "pii_guard/models/en/meta.json" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests", "examples", "models"))]


def test_its_code_has_the_digest_of_the_sources(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    assert code_digest(tmp_path / "pii_guard") == code_digest()


def test_the_main_job_runs_from_it_without_a_network(wheel, tmp_path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('network')\n"
        "socket.socket.connect = refuse\n"
        "socket.getaddrinfo = refuse\n"
        f"sys.path.insert(0, {str(site)!r})\n"
        f"sys.argv = ['pii-guard', 'redact', {str(ROOT / 'examples/reports/idor')!r}, '-o', {str(tmp_path / 'out')!r}]\n"
        "import pii_guard\n"
        f"assert pii_guard.__file__.startswith({str(site)!r})\n"
        "from pii_guard.cli import main\n"
        "main()\n"
    )
    env = {**os.environ, "PII_GUARD_KEY": str(tmp_path / "k.pem")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "out" / "certificate.json").exists()
    assert model_digest(site / "pii_guard" / "models" / "en") == model_digest(model_directory())
