"""What is written piece by piece is there as it was written, and on no disk as it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.limits import Limits
from pii_guard.originals import InMemory, Kept, Received, open_original

BLOCK = 1 << 20


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 2 * BLOCK + 7), max_size=4), st.integers(0, 3 * BLOCK))
def test_it_reads_as_it_was_written(sizes, start):
    parts = [bytes([number]) * size for number, size in enumerate(sizes)]
    received = Received(10 * BLOCK)
    for part in parts:
        received.write(part)
    whole, original = b"".join(parts), received.original()
    assert original.size == len(whole)
    assert original.read(0, len(whole)) == whole
    assert original.read(start, BLOCK) == whole[start : start + BLOCK]


def test_a_block_is_held_in_memory_and_more_is_sealed():
    small, large = Received(4 * BLOCK), Received(4 * BLOCK)
    small.write(b"a" * BLOCK)
    large.write(b"a" * (BLOCK + 1))
    assert isinstance(small.original(), InMemory)
    assert isinstance(large.original(), Kept)


def test_one_byte_more_than_allowed_is_refused_at_once():
    received = Received(1000)
    received.write(b"a" * 1000)
    with pytest.raises(Unreadable) as refused:
        received.write(b"a")
    assert refused.value.reason.code is ReasonCode.LIMIT_SIZE


def test_it_is_a_source_as_it_is():
    received = Received(4 * BLOCK)
    received.write(b"a" * (2 * BLOCK))
    original = received.original()
    assert open_original(original, Limits()) is original


def test_it_is_under_the_limits_of_the_policy_too():
    with pytest.raises(Unreadable):
        open_original(InMemory(b"a" * 20), Limits(max_file_bytes=10, max_streamed_bytes=10))
