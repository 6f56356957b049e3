"""What is new since another audit, and why something was a hit."""

from __future__ import annotations

import pytest

from pii_guard.audit.baseline import Baseline, compare
from pii_guard.audit.codes import Codes
from pii_guard.audit.engine_local import work
from pii_guard.audit.explaining import explain, others
from pii_guard.audit.rows import read_rows
from pii_guard.audit.run import Asked, run
from pii_guard.cli.baseline import create, diff, tell
from pii_guard.errors import PolicyError
from tests.audit.scene import PERSON, SECRETS, audit


@pytest.fixture(scope="module")
def audits(unconfined, tmp_path_factory):
    """Two audits of a directory, in which one finding went and one came meanwhile."""
    root = tmp_path_factory.mktemp("baseline")
    source = root / "in"
    source.mkdir()
    (source / "a.txt").write_bytes(PERSON)
    (source / "b.txt").write_bytes(b"old.one@mail.example called\n")
    audit(unconfined, source, root / "before")
    (source / "b.txt").write_bytes(b"new.one@mail.example called\n")
    (source / "c.txt").write_bytes(PERSON)
    (source / "moved.txt").write_bytes(b"x")
    audit(unconfined, source, root / "after")
    return root


def test_what_came_and_what_went_is_told_and_what_stayed_is_not(audits):
    told = compare(Baseline.of(audits / "before"), audits / "after")
    assert told.new == {"EMAIL_ADDRESS": 2, "PERSON": 1, "US_SSN": 1}
    assert told.gone == {"EMAIL_ADDRESS": 1}
    assert (told.same, told.partly) == (3, False)
    assert {location for _, _, location in told.findings} == {"in/b.txt", "in/c.txt"}
    assert compare(Baseline.of(audits / "after"), audits / "after").new == {}


def test_a_baseline_is_a_file_of_codes(audits, tmp_path):
    assert create(audits / "before", tmp_path / "baseline.json") == 0
    blob = (tmp_path / "baseline.json").read_bytes()
    assert Baseline.at(tmp_path / "baseline.json") == Baseline.of(audits / "before")
    assert blob == Baseline.of(audits / "before").content()
    assert not [one for one in SECRETS if one in blob]


def test_the_exit_code_says_whether_something_is_new(audits, tmp_path, capsys):
    for name in ("before", "after"):
        create(audits / name, tmp_path / name)
    assert diff(tmp_path / "after", audits / "after", "table") == 0
    assert diff(tmp_path / "before", audits / "after", "json") == 1
    part = next((audits / "after" / "parts").iterdir())
    content = part.read_bytes()
    part.unlink()
    try:
        assert diff(tmp_path / "before", audits / "after", "json") == 3
    finally:
        part.write_bytes(content)


def test_audits_under_two_keys_are_not_compared(audits, unconfined, tmp_path):
    source = (str(audits / "in"),)
    asked = Asked(source, tmp_path / "other", given=Codes(b"o" * 32))
    run(unconfined, asked, lambda w, n: work(w, n, 1))
    with pytest.raises(PolicyError, match="another key"):
        compare(Baseline.of(audits / "before"), tmp_path / "other")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"schema": "x"}', b'{"schema": "pii-guard/audit-baseline/1"}']
)
def test_what_is_no_baseline_is_a_usage_error(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(PolicyError, match="no baseline"):
        Baseline.at(tmp_path / "a")


def test_a_finding_is_explained_without_its_value(audits, capsys):
    row = next(row for row in read_rows(audits / "after") if row.location == "in/a.txt")
    number = next(n for n, one in enumerate(row.findings) if one.entity_type == "US_SSN")
    told = explain(audits / "after", row.finding_id(number))
    said = dict(told.lines())
    assert said["recognizer"].startswith("UsSsn, score 0.9")
    assert said["rule"].startswith("strong_identifier")
    assert said["in its record"] == "EMAIL_ADDRESS, PERSON"
    assert others(audits / "after", told.found) == (2, 2)
    assert tell(row.finding_id(number), audits / "after", "json") == 0
    shown = capsys.readouterr().out
    assert "2 times in 2 files" in shown
    assert not [one for one in SECRETS if one.decode() in shown]


@pytest.mark.parametrize("finding", ["", "jane", "0123456789abcdef-0", "0123456789abcdef-1"])
def test_what_is_no_finding_is_a_usage_error(audits, finding):
    with pytest.raises(PolicyError):
        explain(audits / "after", finding)
