"""The targets of the coverage fuzzer take what they begin with, and say so where there is no fuzzer."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import targets

ROOT = Path(__file__).parents[2]
NAMES = {"identify", "pdf_rewrite", "archive", "har", "json_text", "view_decoding"}


def test_there_is_a_target_for_each_reader_of_raw_bytes():
    assert set(targets.names()) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_target_takes_what_it_begins_with_whole_and_cut(name):
    target = importlib.import_module(f"tests.fuzz.atheris.{name}")
    assert target.SEEDS
    for seed in target.SEEDS[:6]:
        for data in (seed, seed[: len(seed) // 2], b""):
            target.one(data)


def test_without_the_fuzzer_it_says_so(tmp_path):
    (tmp_path / "atheris.py").write_text("raise ImportError")
    call = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv[1:] = ['har']; from tests.fuzz.targets import main; sys.exit(main())"]  # fmt: skip
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "is not installed" in done.stderr
