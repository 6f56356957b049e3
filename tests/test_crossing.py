"""What a worker says: the same values on the other side, and nothing that is not said in full."""

from __future__ import annotations

import base64
import contextlib
import errno
import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard import caged
from pii_guard.caged import _GARBLED
from pii_guard.crossing import result_row, scan_row, to_result, to_scan
from pii_guard.originals import SMALL
from pii_guard.sealed import Sealed

FILES = {
    "a.txt": b"Jane Roe <jane.roe@mail.example> called 202-555-0143 from 192.0.2.7",
    "a.json": b'{"name": "Jane Roe", "ip": "192.0.2.7", "n": [1, 2]}',
    "wide.txt": b"sent " + base64.b64encode("Jane Roe <jane.roe@mail.example>".encode("utf-16-le")),
    "packed.txt": b"sent " + base64.b64encode(gzip.compress(b"Jane Roe <jane.roe@mail.example>")),
    "clean.txt": b"GET /index.html HTTP/1.1",
    "broken.json": b'{"name": ',
    "": b"",
}


def crossed(row):
    return json.loads(json.dumps(row))


@pytest.mark.parametrize("name", FILES)
def test_a_result_is_the_same_on_the_other_side(unconfined, name):
    result = unconfined.redact(FILES[name], name=name)
    pieces = () if result.output is None else result.pieces
    other = to_result(crossed(result_row(result)), pieces)
    assert other == result
    assert [one.replacement for one in other.actions] == [one.replacement for one in result.actions]


@pytest.mark.parametrize("name", FILES)
def test_a_scan_is_the_same_on_the_other_side(unconfined, name):
    scan = unconfined.scan(FILES[name], name=name)
    assert to_scan(crossed(scan_row(scan))) == scan


@pytest.mark.parametrize("name", FILES)
def test_isolation_changes_nothing(guard, unconfined, name):
    assert guard.redact(FILES[name], name=name) == unconfined.redact(FILES[name], name=name)
    assert guard.scan(FILES[name], name=name) == unconfined.scan(FILES[name], name=name)


def test_another_output_than_was_proved_is_refused(unconfined):
    result = unconfined.redact(FILES["a.txt"], name="a.txt")
    with pytest.raises(ValueError, match="arrived"):
        to_result(crossed(result_row(result)), (FILES["a.txt"],))


def test_quarantined_does_not_become_clean(unconfined):
    row = crossed(result_row(unconfined.redact(FILES["broken.json"], name="broken.json")))
    with pytest.raises((ValueError, TypeError, LookupError)):
        to_result({**row, "verdict": "clean"}, (b"",))


def test_output_that_there_is_no_room_for_is_quarantined_and_the_next_is_not(guard, monkeypatch):
    """The worker had room for it; the caller, a moment later, has not."""

    def full():
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(caged, "Sealed", lambda: Sealed(full))
    case = guard.case()
    case.add(b"GET /orders 200\n" * (SMALL // 16 + 1) + b"jane.roe@mail.example\n", name="a.log")
    case.add(b"jane.roe@mail.example", name="b.txt")
    first, second = case.redact()
    assert (first.verdict, str(first.reason)[:33]) == (
        "quarantined",
        "unreadable (no room for it on dis",
    )
    assert second.output == b"<EMAIL_ADDRESS_1>"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_a_field_it_is_taken_or_refused(unconfined, data):
    """A worker that was taken over may write what it likes; it ends as garbled, nothing else happens."""
    result = unconfined.redact(FILES["a.txt"], name="a.txt")
    row = crossed(result_row(result))
    _put(row, data.draw(JUNK), data.draw)
    with contextlib.suppress(*_GARBLED):
        to_result(row, result.pieces)


def _put(row, junk, draw):
    """Replace something somewhere in a row."""
    here = row
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        key = draw(st.sampled_from(keys))
        inner = here[key]
        if not isinstance(inner, (dict, list)) or not inner or draw(st.booleans()):
            here[key] = junk
            return
        here = inner


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (7, []), (7, None), (7, "a.b"),
        (9, ["Jane Roe <jane.roe@mail.example>", 0, 0]), (9, ["base64", -1, 0]),
    ],
)  # fmt: skip
def test_no_field_of_a_finding_takes_whatever_is_said(unconfined, field, said):
    row = crossed(scan_row(unconfined.scan(FILES["a.txt"], name="a.txt")))
    row["findings"][0][field] = said
    with pytest.raises(_GARBLED):
        to_scan(row)
