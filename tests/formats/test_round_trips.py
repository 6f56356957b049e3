"""Laws of each text format over invented files, checked with real parsers that we do not ship with.

Nothing to redact: byte for byte the same. One value replaced: the parser sees the same file but for
that value, and every byte outside it is where it was.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import string

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lxml import etree, html

from pii_guard.document import Changes, Edit, Span
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode

BOUNDS, FORMATS = Bounds(), Formats()
TOKEN = "<PERSON_1>"
QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)  # fmt: skip
LETTERS = st.characters(
    codec="latin-1", exclude_categories=["Cc", "Cf", "Zs"], exclude_characters="\xa0"
)
WORDS = st.text(LETTERS, min_size=1, max_size=12)
PHRASES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
KEYS = st.text(string.ascii_lowercase, min_size=1, max_size=6)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "latin-1"])
ENDS = st.sampled_from(["\n", "\r\n"])
MARKS = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


def encoded(text, encoding):
    blob = MARKS.get(encoding, b"") + text.encode(encoding)
    assume(encoding != "latin-1" or 8 * sum(c > "\x7f" for c in text) < len(text))
    try:
        # Latin-1 that is mostly foreign, or happens to be UTF-8, is not told apart: refused or read so.
        assume(decode(blob).text == text)
    except Unreadable:
        assume(False)
    return blob


def spliced(media_type, blob, wanted):
    """(bytes before, the new file, bytes after) with the one segment that reads `wanted` replaced."""
    form = FORMATS.of(media_type)
    document = form.read(blob, BOUNDS)
    assert form.write(blob, Changes(), BOUNDS) == blob
    assert form.reread(blob, BOUNDS) is not None
    at = [n for n, s in enumerate(document.segments) if wanted in s.text]
    assert at, "the value was not read"
    where = document.segments[at[0]].text.index(wanted)
    edit = Edit(at[0], Span(where, where + len(wanted)), TOKEN)
    out = form.write(blob, Changes((edit,)), BOUNDS)
    again = [segment.text for segment in form.read(out, BOUNDS).segments]
    expected = [segment.text for segment in document.segments]
    expected[at[0]] = expected[at[0]].replace(wanted, TOKEN, 1)
    assert again == expected
    assert any(TOKEN in segment.text for segment in form.reread(out, BOUNDS).segments)
    assert only_here(blob, out)
    return out


def only_here(before, after):
    """Whether the two differ in one place no wider than the two values could make it."""
    head = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    tail = next(
        (i for i, (a, b) in enumerate(zip(before[::-1], after[::-1], strict=False)) if a != b), 0
    )
    return head + tail <= len(before) and len(after) - head - tail <= 4 * (len(TOKEN) * 6)


NEEDLE = 'Wilma O\'Hara "W" <&> \\ 100%'
PLAIN = "Wilma Ohara"


@QUICK
@given(st.lists(PHRASES, min_size=1, max_size=6), ENCODINGS, ENDS, st.booleans())
def test_text(lines, encoding, end, last):
    text = end.join([*lines, f"by {NEEDLE}."]) + (end if last else "")
    blob = encoded(text, encoding)
    out = spliced("text/plain", blob, NEEDLE)
    assert decode(out).text == text.replace(NEEDLE, TOKEN)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | PHRASES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@QUICK
@given(
    VALUES, ENCODINGS, ENDS, st.booleans(), st.sampled_from([None, 0, 2, "\t"]),
    st.sampled_from([NEEDLE, "two\nlines \u20ac", "tab\there"]),
)  # fmt: skip
def test_json(value, encoding, end, ascii_only, indent, needle):
    whole = {"a": value, "who": [needle, value], "n": 1}
    text = json.dumps(whole, ensure_ascii=ascii_only, indent=indent).replace("\n", end)
    assume(ascii_only or encoding != "latin-1" or "\u20ac" not in text)
    blob = encoded(text, encoding)
    out = spliced("application/json", blob, needle)
    assert json.loads(decode(out).text) == {**whole, "who": [TOKEN, value]}


@QUICK
@given(st.lists(VALUES, min_size=1, max_size=4), ENDS, st.booleans())
def test_json_lines(values, end, last):
    rows = [*({"v": value} for value in values), {"who": NEEDLE}]
    blob = (end.join(map(json.dumps, rows)) + (end if last else "")).encode()
    out = spliced("application/x-ndjson", blob, NEEDLE)
    assert [json.loads(line) for line in out.split(b"\n") if line.strip()] == [
        *rows[:-1], {"who": TOKEN},
    ]  # fmt: skip


CELLS = st.text(LETTERS | st.sampled_from(',;"\t\n '), max_size=10)


@QUICK
@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=2, max_size=5),
    ENCODINGS, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(",;\t|"),
)  # fmt: skip
def test_csv(rows, encoding, end, delimiter):
    held = io.StringIO(newline="")
    written = [["key", "who", "note"], *rows, ["1", f"{PLAIN}, Jr", "x"]]
    csv.writer(held, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(
        written
    )
    blob = encoded(held.getvalue(), encoding)
    out = spliced("text/csv", blob, PLAIN)
    read = list(csv.reader(io.StringIO(decode(out).text, newline=""), delimiter=delimiter))
    assert read == [*written[:-1], ["1", f"{TOKEN}, Jr", "x"]]


@QUICK
@given(
    VALUES, ENCODINGS, ENDS, st.booleans(), st.sampled_from([None, '"', "'", "|"]),
    st.sampled_from([PLAIN, NEEDLE, f"{PLAIN} lives here and this is a rather longer line " * 3]),
)  # fmt: skip
def test_yaml(value, encoding, end, flow, style, needle):
    data = {"a": value, "who": needle, "n": [1, "x"]}
    text = yaml.safe_dump(
        data, default_flow_style=flow, default_style=style, allow_unicode=True, line_break=end
    )
    assume(yaml.safe_load(text) == data)
    blob = encoded(text, encoding)
    short = needle if needle == NEEDLE else PLAIN
    form = FORMATS.of("application/yaml")
    read = next(s for s in form.read(blob, BOUNDS).segments if short in s.text or PLAIN in s.text)
    short = short if short in read.text else PLAIN
    out = spliced("application/yaml", blob, short)
    data["who"] = needle.replace(short, TOKEN, 1)
    assert list(yaml.safe_load_all(decode(out).text)) == [data]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a: 'it''s Wilma Ohara''s'", "a: 'it''s <PERSON_1>''s'"),
        ('a: "x\\tWilma Ohara\\u00e9"', 'a: "x\\t<PERSON_1>\\u00e9"'),
        ('a: "x \\\n   Wilma\n   Ohara y"', 'a: "x \\\n   <PERSON_1> y"'),
        ("a: first\n  Wilma\n\n\n  x", None),
        ("a: &who Wilma Ohara\nb: *who", "a: &who <PERSON_1>\nb: *who"),
        ("a: !!str Wilma Ohara", "a: !!str <PERSON_1>"),
        ("a: &x !!str 'Wilma Ohara'", "a: &x !!str '<PERSON_1>'"),
        ("? Wilma Ohara\n: x", "? <PERSON_1>\n: x"),
        ("a: |\r  x\r  Wilma Ohara\r", "a: |\r  x\r  <PERSON_1>\r"),
        ("a: x # Wilma Ohara\rb: y\r", "a: x # <PERSON_1>\rb: y\r"),
        ("\ufeffa: Wilma Ohara", "\ufeffa: <PERSON_1>"),
        ("- >-\n  folded Wilma Ohara\n  text", "- >-\n  folded <PERSON_1>\n  text"),
        ("{a: Wilma Ohara, b: [Wilma Ohara]}", "{a: <PERSON_1>, b: [Wilma Ohara]}"),
    ],
)  # fmt: skip
def test_yaml_scalars_lose_only_the_value(source, expected):
    if expected is None:
        assert FORMATS.of("application/yaml").read(source.encode(), BOUNDS).segments
        return
    out = spliced("application/yaml", source.encode(), PLAIN)
    assert out.decode() == expected


MARKUP = st.text(LETTERS, max_size=12).map(lambda text: text.replace("<", "").replace("&", "&amp;"))


@QUICK
@given(st.lists(MARKUP, min_size=2, max_size=4), ENCODINGS, ENDS, st.sampled_from("'\""))
def test_xml(texts, encoding, end, quote):
    inner = "".join(f"<t a={quote}{i}{quote}>{text}</t>{end}" for i, text in enumerate(texts))
    named = {
        "utf-8-sig": "utf-8",
        "utf-16-le": "utf-16",
        "utf-16-be": "utf-16",
        "latin-1": "iso-8859-1",
    }.get(encoding, encoding)
    text = (
        f"<?xml version='1.0' encoding='{named}'?>{end}<!DOCTYPE r>{end}<r>{inner}<!-- c -->"
        f"<who at={quote}{PLAIN}{quote}>x<![CDATA[<b>]]><e/></who><?go on?></r>{end}"
    ).replace("]]>t", "t")
    blob = encoded(text, encoding)
    assume("]]>" not in "".join(texts))
    out = spliced("application/xml", blob, PLAIN)
    before, after = etree.fromstring(blob), etree.fromstring(out)
    after.find("who").set("at", PLAIN)
    assert etree.tostring(before) == etree.tostring(after)


@QUICK
@given(st.lists(MARKUP, min_size=1, max_size=4), ENCODINGS, ENDS, st.booleans())
def test_html(texts, encoding, end, closed):
    shut = "</p>" if closed else ""
    inner = end.join(f"<p class=c>{text}<br>{shut}" for text in texts)
    text = f"<!DOCTYPE html>{end}<html><body>{inner}<div>by <b>Wilma</b> Ohara &amp; Co</div></body></html>"
    blob = encoded(text, encoding)
    out = decode(spliced("text/html", blob, PLAIN)).text
    assert out == text.replace("<b>Wilma</b> Ohara", "<b>&lt;PERSON_1&gt;</b>")
    assert html.fromstring(out).find(".//div").text_content() == f"by {TOKEN} & Co"


QUOTED = st.text(LETTERS, max_size=12).map(lambda text: text.replace("\\", ""))


@QUICK
@given(st.lists(QUOTED, min_size=2, max_size=5), ENCODINGS, ENDS)
def test_sql(values, encoding, end):
    import sqlite3

    rows = [*values, "Wilma O'Hara"]
    quoted = [value.replace("'", "''") for value in rows]
    text = f"CREATE TABLE t (id int, who text); -- c{end}" + end.join(
        f"INSERT INTO t (id, who) VALUES ({n}, '{value}');" for n, value in enumerate(quoted)
    )
    blob = encoded(text, encoding)
    out = decode(spliced("application/sql", blob, "Wilma O'Hara")).text
    base = sqlite3.connect(":memory:")
    base.executescript(out)
    assert base.execute("select who from t order by id").fetchall() == [
        *((value,) for value in values), (TOKEN,),
    ]  # fmt: skip
    base.close()


@QUICK
@given(st.lists(st.tuples(KEYS, WORDS), max_size=4), st.sampled_from(["utf-8", "utf-16-le"]), ENDS)
def test_http(fields, encoding, end):
    from urllib.parse import parse_qsl, quote_plus

    query = "&".join(f"{key}={quote_plus(value)}" for key, value in fields)
    who = quote_plus(NEEDLE)
    head = [f"GET /p?{query}&who={who}&z=1 HTTP/1.1", "Host: h.example", "X-Note: a: b"]
    blob = encoded(end.join([*head, "", ""]), encoding)
    out = decode(spliced("message/http", blob, NEEDLE)).text
    target = out.split(" ")[1]
    assert parse_qsl(target.partition("?")[2]) == [*fields, ("who", TOKEN), ("z", "1")]
    assert out.partition(end)[2] == decode(blob).text.partition(end)[2]


def test_a_content_length_that_was_right_stays_right():
    body = '{"who": "Wilma Ohara", "e": "é"}'.encode()
    blob = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    form = FORMATS.of("message/http")
    new = body.replace(PLAIN.encode(), TOKEN.encode())
    out = form.write(blob, Changes((), {0: new}), BOUNDS)
    assert out == b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(new), new)


@pytest.mark.parametrize("value", ["9" * 5_000, "²", " ) 9", "-1", "1.5", "0x10", "99"])
def test_a_content_length_that_is_no_length_is_left_alone(value):
    blob = f"GET / HTTP/1.1\r\nContent-Length: {value}\r\n\r\nWilma Ohara".encode()
    form = FORMATS.of("message/http")
    body = form.read(blob, BOUNDS).children[0].blob
    assert body == b"Wilma Ohara"
    assert form.write(blob, Changes((), {0: b"x"}), BOUNDS).endswith(
        f"Content-Length: {value}\r\n\r\nx".encode()
    )


def test_optional_end_tags_do_not_nest():
    rows = "<tr><td>Ana<td>b<ul><li>x<li>y</ul>" * 300
    page = f"<table><tr><th>Name<th>Note{rows}</table>{'<p>z' * 300}".encode()
    document = FORMATS.of("text/html").read(page, BOUNDS)
    assert {s.label for s in document.segments if s.text == "Ana"} == {"Name"}


N = 20_000
HOSTILE = {
    "application/json": ['"' + "\\u0041" * N, "[1" + "\n" * N + "]", '"' * N],
    "application/x-ndjson": ['{"a":1}\n' * N],
    "text/csv": ['"' * N + "x", '"a"b,' * N],
    "application/sql": ["\\'" * N, "'" + "\\'" * N, '"' + '\\"' * N, "[a" * N, "$a$ $b$ " * N,
                        "copy a (b) from stdin\n1\n\\.\n" * (N // 10), "copy a (\n" * N, "`" * (N + 1)],
    "text/html": ['<a "' * N, "<a '\"<a" * N, "<!'[" * N, "<![CDATA[" * N, "<a " + 'x="1" ' * N, "</b>" * N],
    "application/xml": ["<!DOCTYPE [" * N, "<?" * N, "&" * N],
    "application/yaml": ["- " * N, "'" * N + "x", "a: '" + " " * N + "x", "# \n" * N],
    "message/http": ["GET / HTTP/1.1\r\n\r\n" + "a" * 5 * N, "GET / HTTP/1.1\r\nCookie: " + "a" * 5 * N,
                     "GET / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab" * (N // 10)],
    "text/plain": ["a" * 50 * N],
}  # fmt: skip


@pytest.mark.parametrize("media_type", sorted(HOSTILE))
def test_hostile_files_take_time_in_proportion(media_type):
    import time

    from pii_guard.identify import identify

    form = FORMATS.of(media_type)
    for text in HOSTILE[media_type]:
        began = time.process_time()
        identify(text.encode())
        for read in (form.read, form.reread):
            try:
                read(text.encode(), BOUNDS)
            except Unreadable as refused:
                assert refused.reason.code in (ReasonCode.CORRUPT, ReasonCode.LIMIT_NESTING)
        assert time.process_time() - began < 3, text[:40]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("INSERT INTO t VALUES ('it''s \"\" x');", 'it\'s "" x'),
        ('INSERT INTO t VALUES ("a""b \'\' x");', "a\"b '' x"),
        ("INSERT INTO t VALUES ($q$it''s$q$);", "it''s"),
        ("COPY t (a) FROM stdin;\nit''s\\tx\n\\.\n", "it''s\tx"),
        ("INSERT INTO t VALUES ('cut off", "cut off"),
    ],
)
def test_sql_literals_read_as_their_quotes_say(source, text):
    form = FORMATS.of("application/sql")
    segments = form.read(source.encode(), BOUNDS).segments
    assert text in [segment.text for segment in segments]
    number = [segment.text for segment in segments].index(text)
    for at in range(len(text)):
        out = form.write(source.encode(), Changes((Edit(number, Span(at, at + 1), "X"),)), BOUNDS)
        again = form.read(out, BOUNDS).segments[number].text
        assert again == text[:at] + "X" + text[at + 1 :]


@pytest.mark.parametrize(
    ("media_type", "source"),
    [
        ("application/yaml", "---\na: !<tag:{},2000:x> y\n"),
        ("application/yaml", "%TAG !e! tag:{},2000:\n---\na: y\nb: !e!x z # by {}\n"),
        ("application/yaml", "---\na: [1, !<tag:{},2000:x> y]\n"),
        ("message/http", "HTTP/1.1 404 no such user {}\r\nServer: x\r\n\r\n"),
        ("message/http", 'GET / HTTP/1.1\r\nContent-Type: text/plain; name="{}"\r\n\r\nhi'),
    ],
)
def test_a_value_in_an_unusual_place_goes(guard, media_type, source):
    blob = source.replace("{}", "jane.roe@mail.example").encode()
    result = guard.redact(blob, name="x." + media_type.rpartition("/")[2])
    assert (result.media_type, result.verdict) == (media_type, "redacted"), result.reason
    assert b"jane.roe" not in result.output
    assert FORMATS.of(media_type).reread(result.output, BOUNDS).segments
