"""Pieces that wait on disk, and what others can do with them."""

from __future__ import annotations

import errno
import io
import tempfile

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.errors import Unreadable
from pii_guard.sealed import Sealed


@given(st.lists(st.binary(max_size=5_000), max_size=20))
def test_pieces_come_back_in_any_order(pieces):
    sealed = Sealed()
    assert [sealed.append(piece) for piece in pieces] == list(range(len(pieces)))
    assert [sealed[n] for n in reversed(range(len(sealed)))] == pieces[::-1]


def test_equal_pieces_look_different_and_have_no_name(monkeypatch):
    file = io.BytesIO()
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: file)
    sealed = Sealed()
    sealed.append(b"Jane Roe" * 100)
    half = len(file.getvalue())
    sealed.append(b"Jane Roe" * 100)
    one, other = file.getvalue()[:half], file.getvalue()[half:]
    assert len(one) == len(other)
    assert one != other
    assert b"Jane" not in file.getvalue()


def test_what_was_changed_on_disk_is_refused(monkeypatch):
    file = io.BytesIO()
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: file)
    sealed = Sealed()
    sealed.append(b"Jane Roe")
    file.getbuffer()[3] ^= 1
    with pytest.raises(InvalidTag):
        sealed[0]


class _Full(io.BytesIO):
    def write(self, _):
        raise OSError(errno.ENOSPC, "full")


def test_a_full_disk_is_a_reason(monkeypatch):
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: _Full())
    with pytest.raises(Unreadable) as caught:
        Sealed().append(b"x")
    assert "no room" in caught.value.reason.where
