"""What every format owes (`formats/base.py`), for every format that is there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.document import Changes, Edit, Span
from pii_guard.errors import Unreadable
from pii_guard.formats import Formats, heic, legacy
from pii_guard.formats.base import Bounds
from tests.formats.samples import SAMPLES

BOUNDS = Bounds()
FORMATS = Formats()
ALIAS = {"application/xhtml+xml", "application/pdf"}  # pdf has a suite of its own
REFUSED = {kind for form in (*legacy.FORMATS, heic.FORMAT) for kind in form.media_types}


def unchanged(media_type: str, blob: bytes) -> Changes:
    children = FORMATS.of(media_type).read(blob, BOUNDS).children
    return Changes((), {number: child.blob for number, child in enumerate(children)})


def bare(text: str) -> str:
    return text.replace("<PERSON_1>", "PERSON_1")


def test_every_format_has_a_sample():
    assert FORMATS.media_types - ALIAS - REFUSED == set(SAMPLES)


@pytest.mark.parametrize("media_type", sorted(SAMPLES))
def test_nothing_to_redact_means_byte_for_byte(media_type):
    blob = SAMPLES[media_type]
    changes = unchanged(media_type, blob)
    assert FORMATS.of(media_type).write(blob, changes, BOUNDS) == blob


@pytest.mark.parametrize("media_type", sorted(SAMPLES))
def test_two_reads_agree(media_type):
    form, blob = FORMATS.of(media_type), SAMPLES[media_type]
    assert form.read(blob, BOUNDS) == form.read(blob, BOUNDS)


@pytest.mark.parametrize("media_type", sorted(SAMPLES))
def test_each_segment_can_be_replaced_and_the_others_stay(media_type):
    form, blob = FORMATS.of(media_type), SAMPLES[media_type]
    document = form.read(blob, BOUNDS)
    for number, segment in enumerate(document.segments):
        text = segment.text
        start = len(text) - len(text.lstrip())
        span = Span(start, len(text.rstrip()))
        if span.start >= span.end:
            continue
        token = "7" if segment.number else "<PERSON_1>"
        edits = (Edit(number, span, token),)
        out = form.write(blob, Changes(edits, unchanged(media_type, blob).children), BOUNDS)
        again = form.read(out, BOUNDS)
        texts = [one.text for one in again.segments]
        expected = [one.text for one in document.segments]
        expected[number] = text[: span.start] + token + text[span.end :]
        if segment.kind.value != "name":  # a renamed key renames the labels below it
            # Names of files take no brackets.
            assert [bare(one) for one in texts] == [bare(one) for one in expected]
        assert any(bare(token) in one.text for one in form.reread(out, BOUNDS).segments)


@pytest.mark.parametrize("media_type", sorted(SAMPLES))
@pytest.mark.parametrize("cut", [1, 3, 10, 25])
def test_a_truncated_file_is_read_or_refused_never_a_crash(media_type, cut):
    form, blob = FORMATS.of(media_type), SAMPLES[media_type][:-cut]
    for read in (form.read, form.reread):
        try:
            read(blob, BOUNDS)
        except Unreadable as refused:
            assert refused.reason.remedy


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
        ),
        max_leaves=12,
    ),
    st.booleans(),
)
def test_any_json_keeps_its_bytes_and_loses_its_strings(value, ascii_only):
    import json

    blob = json.dumps([value], ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    form = FORMATS.of("application/json")
    document = form.read(blob, BOUNDS)
    assert form.write(blob, Changes(), BOUNDS) == blob
    edits = tuple(
        Edit(n, Span(0, len(s.text)), "0" if s.number else f"<X_{n}>")
        for n, s in enumerate(document.segments)
        if s.text
    )
    again = form.reread(form.write(blob, Changes(edits), BOUNDS), BOUNDS)
    assert all(s.text.startswith("<X_") or s.text in ("", "0") for s in again.segments)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
            min_size=2,
            max_size=4,
        ),
        min_size=2,
        max_size=5,
    )
)
def test_any_csv_is_read_as_the_standard_library_reads_it(rows):
    import csv
    import io

    held = io.StringIO(newline="")
    csv.writer(held, quoting=csv.QUOTE_ALL).writerows(rows)
    blob = held.getvalue().encode()
    form = FORMATS.of("text/csv")
    ours = [s.text for s in form.read(blob, BOUNDS).segments]
    assert form.write(blob, Changes(), BOUNDS) == blob
    assert ours == [cell for row in rows for cell in row]


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_survive_the_text_format_or_are_refused(blob):
    form = FORMATS.of("text/plain")
    try:
        document = form.read(blob, BOUNDS)
    except Unreadable:
        return
    assert form.write(blob, Changes(), BOUNDS) == blob
    for segment in document.segments:
        edit = Edit(0, Span(0, 1), "X")
        out = form.write(blob, Changes((edit,)), BOUNDS)
        assert form.read(out, BOUNDS).segments[0].text[1:] == segment.text[1:]
