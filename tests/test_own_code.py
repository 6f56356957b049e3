"""A certificate names the code that made it, by a digest that anybody can make again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

import pii_guard
from pii_guard.cli.app import app
from pii_guard.own_code import code_digest

PACKAGE = Path(pii_guard.__file__).parent
DOCS = Path(__file__).parents[1] / "docs" / "certificates.md"


@pytest.fixture
def package(tmp_path):
    made = tmp_path / "package"
    (made / "a").mkdir(parents=True)
    for name in ("__init__.py", "a/b.py", "a-b.py", "a/words.toml"):
        (made / name).write_text(name)
    return made


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_the_documented_commands_give_the_same_digest():
    (commands,) = re.findall(r"```sh\n(find .*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    done = subprocess.run(
        ["sh", "-c", commands], cwd=PACKAGE, check=True, capture_output=True, text=True
    )
    assert code_digest() == f"sha256:{done.stdout.split()[0]}"


@pytest.mark.parametrize("change", ["content", "name", "new", "gone"])
def test_no_change_of_a_file_goes_unnoticed(package, change):
    before = code_digest(package)
    match change:
        case "content":
            (package / "a" / "words.toml").write_text("other")
        case "name":
            (package / "a" / "b.py").rename(package / "a" / "c.py")
        case "new":
            (package / "new.py").touch()
        case "gone":
            (package / "a-b.py").unlink()
    assert code_digest(package) != before


def test_what_python_and_editors_leave_and_the_model_are_not_counted(package):
    before = code_digest(package)
    for name in ("a/__pycache__/b.pyc", "models/en/weights", ".b.py.swp"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).touch()
    assert code_digest(package) == before


def test_certificate_and_doctor_name_the_same_code(guard):
    case = guard.case("VDP-9")
    case.add(b"GET /status answers 500\n")
    tool = case.close().statement["predicate"]["issuer"]["tool"]
    assert tool["digest"] == code_digest()
    shown = json.loads(CliRunner().invoke(app, ["doctor", "--format", "json"]).stdout)
    assert shown["code"] == {"ok": True, "detail": tool["digest"]}
