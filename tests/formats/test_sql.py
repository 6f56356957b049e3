"""SQL dumps: the second reader shows the same literals under the same columns, and settles by itself what is one."""

from __future__ import annotations

import pytest

from pii_guard.document import Kind
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds

SQL = Formats().of("application/sql")
DUMPS = {
    "mysql": "CREATE TABLE `users` (\n  `id` int,\n  `name` varchar(9) COMMENT 'who',\n  `bio` text,\n"
    "  KEY `k` (`id`)\n);\n/*!40101 SET NAMES utf8 */;\n# a note\nINSERT INTO `users` VALUES "
    "(1,'Ann O\\'Hara','Dear all,\\nbye'),(-2.5,NULL,_utf8'{\\\"a\\\": 1}');\n",
    "postgresql": "-- a note\nSELECT set_config('a', '', false);\nCOPY public.users (id, \"name\", bio) FROM stdin;\n"
    "1\tAnn O'Hara\tDear all,\\nbye\n2\t\\N\tx\\ty\n\\.\n\nCOMMENT ON TABLE users IS 'it''s';\n"
    "CREATE FUNCTION f() AS $$ SELECT 'x' $$;\n",
    "sqlite": "INSERT INTO users (id, name) VALUES (1, 'Ann O''Hara'), (2, \"b\");\n"
    "UPDATE users SET name = 'Ann', id = 3 WHERE name = 'x';\n",
}


def shown(segments):
    return [
        (one.text, one.label, one.kind, one.number)
        for one in segments
        if one.kind is not Kind.NAME and one.text.strip()
    ]


@pytest.mark.parametrize("dialect", sorted(DUMPS))
def test_literals_read_again_under_the_same_columns(dialect):
    blob = DUMPS[dialect].encode()
    read, again = SQL.read(blob, Bounds()).segments, SQL.reread(blob, Bounds()).segments
    assert shown(again) == shown(read)
    assert {one.record for one in again} == {one.record for one in read} | {()}


def test_what_stands_around_literals_is_read_again_without_keywords():
    blob = b"GRANT SELECT ON \"jane.roe@mail.example\" TO jane;\nINSERT INTO t (a) VALUES ('x');\n"
    around = SQL.reread(blob, Bounds()).segments[-1]
    assert around.kind is Kind.NAME
    assert around.text.split() == ['"jane.roe@mail.example"', "jane;", "t", "(a)", "('');"]


@pytest.mark.parametrize(
    ("written", "texts"),
    [(r"'C:\', 'Jane Roe'", ["C:\\", "Jane Roe"]), (r"'Levi\'s', 'Jane'", ["Levi's", "Jane"])],
)
def test_a_file_tells_whether_a_backslash_hides_a_quote(written, texts):
    blob = f"INSERT INTO t VALUES ({written});".encode()
    assert [s.text for s in SQL.reread(blob, Bounds()).segments if s.kind is Kind.FIELD] == texts


@pytest.mark.parametrize(
    "rows",
    [
        "(1,'Jane Roe','Dear all,\\nYours\\nJane'),(2,'Levi\\'s Store','x')",
        "(1, 'Jane Table', ''), (2, 'Ann Grant', '')",
    ],
)
def test_a_dump_is_not_held_for_its_statements(guard, rows):
    head = "CREATE TABLE users (id int, name varchar(9), bio text);\nINSERT INTO users VALUES "
    result = guard.redact((head + rows + ";\n").encode(), name="a.sql")
    assert result.verdict == "redacted", result.reason
