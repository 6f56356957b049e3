"""The schema of the parts: what is written is what is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pii_guard.audit.rows import (
    PARTS,
    Counted,
    Found,
    Row,
    parts,
    read_part,
    read_rows,
    to_table,
    worst,
)
from pii_guard.errors import PolicyError

pq = pytest.importorskip("pyarrow.parquet", reason="pip install pii-guard-vdp[parquet]")

FOUND = Found(
    "EMAIL_ADDRESS", "name_plus_identifier", "high", "row 3 / column 1", 4, 25, 0.95, "j***",
    "Email", "strong_identifier", ("PERSON",), "cell", "base64", "ab" * 32,
)  # fmt: skip
ROW = Row(
    "case/<PERSON_1>.csv", "cd" * 32, 1, 17, "ef" * 16, "2026-11", "text/csv", "found",
    severity="high", counts=(Counted("EMAIL_ADDRESS", "name_plus_identifier", "high", 2),),
    findings=(FOUND,), unread={"tls": 3},
)  # fmt: skip


def test_rows_come_back_as_they_were(tmp_path):
    bare = Row("a", "00" * 32, 2, None, "", "", "", "quarantined", "unreadable", "directory")
    (tmp_path / PARTS).mkdir()
    pq.write_table(to_table([ROW, bare]), tmp_path / PARTS / "1.parquet")
    assert list(read_rows(tmp_path)) == [ROW, bare]


def test_rows_may_be_read_without_their_findings(tmp_path):
    path = tmp_path / "1.parquet"
    pq.write_table(to_table([ROW]), path)
    assert read_part(path, findings=False) == [replace(ROW, findings=())]
    pq.write_table(to_table([]), path)
    assert read_part(path, findings=False) == read_part(path) == []


def test_counts_are_added_up_by_each_kind():
    counts = (
        Counted("PERSON", "full_name", "low", 2),
        Counted("PERSON", "full_name", "critical", 1),
        Counted("CVV", "financial", "high", 4),
    )
    row = Row("a", "", 1, 0, "", "", "", "found", counts=counts)
    assert row.found == 7
    assert row.by_type == {"PERSON": 3, "CVV": 4}
    assert row.by_category == {"full_name": 3, "financial": 4}
    assert row.by_severity == {"low": 2, "critical": 1, "high": 4}
    assert worst(counts) == "critical"
    assert worst(()) == ""


def test_a_part_of_another_schema_is_refused(tmp_path):
    (tmp_path / PARTS).mkdir()
    path = tmp_path / PARTS / "1.parquet"
    pq.write_table(to_table([ROW]).replace_schema_metadata({}), path)
    with pytest.raises(PolicyError, match="cannot be read"):
        read_part(path)
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(PolicyError, match="cannot be read"):
        read_part(path)
    assert parts(tmp_path) == [path]
