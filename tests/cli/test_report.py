"""`pii-guard report`, as somebody would type it, of an audit that was made as somebody would make it."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys

import pytest
from lxml import html

from pii_guard.audit.rows import PARTS, parts

pytest.importorskip("pyarrow", reason="pip install pii-guard-vdp[parquet]")
SECRETS = ("quillfeather", "536-90-4399", "Jane")


def call(*args, code=0, said=()):
    done = subprocess.run(
        [sys.executable, "-c", "from pii_guard.cli import main; main()", *map(str, args)],
        capture_output=True, env={**os.environ, "COLUMNS": "250"}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == code, (done.stdout + done.stderr)[-2_000:]
    told = done.stderr.decode()
    assert [text for text in said if text not in told] == []
    assert [one for one in SECRETS if one in told] == []
    return done.stdout


@pytest.fixture(scope="module")
def audits(tmp_path_factory):
    """Two runs over the same files, between which a file went and another came."""
    root = tmp_path_factory.mktemp("audits")
    given = root / "reports"
    given.mkdir()
    (root / "key").write_text("ab" * 32)
    (given / "a.txt").write_text("Jane Quillfeather, SSN 536-90-4399\n")
    (given / "customers.csv").write_text("name,email\nJane,jane@mail.example\n")
    (given / "broken.pdf").write_bytes(b"%PDF-1.7\n1 0 obj (Jane Quillfeather")
    for name in ("first", "second"):
        call("audit", given, "--output", root / name, "--key-file", root / "key", code=3)
        (given / "a.txt").unlink(missing_ok=True)
        (given / "b.txt").write_text("Jane Quillfeather\n")
    return root


@pytest.fixture
def audit(audits, tmp_path):
    return shutil.copytree(audits / "first", tmp_path / "audit")


def test_a_table_is_printed(audit):
    said = call("report", audit).decode()
    assert "complete" in said
    assert "US_SSN" in said
    assert "corrupt" in said
    assert [one for one in SECRETS if one in said] == []


@pytest.mark.parametrize(
    "name", ["r.html", "r.jsonl", "r.csv", "r.sarif", "r.json", "r.csv-findings"]
)
def test_every_form_is_a_file_that_holds_no_value(audit, tmp_path, name):
    path = tmp_path / name
    form = ("--format", "csv-findings") if name.endswith("findings") else ()
    call("report", audit, "--output", path, *form)
    content = path.read_bytes()
    assert len(content) > 100
    assert [one for one in SECRETS if one.encode() in content] == []
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_the_page_names_what_was_found_and_what_was_not_read(audit, tmp_path):
    call("report", audit, "--output", tmp_path / "r.html", "--title", "Intake, today")
    said = " ".join(html.parse(str(tmp_path / "r.html")).getroot().itertext())
    assert "3 files were examined. Personal data was found in 2 of them" in " ".join(said.split())
    assert "Social security number, United States" in said
    assert "reports/broken.pdf" in said
    assert "Audit report: Intake, today" in said
    assert json.loads((audit / "summary.json").read_text())["partsSha256"] in said
    assert "Every file that was to be examined has one result." in said


def test_forms_go_to_standard_output_too(audit):
    lines = [json.loads(line) for line in call("report", audit, "--format", "jsonl").splitlines()]
    assert [one["verdict"] for one in lines].count("quarantined") == 1
    text = call("report", audit, "--format", "csv", "--output", "-").decode()
    assert [one["location"] for one in csv.DictReader(io.StringIO(text))] == [
        one["location"] for one in lines
    ]
    (run,) = json.loads(call("report", audit, "--format", "sarif", "--most", "1"))["runs"]
    assert len(run["results"]) == 1
    assert run["invocations"][0]["executionSuccessful"] is True


def test_two_runs_are_compared_value_by_value(audits):
    told = json.loads(
        call("report", audits / "second", "--format", "json", "--before", audits / "first")
    )
    assert told["values"]["new"] >= 1
    assert told["values"]["gone"] >= 2
    assert told["values"]["still"] >= 1


def test_runs_of_different_keys_are_not_compared_value_by_value(audits, tmp_path):
    other = shutil.copytree(audits / "first", tmp_path / "other")
    shutil.rmtree(other / "private")
    table = json.loads((other / "summary.json").read_text())
    (other / "summary.json").write_text(json.dumps(table | {"keyId": "another"}))
    told = json.loads(call("report", audits / "second", "-f", "json", "--before", other))
    assert told["values"] is None
    assert told["before"]["files"] == 3


def test_an_audit_that_was_passed_on_without_its_private_part_is_enough(audit):
    shutil.rmtree(audit / "private")
    (audit / "log.jsonl").unlink(missing_ok=True)
    assert b'"state": "complete"' in call("report", audit, "--format", "json")


@pytest.mark.parametrize("what", ["renamed", "doubled"])
def test_parts_that_are_not_those_of_the_summary_are_said_not_to_be(audit, what):
    (part,) = parts(audit)
    other = part.with_name(f"{part.name[:-9]}{'1' if part.name[-9] == '0' else '0'}.parquet")
    shutil.copy(part, other)
    if what == "renamed":
        part.unlink()
    told = json.loads(call("report", audit, "--format", "json", code=3))
    assert told["state"] == "incomplete"


def test_a_summary_that_somebody_changed_is_refused(audit):
    table = json.loads((audit / "summary.json").read_text())
    (audit / "summary.json").write_text(json.dumps(table | {"files": 2}))
    call("report", audit, code=2, said=["not the one that was written", "run the audit again"])


def test_without_a_summary_nothing_is_claimed(audit):
    (audit / "summary.json").unlink()
    assert b'"state": "unknown"' in call("report", audit, "--format", "json")


def test_what_cannot_be_served_is_said(audit, tmp_path):
    (tmp_path / "empty").mkdir()
    call("report", tmp_path / "empty", code=2, said=["no audit is in", "--output"])
    call("report", audit, "-o", tmp_path / "r.docx", code=2, said=["name it .html"])
    call("report", audit, "-f", "csv", "--before", audit, code=2, said=["html or json"])
    call("report", audit, "-f", "table", "-o", tmp_path / "t.txt", code=2, said=["terminal"])
    call("report", audit, "-o", tmp_path / "no" / "r.html", code=2)
    (audit / PARTS / "00000009.parquet").write_bytes(b"PAR1 and no more")
    call("report", audit, code=2, said=["a part of the audit cannot be read"])


def test_an_earlier_report_stays_where_a_new_one_fails(audit, tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text("earlier")
    (audit / PARTS / "00000009.parquet").write_bytes(b"PAR1 and no more")
    call("report", audit, "-o", path, code=2)
    assert path.read_text() == "earlier"
