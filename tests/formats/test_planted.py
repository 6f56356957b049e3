"""A value planted in any place of any format is found and gone, and the file still opens."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from pii_guard import Guard, Policy
from pii_guard.findings import Quarantined, Redacted
from tests.fixtures import Planted, everything, matrix


def spellings(value: str) -> list[bytes]:
    """How bytes may hold a text, lower case."""
    raw = value.encode()
    return [
        raw.lower(),
        value.encode("utf-16-le").lower(),
        value.encode("utf-16-be").lower(),
        raw.hex().encode(),
        *(base64.b64encode(b"\0" * lead + raw)[4 * (lead > 0) : -4].lower() for lead in range(3)),
    ]


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard()


@pytest.fixture(scope="module")
def keeping() -> Guard:
    return Guard(Policy(media="keep"))


@pytest.mark.parametrize("one", everything(), ids=str)
def test_what_is_planted_is_gone_and_the_rest_stands(guard: Guard, keeping: Guard, one: Planted):
    result = (keeping if one.keeps_media else guard).redact(one.blob, name=one.name)
    if one.refused is not None:
        assert isinstance(result, Quarantined)
        assert result.reason.code is one.refused
        return
    assert isinstance(result, Redacted), getattr(result, "reason", "taken for clean")
    assert result.output is not None
    before = b"\n".join(one.unpacked(one.blob))
    after = b"\n".join(one.unpacked(result.output))
    assert any(form in before.lower() for form in spellings(one.canary)), "nothing was planted"
    for form in spellings(one.canary):
        assert form not in after.lower()
        assert form not in result.output.lower()
    assert one.opens(result.output) == one.opens(one.blob)
    for text in one.kept:
        assert text.encode() in after


def test_the_page_lists_what_is_covered():
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")
    assert matrix() in page
