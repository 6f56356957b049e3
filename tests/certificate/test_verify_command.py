"""`pii-guard verify` prints every rule, for people and for programs."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from pii_guard.certificate import sign
from pii_guard.certificate.verify import RULES
from pii_guard.cli.app import app
from tests.certificate.conftest import statement


@pytest.fixture
def run(key, stored, tmp_path):
    certificate = stored / "certificate.json"
    certificate.write_bytes(sign(statement(), key).to_json())

    def call(*args, file=certificate):
        trust = ("--trust", str(tmp_path / "issuer.pub"))
        return CliRunner().invoke(
            app, ["verify", str(file), *trust, *args], env={"COLUMNS": "200", "NO_COLOR": "1"}
        )

    return call


def rows(table):
    """The cells of each row of a printed table, headings aside."""
    cells = [[c.strip() for c in line.strip("│┃ ").split("│")] for line in table.splitlines()]
    return [row for row in cells if len(row) == 3]


def test_the_table_has_a_row_for_every_rule(run, stored):
    done = run("--artifacts", str(stored))
    assert done.exit_code == 0
    printed = rows(done.stdout)
    assert [row[0] for row in printed] == list(RULES)
    assert {row[1] for row in printed} == {"pass", "not_checked"}
    assert all(row[2] for row in printed)


@pytest.mark.parametrize("output_format", ["json", "jsonl"])
def test_the_json_has_an_entry_for_every_rule(run, stored, output_format):
    done = run("--artifacts", str(stored), "--format", output_format)
    report = json.loads(done.stdout)
    assert set(report) == {"schema", "ok", "rules"}
    assert (report["schema"], report["ok"]) == ("pii-guard/verify/1", True)
    assert [one["rule"] for one in report["rules"]] == list(RULES)
    assert {frozenset(one) for one in report["rules"]} == {
        frozenset({"rule", "status", "required", "reason"})
    }
    assert {one["status"] for one in report["rules"]} <= {"pass", "fail", "not_checked"}
    assert (output_format == "jsonl") == (done.stdout.count("\n") == 1)


def test_a_failed_rule_is_shown_as_failed_everywhere(run, stored):
    (stored / "anything0.md").write_bytes(b"of Jane Roe")
    for output_format in ("table", "json"):
        done = run("--artifacts", str(stored), "--format", output_format)
        assert done.exit_code == 1
        assert "Jane" not in done.output
        if output_format == "json":
            report = json.loads(done.stdout)
            found = {one["rule"]: one["status"] for one in report["rules"]}
            assert report["ok"] is False
        else:
            found = {row[0]: row[1] for row in rows(done.stdout)}
        assert [name for name in RULES if found[name] == "fail"] == ["outputs", "other files"]
        assert found["rescan"] == "not_checked"


def test_a_malformed_certificate_still_names_every_rule(run, tmp_path):
    (tmp_path / "bad.json").write_bytes(b'{"payload": "Jane Roe"}')
    done = run("--format", "json", file=tmp_path / "bad.json")
    assert done.exit_code == 3
    report = json.loads(done.stdout)
    assert [one["rule"] for one in report["rules"]] == list(RULES)
    assert report["rules"][0] == {
        "rule": "envelope", "status": "fail", "required": False, "reason": "not a DSSE envelope",
    }  # fmt: skip
    assert {one["status"] for one in report["rules"][1:]} == {"not_checked"}


def test_the_rules_fit_a_narrow_terminal(key, stored, tmp_path):
    """Eighty columns: words fold, and none is lost."""
    file = stored / "certificate.json"
    file.write_bytes(sign(statement(), key).to_json())
    args = ["verify", str(file), "--trust", str(tmp_path / "issuer.pub")]
    done = CliRunner().invoke(app, args, env={"COLUMNS": "80", "NO_COLOR": "1"})
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "…" not in done.stdout
    assert all(name.split()[0] in done.stdout for name in RULES)
