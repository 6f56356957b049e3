"""Parquet: what the matrix of places does not say."""

from __future__ import annotations

import base64
import builtins
import datetime as dt
import decimal
import io
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pii_guard.document import Changes, Edit, Span
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from tests.fixtures import CANARY
from tests.fixtures.columns import parquet
from tests.formats.samples import SAMPLES

ROOT = Path(__file__).parents[2]
BOUNDS = Bounds()
FORM = Formats().of("application/vnd.apache.parquet")


def replacing(blob, wanted, new):
    segments = FORM.read(blob, BOUNDS).segments
    number = [s.text for s in segments].index(wanted)
    return FORM.write(blob, Changes((Edit(number, Span(0, len(wanted)), new),)), BOUNDS)


def test_what_only_arrows_copy_of_the_schema_says_is_read(guard):
    """The footer says it too; there a byte of it was lost."""
    blob = parquet({"note": pa.array(["ok"])}, metadata={"author": CANARY})
    assert blob.count(CANARY.encode()) == 1
    result = guard.redact(blob.replace(CANARY.encode(), b"?" * len(CANARY)), name="a.parquet")
    assert result.verdict == "redacted"
    assert base64.b64encode(CANARY.encode())[4:-4] not in result.output
    assert CANARY not in str(pq.read_schema(io.BytesIO(result.output)).metadata)


def table(blob):
    return pq.read_table(io.BytesIO(blob))


TYPES = {
    "i8": pa.array([1, None, 3], pa.int8()),
    "f": pa.array([1.5, 2.0, None], pa.float32()),
    "day": pa.array([dt.date(1980, 2, 3), None, None]),
    "sum": pa.array([decimal.Decimal("12.50"), None, None]),
    "flag": pa.array([True, False, None]),
    "big": pa.array(["x", "y", None], pa.large_string()),
    "deep": pa.array([[{"a": ["p", None]}], [], None]),
}


def test_values_are_told_with_their_columns_rows_and_kinds():
    document = FORM.read(parquet(TYPES), BOUNDS)
    cells = [(s.label, s.text, s.number, s.record) for s in document.segments if s.record]
    assert cells == [
        ("i8", "1", True, (1,)), ("f", "1.5", True, (1,)), ("day", "1980-02-03", False, (1,)),
        ("sum", "12.50", True, (1,)), ("big", "x", False, (1,)), ("deep.a", "p", False, (1,)),
        ("f", "2", True, (2,)), ("big", "y", False, (2,)), ("i8", "3", True, (3,)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "new", "column", "value"),
    [
        ("3", "7", "i8", [1, None, 7]), ("3", "70000", "i8", [1, None, None]), ("1.5", "9", "f", [9.0, 2.0, None]),
        ("1980-02-03", "<D_1>", "day", [None] * 3), ("12.50", "8", "sum", [decimal.Decimal("8.00"), None, None]),
        ("p", "<P_1>", "deep", [[{"a": ["<P_1>", None]}], [], None]),
    ],
)  # fmt: skip
def test_one_value_is_replaced_and_types_and_the_others_stay(wanted, new, column, value):
    blob = parquet(TYPES)
    before, after = table(blob), table(replacing(blob, wanted, new))
    assert after.schema.equals(before.schema)
    assert after.column(column).to_pylist() == value
    others = [name for name in before.column_names if name != column]
    assert after.select(others).equals(before.select(others))


def test_row_groups_compression_and_metadata_stay():
    blob = parquet(
        {"a": ["x", "y", "z"]}, row_group_size=2, metadata={"k": "v"}, compression="gzip"
    )
    made = pq.ParquetFile(io.BytesIO(replacing(blob, "y", "w")))
    assert [made.metadata.row_group(n).num_rows for n in range(2)] == [2, 1]
    assert made.metadata.row_group(0).column(0).compression == "GZIP"
    assert made.schema_arrow.metadata == {b"k": b"v"}
    assert made.metadata.row_group(0).column(0).statistics.max == "x"


def test_values_that_share_their_bytes_count_for_every_row():
    blob = parquet({"a": ["x" * 100_000] * 2_000})
    with pytest.raises(Unreadable) as caught:
        FORM.read(blob, BOUNDS)
    assert caught.value.reason.code is ReasonCode.LIMIT_RATIO
    with pytest.raises(Unreadable) as caught:
        FORM.read(parquet({"a": [1] * 50}), Bounds(max_cells=49))
    assert caught.value.reason.code is ReasonCode.LIMIT_CELLS


def test_without_the_extra_it_is_refused(monkeypatch):
    real = builtins.__import__

    def missing(name, *rest):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(Unreadable) as caught:
        FORM.read(b"PAR1", BOUNDS)
    assert caught.value.reason.code is ReasonCode.UNSUPPORTED


def test_mutated_files_are_read_or_refused():
    chance, sample = random.Random(8), SAMPLES["application/vnd.apache.parquet"]
    for _ in range(300):
        blob = bytearray(sample)
        for _ in range(chance.randint(1, 4)):
            blob[chance.randrange(len(blob))] = chance.randrange(256)
        try:
            document = FORM.read(bytes(blob), BOUNDS)
            if document.segments:
                FORM.write(
                    bytes(blob),
                    Changes((Edit(len(document.segments) - 1, Span(0, 1), "7"),)),
                    BOUNDS,
                )
        except Unreadable:
            continue


def test_the_same_is_written_twice():
    blob = parquet(TYPES)
    assert replacing(blob, "x", "z") == replacing(blob, "x", "z")


def test_a_footer_that_contradicts_itself_is_refused_and_ends_nothing():
    # pyarrow throws past Python where parts of such a footer are looked at: only in a process of its own.
    code = """
import random
import subprocess
import sys
from pathlib import Path
from pii_guard.document import Changes
from pii_guard.errors import Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.parquet import FORMAT
from tests.fixtures.columns import planted
chance, blobs = random.Random(3), [one.blob for one in planted()]
for _ in range(1500):
    blob = bytearray(chance.choice(blobs))
    for _ in range(chance.randint(1, 8)):
        blob[chance.randrange(len(blob))] = chance.choice([0, 255, chance.randrange(256)])
    try:
        FORMAT.read(bytes(blob), Bounds())
    except Unreadable:
        pass
print("done")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "done\n", done.stderr[-500:]
