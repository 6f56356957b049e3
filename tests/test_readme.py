"""The README stays true: its Python runs, its commands and options exist, its table names the verbs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def test_the_python_in_it_runs(tmp_path):
    code = "\n".join(blocks("python")) + (
        "\nkept = {}\n"
        "put = kept.__setitem__\n"
        "store('note.txt', b'Please ask Jane Roe (jane.roe@mail.example)')\n"
        "assert kept == {'note.txt': b'Please ask <PERSON_1> (<EMAIL_ADDRESS_1>)'}\n"
        "store_report('VDP-1', {'a.txt': b'Jane Roe', 'b.json': b'{\"who\": \"Jane Roe\"}'})\n"
        "assert kept['a.txt'] == b'<PERSON_1>' and b'<PERSON_1>' in kept['b.json']\n"
        "assert b'payload' in kept['certificate.json']\n"
    )
    env = {**os.environ, "PII_GUARD_KEY": str(tmp_path / "k.pem")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    *printed, last = re.findall(r"print\(.*\)\s+# (.*)", "\n".join(blocks("python")))
    assert done.stdout.splitlines()[: len(printed)] == printed
    assert done.stdout.splitlines()[-1] == last.partition(":")[0]


def test_the_policy_in_it_loads(tmp_path):
    from pii_guard import Policy

    for number, text in enumerate(blocks("toml")):
        (tmp_path / f"{number}.toml").write_text(text)
        assert Policy.load(tmp_path / f"{number}.toml").keep.usernames


def commands() -> list[list[str]]:
    lines = [line for block in blocks("sh") for line in block.strip().splitlines()]
    return [shlex.split(part) for line in lines for part in line.split("&&")]


def test_the_shell_commands_are_the_ones_that_ci_runs():
    script = (ROOT / ".ci" / "run").read_text()
    assert ["pip", "install", "."] in commands()
    assert ["pip", "install", ".[test]"] in commands()
    assert "pip install --quiet . && pii-guard redact examples/reports/idor --output" in script
    assert 'pip install --quiet ".[test]"' in script
    assert "\npytest" in script


def test_redact_and_verify_as_written(tmp_path):
    env = {**os.environ, "HOME": str(tmp_path)}
    env.pop("PII_GUARD_KEY", None)
    env.pop("XDG_CONFIG_HOME", None)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for words in commands():
        if words[0] == "pii-guard":
            args = [w.replace("~", str(tmp_path)) for w in words[1:]]
            code = f"import sys; sys.argv = {['pii-guard', *args]!r}\nfrom pii_guard.cli import main; main()"
            done = subprocess.run(
                [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True
            )
            assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "out" / "letter.pdf").exists()
    assert (tmp_path / "out" / "certificate.json").exists()


@pytest.mark.parametrize(
    "verb", re.findall(r"^\| `pii-guard ([a-z]+(?: (?:generate|show))?)", README, re.M)
)
def test_every_verb_it_names_has_help(verb):
    code = f"import sys; sys.argv = {['pii-guard', *verb.split(), '--help']!r}\nfrom pii_guard.cli import main; main()"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
