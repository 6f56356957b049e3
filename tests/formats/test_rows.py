"""Rows and members are read many at a time where they are plain, and come out as if read one by one."""

from __future__ import annotations

import json
import re
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.document import Changes, Document, Edit, Kind, Span
from pii_guard.errors import Unreadable
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from pii_guard.formats.json_lexer import unescape
from pii_guard.formats.line_numbers import LineNumbers
from pii_guard.formats.pieces import MANY, Shifted

BOUNDS, FORMATS = Bounds(), Formats()
QUICK = settings(max_examples=80, deadline=None)
CSV, JSON, LINES, SQL, HAR = map(
    FORMATS.of,
    ["text/csv", "application/json", "application/x-ndjson", "application/sql", "application/har+json"],
)  # fmt: skip
WORD = st.text("abc éŁ", min_size=1, max_size=5).map(str.strip).filter(bool)


def texts(document: Document) -> list[str]:
    return [segment.text for segment in document.segments]


@QUICK
@given(st.lists(st.lists(WORD, min_size=3, max_size=3), min_size=2, max_size=6), st.data())
def test_a_row_with_quotes_reads_like_one_without(rows, data):
    plain = "\n".join(",".join(row) for row in rows)
    quoted = "\n".join(
        ",".join(f'"{cell}"' if data.draw(st.booleans()) else cell for cell in row) for row in rows
    )
    assert CSV.read(plain.encode(), BOUNDS) == CSV.read(quoted.encode(), BOUNDS)


def test_a_quote_that_opens_no_cell_and_rows_of_no_cells():
    blob = b'a,5\' 8",c\n\n,\r\n"x ""y"" z"tail,\r"p\nq",r'
    document = CSV.read(blob, BOUNDS)
    assert texts(document) == [
        "a", "5' 8\"", "c", "", "", "", 'x "y" z', "tail", "", "p\nq", "r",
    ]  # fmt: skip
    assert [segment.record for segment in document.segments] == [
        (1,), (1,), (1,), (2,), (3,), (3,), (4,), (4,), (4,), (5,), (5,),
    ]  # fmt: skip


@pytest.mark.parametrize("form", [CSV, LINES, SQL])
def test_an_edit_far_behind_stands_where_it_is_due(form):
    row = {
        id(CSV): 'r{n},"a ""b"" c",m{n}@x.example\n',
        id(LINES): '{{"id": "r{n}", "x": "a \\"b\\" c", "m": "m{n}@x.example"}}\n',
        id(SQL): "INSERT INTO t VALUES ('r{n}', 'a ''b'' c', 'm{n}@x.example');\n",
    }[id(form)]
    blob = "".join(row.format(n=n) for n in range(2 * MANY)).encode()
    read = form.read(blob, BOUNDS)
    edits = tuple(
        Edit(number, Span(0, len(segment.text)), "gone")
        for number, segment in enumerate(read.segments)
        if segment.text in ("m0@x.example", "m5000@x.example", f"m{2 * MANY - 1}@x.example")
    )
    out = form.write(blob, Changes(edits), BOUNDS)
    changed = [n for n, line in enumerate(out.splitlines()) if b"gone" in line]
    assert len(edits) == 3
    assert changed == [0, 5000, 2 * MANY - 1]
    assert re.sub(rb"gone", b"", out) == re.sub(
        rb"\bm(?:0|5000|%d)@x\.example" % (2 * MANY - 1), b"", blob
    )


# Raw control characters would make the file no text.
JSON_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=6)
SCALARS = st.one_of(
    JSON_TEXT,
    st.integers(),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(JSON_TEXT, inner, max_size=3),
    max_leaves=12,
)
WRITTEN = st.sampled_from(
    [{}, {"indent": 1}, {"ensure_ascii": False}, {"separators": (" ,\n", "\t: ")}]
)


def leaves(value, path=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, Kind.NAME, ""
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    elif isinstance(value, str):
        yield value, Kind.FIELD, path
    elif value is not None and not isinstance(value, bool):
        yield json.dumps(value), Kind.FIELD, path


@QUICK
@given(VALUES, WRITTEN)
def test_json_reads_as_the_parser_sees_it_however_it_is_written(value, how):
    blob = json.dumps(value, **how).encode("utf-8", "surrogatepass")
    read, again = JSON.read(blob, BOUNDS), JSON.reread(blob, BOUNDS)
    assert [(s.text, s.kind, s.label) for s in read.segments] == list(leaves(value))
    assert sorted((s.text, s.label, s.number) for s in read.segments) == sorted(
        (s.text, s.label, s.number) for s in again.segments
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"a" "b"}', '{"a":1 "b":2}', '{"a":01}', "[1 2]", "1, 2", "[1}", '{"a":1', "[", '"a" x',
        '{"a":"\x01"}', "", " ", '{"a":1}}', "[1]\n,", '{"a":"\\x"}', "tru", "-", '{"a":1}{',
        # Digits of other scripts are none.
        "[1\u0663]", "[1.\u0663]", '{"a":1e\u0663}',
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(text):
    with pytest.raises(Unreadable):
        JSON.read(text.encode(), BOUNDS)


def test_the_line_of_an_error_is_that_of_what_is_wrong():
    with pytest.raises(Unreadable) as caught:
        JSON.read(b'{"a": 1,\n"b": 2,\n"c" 3}', BOUNDS)
    assert caught.value.reason.where == "line 3"


def test_a_key_that_stands_twice_is_read_twice():
    document = JSON.read(b'{"a": "one", "a": {"a": "two"}, "a": 3}', BOUNDS)
    assert texts(document) == ["a", "one", "a", "a", "two", "a", "3"]


def sql(rows: list[list[str]], between: str) -> bytes:
    cells = [f",{between}".join(row) for row in rows]
    return f"INSERT INTO t (a, b, c) VALUES\n({f'),{between}('.join(cells)});\n-- end".encode()


LITERALS = st.one_of(
    st.integers().map(str),
    st.sampled_from(["NULL", "DEFAULT", "''", "'it''s'", "'a\\'b'", "-1.5", "'x, (y)'", "now()"]),
    WORD.map(lambda word: f"'{word}'"),
)


@QUICK
@given(st.lists(st.lists(LITERALS, min_size=2, max_size=4), min_size=1, max_size=4))
def test_values_read_alike_whether_plain_or_with_comments_between(rows):
    plain, slow = SQL.read(sql(rows, ""), BOUNDS), SQL.read(sql(rows, "/**/"), BOUNDS)
    assert plain == slow


def test_what_looks_like_a_value_of_sql_and_is_none():
    document = SQL.read(
        b"INSERT INTO t VALUES (a-5, 0x41, N'n', --'c'\n 7, x'41', 1e3, .5);", BOUNDS
    )
    assert texts(document) == ["5", "n", "'c'", "7", "41"]


@QUICK
@given(st.text("ab\n\r\u0141\U0001f600", max_size=30), st.data())
def test_lines_are_counted_in_stretches_as_from_the_beginning(text, data):
    places = array("q", sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8))))
    cut = data.draw(st.integers(0, len(places)))
    numbers = LineNumbers(text)
    found = numbers.of(places[:cut]) + numbers.of(places[cut:])
    assert list(found) == [1 + text.count("\n", 0, place) for place in places]


@QUICK
@given(st.text())
def test_each_character_of_an_escaped_text_has_its_place(text):
    written = f'"{json.dumps(text)[1:-1]}"'
    value, places = unescape(written, 1, len(written) - 1)
    assert value == json.loads(written)
    assert len(places) == len(value) + 1
    assert places[-1] == len(written) - 1
    for number, character in enumerate(value):
        assert json.loads(f'"{written[places[number] : places[number + 1]]}"') == character


def test_places_of_characters_are_a_sequence():
    places = Shifted([0, 2, 3], [10, 13, 19], 6)
    assert list(places) == [10, 11, 13, 19, 20, 21]
    assert places[1:4] == [11, 13, 19]
    assert places[-1] == 21
    with pytest.raises(IndexError):
        places[6]


def test_values_of_an_exchange_listed_twice_are_found_under_both():
    entry = '{"request": {"headers": [{"name": "X-User", "value": "ana"}], "url": "https://a.example/"}}'
    blob = f'{{"log": {{"entries": [{entry}], "entries": [{entry}, "ben"]}}}}'.encode()
    found = [(s.text, s.label, s.record) for s in HAR.read(blob, BOUNDS).segments]
    assert found.count(("ana", "X-User", (1,))) == 2
    assert ("ben", "log.entries", (2,)) in found


def test_what_says_how_a_body_is_written_may_stand_in_the_object_of_the_same_name():
    blob = (
        b'{"log": {"entries": [{"response": {"content": {"text": "YW5h", "encoding": "x", "size": 9},'
        b' "content": {"encoding": "base64", "size": 3, "mimeType": "text/html"}}}]}}'
    )
    (body,) = HAR.read(blob, BOUNDS).children
    assert (body.blob, body.media_type) == (b"ana", "text/html")
    out = HAR.write(blob, Changes((), {0: b"gone!"}), BOUNDS)
    assert out == blob.replace(b"YW5h", b"Z29uZSE=").replace(b'"size": 3', b'"size": 5')
