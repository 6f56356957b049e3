"""Bombs, traps and files that are not what they say: the right verdict, and the next file at once.

`PII_GUARD_HOSTILE_ROUNDS` says how often each is tried (1 by default, 100 nightly).
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pii_guard.errors import ReasonCode
from tests.isolation import bombs

ROUNDS = int(os.environ.get("PII_GUARD_HOSTILE_ROUNDS", "1"))
GOOD = b"Jane Roe <jane.roe@mail.example> called 202-555-0143"
SLIPPED = Path("/tmp/pii-guard-slip.txt")
UNPACKED = {ReasonCode.LIMIT_UNPACKED, ReasonCode.LIMIT_RATIO}
BROKEN = {ReasonCode.CORRUPT, ReasonCode.UNSUPPORTED}
HELD = {
    "gzipped": UNPACKED, "xzipped": UNPACKED, "bzipped": UNPACKED, "zstandardised": UNPACKED,
    "flat_zip": UNPACKED, "docx_bomb": UNPACKED, "pdf_bomb": UNPACKED, "pdf_bomb_twice": UNPACKED,
    "har_bomb": UNPACKED, "many_members": {ReasonCode.LIMIT_MEMBERS}, "nested_zip": {ReasonCode.LIMIT_NESTING},
    "forty_two": {*UNPACKED, ReasonCode.LIMIT_NESTING, ReasonCode.UNKNOWN_CONTENT}, "overlapping_zip": {*UNPACKED, *BROKEN},
    "png_bomb": {ReasonCode.LIMIT_PIXELS}, "jpeg_bomb": {ReasonCode.LIMIT_PIXELS},
    "gif_bomb": {ReasonCode.LIMIT_PIXELS, ReasonCode.CORRUPT},
    "laughs": {*BROKEN, ReasonCode.LIMIT_UNPACKED, ReasonCode.NOT_COVERED},
    "quadratic": {*BROKEN, ReasonCode.LIMIT_UNPACKED, ReasonCode.NOT_COVERED},
    "deep_json": {ReasonCode.LIMIT_NESTING}, "deep_html": {ReasonCode.LIMIT_NESTING}, "pdf_and_zip": BROKEN, "program_as_text": {ReasonCode.UNKNOWN_CONTENT, *BROKEN},
}  # fmt: skip
PASSED = (
    "outside_entity", "yaml_laughs", "regex_bomb", "tar_link", "gif_and_script", "html_and_pdf", "gzip_as_picture",
)  # fmt: skip


def after(guard):
    """The next good file, and how long it took in milliseconds."""
    began = time.perf_counter()
    assert guard.redact(GOOD, name="a.txt").verdict == "redacted"
    return (time.perf_counter() - began) * 1000


@pytest.mark.parametrize("name", HELD)
def test_it_is_held(guard, name):
    given, blob = getattr(bombs, name)()
    for _ in range(ROUNDS):
        result = guard.redact(blob, name=given)
        assert result.verdict == "quarantined"
        assert result.reason.code in HELD[name], str(result.reason)
        print(f"{name}: {result.reason.code}, the next file in {after(guard):.0f} ms")
    assert not SLIPPED.exists()


@pytest.mark.parametrize("name", PASSED)
def test_it_does_no_harm(guard, name):
    """Read or held: nothing of ours or of another report is in what comes out, and nothing is put anywhere.

    An archive that would climb out of its folder is evidence, and stays one: we unpack it in memory.
    """
    given, blob = getattr(bombs, name)()
    for _ in range(ROUNDS):
        result = guard.redact(blob, name=given)
        if result.output is not None:
            assert b"root:" not in result.output
            assert b"jane.roe@mail.example" not in result.output
        print(
            f"{name}: {result.verdict} {result.reason or ''}, the next file in {after(guard):.0f} ms"
        )
