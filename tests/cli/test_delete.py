"""`pii-guard delete`: what is left is said, and the exit code is 0 only if nothing is."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from pii_guard.certificate.claims import CLAIM
from pii_guard.cli.delete import run


def told(capsys, paths, output_format="json", overwrite=False):
    code = run(paths, overwrite, output_format)
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / name for name in ("a.txt", "b.txt")]
    for path in paths:
        path.write_bytes(b"Jane Roe")
    return paths


def test_all_gone_is_zero(capsys, files):
    code, out, err = told(capsys, files)
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["schema"] == "pii-guard/delete/1"
    for path, row in zip(files, document["files"], strict=True):
        assert row.pop("path") == str(path)
        assert row["claim"] == "unlinked"
        assert CLAIM.misfit(row) is None
        assert not path.exists()


def test_one_that_stays_is_not_zero_and_says_why(capsys, files, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(files[0])
    code, out, err = told(capsys, [link, files[1], tmp_path / "none"], "jsonl")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 3
    assert [row.get("note") for row in rows] == ["symbolic_link", None, "not_found"]
    assert "2 of 3 not deleted" in err
    assert files[0].exists()


def test_the_table_says_what_to_do(capsys, files, tmp_path):
    os.link(files[0], tmp_path / "other")
    code, out, _ = told(capsys, [files[0]], "table")
    assert code == 3
    assert "other_names_remain" in out
    assert "-samefile" in out.replace("\n", "")


def test_overwriting_is_named_and_claims_no_more(capsys, files):
    code, out, _ = told(capsys, files, overwrite=True)
    assert code == 0
    assert {row["claim"] for row in json.loads(out)["files"]} == {"overwritten_best_effort"}


def test_a_name_that_commands_a_terminal_is_printed_without_that(capsys, tmp_path):
    path = tmp_path / "a\x1b[2Jb\n\udcff"
    path.write_bytes(b"x")
    for output_format in ("table", "json"):
        code, out, _ = told(capsys, [path], output_format)
        assert "\x1b" not in out
        assert "\udcff" not in out
    assert not path.exists()


def test_the_command_deletes_without_a_model(files):
    code = (
        f"import sys; sys.argv = ['pii-guard', 'delete', {str(files[0])!r}]\n"
        "from pii_guard.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    print('code', end.code)\n"
        "print('heavy', bool({'spacy', 'presidio_analyzer', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "unlinked" in done.stdout, done.stderr
    assert "heavy False" in done.stdout
    assert not files[0].exists()
    assert files[1].exists()
