"""A file made of pieces reads like one that is in memory."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.intake.pieces_file import PiecesFile

WHENCE = st.sampled_from([io.SEEK_SET, io.SEEK_CUR, io.SEEK_END])
STEPS = st.lists(st.tuples(st.sampled_from(["read", "seek"]), st.integers(-10, 30), WHENCE))


@given(pieces=st.lists(st.binary(max_size=7), max_size=5), steps=STEPS)
def test_it_reads_and_seeks_as_memory_does(pieces, steps):
    ours, theirs = io.BufferedReader(PiecesFile(pieces), 3), io.BytesIO(b"".join(pieces))
    for verb, number, whence in steps:
        if verb == "read":
            assert ours.read(number if number >= 0 else -1) == theirs.read(
                number if number >= 0 else -1
            )
        elif whence == io.SEEK_SET and number >= 0:
            assert ours.seek(number) == theirs.seek(number)
        elif whence == io.SEEK_END and number <= 0 and -number <= theirs.getbuffer().nbytes:
            assert ours.seek(number, whence) == theirs.seek(number, whence)
        assert ours.tell() == theirs.tell()


def test_there_is_nothing_before_its_beginning():
    with pytest.raises(ValueError, match="beginning"):
        PiecesFile([b"a"]).seek(-1)


def test_a_closed_file_is_not_read():
    file = PiecesFile([b"a"])
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.readinto(bytearray(1))
