"""Segments in columns are the segments that were put in, and take little memory."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.document import Document, Kind, Segment, Step
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from pii_guard.segment_table import Collector, SegmentTable, Sort, joined_text, table_of

STEPS = st.builds(Step, st.sampled_from(["row", "column", "line"]), st.integers(0, 2**40))
TEXTS = st.one_of(
    st.text(max_size=12),
    st.text(st.characters(min_codepoint=0xD7F0, max_codepoint=0xE010), max_size=4),
    st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=3), st.just(2_000)),
)
SEGMENTS = st.builds(
    Segment,
    TEXTS,
    st.lists(STEPS, max_size=3).map(tuple),
    st.sampled_from(Kind),
    st.text(max_size=3),
    st.lists(st.integers(0, 2**40), max_size=3).map(tuple),
    st.booleans(),
)


@given(st.lists(SEGMENTS, max_size=12))
def test_a_table_is_a_tuple_of_what_was_put_in(segments):
    table, whole = table_of(segments), tuple(segments)
    assert tuple(table) == whole
    assert table == whole
    assert whole == table
    assert len(table) == len(whole)
    assert [table[n] for n in range(-len(whole), len(whole))] == [*whole, *whole]
    assert table[1:7:2] == whole[1:7:2]
    assert hash(table) == hash(whole)
    assert joined_text(table) == joined_text(whole)


@given(st.lists(SEGMENTS, max_size=6))
def test_it_goes_to_another_process_and_back(segments):
    table = table_of(segments)
    assert pickle.loads(pickle.dumps(Document(table))) == Document(table)


@given(st.lists(SEGMENTS, max_size=6), st.lists(SEGMENTS, max_size=6))
def test_tables_are_equal_when_their_segments_are(one, other):
    assert (table_of(one) == table_of(other)) == (one == other)
    assert table_of(one) == table_of(list(one))


def test_segments_come_in_one_at_a_time_and_many_at_once_in_their_order():
    collector, sort = Collector(), Sort(Kind.CELL, "name", False, "row", (Step("column", 2),))
    collector.add("a", (Step("row", 1),), Kind.NAME, "", (), False)
    collector.extend(["b", "c"], [sort, sort], [2, 3], [(2,), (3,)])
    collector.add("d", (), Kind.FIELD, "", (3,), True)
    assert len(collector) == 4
    where = (Step("column", 2),)
    assert collector.table() == (
        Segment("a", (Step("row", 1),), Kind.NAME),
        Segment("b", (Step("row", 2), *where), Kind.CELL, "name", (2,)),
        Segment("c", (Step("row", 3), *where), Kind.CELL, "name", (3,)),
        Segment("d", (), Kind.FIELD, "", (3,), True),
    )


@given(st.lists(SEGMENTS, max_size=12), st.integers(0, 30))
def test_long_texts_are_found_without_looking_at_each(segments, size):
    found = set(table_of(segments).at_least(size))
    assert {n for n, one in enumerate(segments) if len(one.text) >= size} <= found


@pytest.mark.parametrize("around", ["", "x" * 3_000])
def test_characters_are_found_in_short_texts_and_in_long_ones(around):
    table = table_of([Segment("first"), Segment(f"{around}base64,{around}")])
    assert table.holds("base64,")
    assert not table.holds("BASE64,")


@pytest.mark.parametrize("number", [3, -4, 100])
def test_there_is_nothing_beyond_its_ends(number):
    with pytest.raises(IndexError):
        table_of([Segment("a")] * 3)[number]


def test_no_repr_shows_a_text_or_a_label():
    table = table_of([Segment("Drachenfels", (), Kind.FIELD, "Wilhelmina")])
    shown = f"{table!r} {table[0]!r} {Document(table)!r} {table.blocks!r} {table.common!r}"
    assert "Drachenfels" not in shown
    assert "Wilhelmina" not in shown


ROW = '{n},"Vale {n}",ana{n}@mail.example,open\n'
MANY_ROWS = "id,name,mail,state\n" + "".join(ROW.format(n=n) for n in range(1, 3_000))
OBJECT = '{{"id": {n}, "name": "Vale", "mail": "ana{n}@mail.example"}}\n'
MANY_OBJECTS = "".join(OBJECT.format(n=n) for n in range(1, 3_000))


@pytest.mark.parametrize(
    ("media_type", "text"),
    [("text/csv", MANY_ROWS), ("application/x-ndjson", MANY_OBJECTS)],
)
def test_what_is_read_of_many_rows_takes_a_few_times_their_bytes(media_type, text):
    form, blob = Formats().of(media_type), text.encode()
    for document in (form.read(blob, Bounds()), form.reread(blob, Bounds())):
        assert isinstance(document.segments, SegmentTable)
        columns = [
            len(pickle.dumps(getattr(block, column)))
            for block in document.segments.blocks
            for column in block.__slots__
        ]
        assert sum(columns) < 4 * len(blob)
