"""Importing is cheap: no model and no network library before a guard is built."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "spacy",
    "presidio_analyzer",
    "presidio_anonymizer",
    "onnxruntime",
    "requests",
    "pikepdf",
    "sqlalchemy",
)


def loaded_after(code: str) -> set[str]:
    probe = f"{code}\nimport sys\nprint(' '.join(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "code",
    [
        "import pii_guard",
        "from pii_guard import Policy, Finding",
        "import pii_guard.certificate",
        "import sys\nsys.argv = ['pii-guard', '--help']\nimport pii_guard.cli.app",
    ],
)
def test_nothing_heavy_is_loaded(code):
    assert not loaded_after(code) & set(HEAVY)


def test_the_probe_sees_heavy_modules():
    assert "spacy" in loaded_after("import pii_guard.detect.pipeline")
