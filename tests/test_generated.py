"""Files as varied as reports come out: proof and linking agree on what must go."""

from __future__ import annotations

import pytest

pytest.importorskip("faker")

from tests.benchmarks.inputs import KINDS, made


@pytest.mark.parametrize("kind", KINDS)
def test_generated_files_are_redacted_not_held(guard, kind):
    result = guard.redact(made(kind, 15_000), name=f"export.{kind}")
    assert result.verdict == "redacted", result.reason
