"""SQLite: what the matrix of places does not say."""

from __future__ import annotations

import random
from contextlib import closing

import pytest

from pii_guard.document import Changes, Edit, Span
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from pii_guard.formats.sqlite_pages import leftovers
from tests.fixtures import CANARY
from tests.fixtures.databases import database, opened
from tests.formats.samples import SAMPLES

BOUNDS = Bounds()
FORM = Formats().of("application/vnd.sqlite3")
PEOPLE = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT UNIQUE, extra); "
ROWS = "INSERT INTO people VALUES (1, 'Anna', 4.5), (2, 'Bert', NULL), (77000, 'Carl', x'01ff'); "


def replacing(blob: bytes, text: str, new: str) -> bytes:
    document = FORM.read(blob, BOUNDS)
    number = [segment.text for segment in document.segments].index(text)
    given = {n: child.blob for n, child in enumerate(document.children)}
    return FORM.write(blob, Changes((Edit(number, Span(0, len(text)), new),), given), BOUNDS)


def asked(blob: bytes, question: str) -> list[tuple]:
    with closing(opened(blob)) as base:
        return base.execute(question).fetchall()


def test_types_columns_and_rows_are_told():
    segments = FORM.read(database(PEOPLE + ROWS), BOUNDS).segments
    cells = [s for s in segments if s.record]
    told = [(s.label, s.text, s.number, s.record) for s in cells]
    assert told == [
        ("id", "1", True, (1,)), ("name", "Anna", False, (1,)), ("extra", "4.5", True, (1,)),
        ("id", "2", True, (2,)), ("name", "Bert", False, (2,)),
        ("id", "77000", True, (3,)), ("name", "Carl", False, (3,)),
    ]  # fmt: skip


def test_values_keep_their_types_and_the_others_stay():
    blob = database(PEOPLE + ROWS)
    out = replacing(blob, "4.5", "9")
    assert asked(out, "SELECT id, name, extra, typeof(extra) FROM people") == [
        (1, "Anna", 9.0, "real"), (2, "Bert", None, "null"), (77000, "Carl", b"\x01\xff", "blob")
    ]  # fmt: skip
    assert asked(replacing(blob, "77000", "5"), "SELECT id FROM people") == [(1,), (2,), (5,)]


def test_settings_of_the_file_stay():
    setting = "PRAGMA page_size=1024; PRAGMA auto_vacuum=1; PRAGMA user_version=42; PRAGMA application_id=7;"
    out = replacing(database(PEOPLE + ROWS, setting=setting), "Anna", "<PERSON_1>")
    for name, value in (
        ("page_size", 1024),
        ("user_version", 42),
        ("application_id", 7),
        ("auto_vacuum", 1),
    ):
        assert asked(out, f"PRAGMA {name}") == [(value,)]


def test_no_trigger_fires_and_all_are_there_afterwards():
    trigger = "CREATE TRIGGER t AFTER UPDATE ON people BEGIN DELETE FROM people; END; "
    out = replacing(database(PEOPLE + ROWS + trigger), "Anna", "<PERSON_1>")
    assert asked(out, "SELECT count(*) FROM people") == [(3,)]
    assert asked(out, "SELECT name FROM sqlite_schema WHERE type='trigger'") == [("t",)]


def test_an_index_of_full_text_is_made_anew():
    script = (
        PEOPLE
        + "CREATE VIRTUAL TABLE f USING fts5(t); INSERT INTO f VALUES ('zebedee called'), ('nobody'); "
    )
    out = replacing(database(script), "zebedee called", "<PERSON_1> called")
    assert b"zebedee" not in out
    assert asked(out, "SELECT t FROM f WHERE f MATCH 'called'") == [("<PERSON_1> called",)]


def test_an_index_that_holds_more_than_its_texts_is_refused():
    with closing(
        opened(database("CREATE VIRTUAL TABLE f USING fts5(t); INSERT INTO f VALUES ('zebedee');"))
    ) as base:
        base.execute("UPDATE f_content SET c0 = 'nobody'")
        base.commit()
        blob = base.serialize()
    with pytest.raises(Unreadable):
        FORM.read(blob, BOUNDS)


def test_keys_that_are_edited_are_edited_once():
    script = "CREATE TABLE w (mail TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID; INSERT INTO w VALUES ('a@b.c', 'Anna Bell'); "
    blob = database(script)
    texts = [s.text for s in FORM.read(blob, BOUNDS).segments]
    edits = [
        Edit(texts.index(t), Span(0, len(t)), n)
        for t, n in (("a@b.c", "<E_1>"), ("Anna Bell", "<P_1>"))
    ]
    out = FORM.write(blob, Changes(tuple(sorted(edits))), BOUNDS)
    assert asked(out, "SELECT * FROM w") == [("<E_1>", "<P_1>")]


def test_values_that_must_differ_do_not_become_one():
    blob = database(PEOPLE + ROWS)
    texts = [s.text for s in FORM.read(blob, BOUNDS).segments]
    edits = tuple(Edit(texts.index(name), Span(0, 4), "***") for name in ("Anna", "Bert"))
    with pytest.raises(Unreadable) as caught:
        FORM.write(blob, Changes(edits), BOUNDS)
    assert caught.value.reason.code is ReasonCode.NOT_COVERED


def test_a_column_named_after_somebody_is_renamed_in_views_too():
    blob = database(
        PEOPLE + "CREATE TABLE d (anna_bell); CREATE VIEW v AS SELECT anna_bell FROM d; "
    )
    out = replacing(blob, "anna_bell", "<PERSON_1>")
    assert b"anna_bell" not in out
    assert asked(out, "SELECT PERSON_1 FROM v") == []


def test_without_edits_leftovers_go_and_nothing_else_changes(guard):
    blob = database(PEOPLE + ROWS)
    assert guard.redact(blob).output == blob
    deleted = database(
        PEOPLE
        + ROWS
        + "INSERT INTO people VALUES (9, 'status 403', 1); DELETE FROM people WHERE id=9; "
    )
    result = guard.redact(deleted)
    assert b"status 403" in deleted
    assert result.verdict == "clean"
    assert b"status 403" not in result.output
    assert asked(result.output, "SELECT count(*) FROM people") == [(3,)]


def test_the_second_look_refuses_leftovers():
    blob = database(
        PEOPLE
        + ROWS
        + f"INSERT INTO people VALUES (9, '{CANARY}', 1); DELETE FROM people WHERE id=9; "
    )
    with pytest.raises(Unreadable) as caught:
        FORM.reread(blob, BOUNDS)
    assert caught.value.reason.code is ReasonCode.VERIFICATION_FAILED


def test_our_walk_finds_all_that_is_used_in_large_files():
    many = "".join(
        f"INSERT INTO people VALUES ({n}, '{n:0{n % 4000 + 1}}', zeroblob({n * 7})); "
        for n in range(1, 700)
    )
    blob = database(PEOPLE + "CREATE INDEX i ON people (extra, name); " + many)
    with closing(opened(blob)) as base:
        roots = [r for (r,) in base.execute("SELECT rootpage FROM sqlite_schema WHERE rootpage>0")]
    out = replacing(blob, "1", "1")
    assert asked(out, "PRAGMA integrity_check") == [("ok",)]
    assert asked(out, "SELECT * FROM people") == asked(blob, "SELECT * FROM people")
    assert FORM.reread(out, BOUNDS).segments
    assert sum(end - start for start, end in leftovers(blob, roots)) < len(blob) // 10


def test_a_query_that_never_ends_is_stopped(monkeypatch):
    endless = "CREATE TABLE d (a, b AS (length(hex(zeroblob(100000000))))); INSERT INTO d (a) VALUES (1); "
    document = FORM.read(database(endless), BOUNDS)  # generated columns are not asked for
    assert [s.text for s in document.segments if s.record] == ["1"]


def test_mutated_files_are_read_or_refused():
    chance = random.Random(5)
    blobs = [
        SAMPLES["application/vnd.sqlite3"],
        database(PEOPLE + ROWS + "CREATE VIRTUAL TABLE f USING fts5(t);"),
    ]
    for turn in range(400):
        blob = bytearray(blobs[turn % 2])
        for _ in range(chance.randint(1, 6)):
            blob[chance.randrange(len(blob)) if turn % 3 else chance.randrange(200)] = (
                chance.randrange(256)
            )
        for call in (FORM.read, FORM.reread):
            try:
                document = call(bytes(blob), BOUNDS)
            except Unreadable:
                continue
            if call == FORM.read and document.segments:
                texts = (Edit(len(document.segments) - 1, Span(0, 1), "7"),)
                try:
                    FORM.write(bytes(blob), Changes(texts), BOUNDS)
                except Unreadable:
                    continue


def test_the_same_is_written_twice():
    blob = database(PEOPLE + ROWS)
    assert replacing(blob, "Anna", "<PERSON_1>") == replacing(blob, "Anna", "<PERSON_1>")
