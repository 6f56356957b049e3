"""Random bytes that begin as a frame of sound does are none: a key must not hold a file up."""

from __future__ import annotations

import base64
import io
import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pii_guard.errors import ReasonCode
from tests.fixtures.databases import database
from tests.fixtures.media import planted

RANDOM = b"\xff\xfb\x90\x64" + random.Random(3).randbytes(300)
SOUND = next(one.blob[one.blob.index(b"\xff\xfb") :] for one in planted() if one.format == "mp3")


def in_json(value: bytes) -> tuple[bytes, str]:
    return json.dumps({"digest": base64.b64encode(value).decode()}).encode(), "a.json"


def in_a_database(value: bytes) -> tuple[bytes, str]:
    literal = value.hex()
    return database(f"CREATE TABLE t (salt BLOB); INSERT INTO t VALUES (x'{literal}');"), "a.db"


def in_columns(value: bytes) -> tuple[bytes, str]:
    held = io.BytesIO()
    pq.write_table(pa.table({"salt": pa.array([value], pa.binary())}), held)
    return held.getvalue(), "a.parquet"


HOLDERS = pytest.mark.parametrize("held", [in_json, in_a_database, in_columns])


@HOLDERS
def test_random_bytes_are_no_sound(guard, held):
    blob, name = held(RANDOM)
    assert guard.redact(blob, name=name).verdict == "clean"


@HOLDERS
def test_sound_is_sound(guard, held):
    blob, name = held(SOUND)
    result = guard.redact(blob, name=name)
    assert (result.verdict, result.reason.code) == ("quarantined", ReasonCode.AUDIO_VIDEO)
