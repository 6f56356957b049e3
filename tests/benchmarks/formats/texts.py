"""Generated texts, data and databases: rows of invented people, lines of logs, requests."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from html import escape

from tests.benchmarks.formats.made import Made
from tests.benchmarks.inputs import Fields, Maker, made


def parts(kind: str, size: int, part: Callable[[Maker], str], between: str = "") -> str:
    """`size` characters, or a little more, of what `part` makes."""
    maker, found, length = Maker(kind), [], 0
    while length < size:
        found.append(part(maker))
        length += len(found[-1])
    return between.join(found)


def _of(kind: str, name: str) -> Callable[[int], Made]:
    return lambda size: Made(name, made(kind, size))


def _jsonl(size: int) -> Made:
    text = parts("jsonl", size, lambda m: json.dumps({"customer": m.person(), **m.order()}) + "\n")
    return Made("a.jsonl", text.encode())


def _tsv(size: int) -> Made:
    head = "\t".join(Maker("tsv").person()) + "\n"
    text = parts("tsv", size, lambda m: "\t".join(map(str, m.person().values())) + "\n")
    return Made("a.tsv", (head + text).encode())


def _yaml_row(person: Fields) -> str:
    lines = (f"  {key}: {json.dumps(value)}\n" for key, value in person.items())
    return "- " + "".join(lines)[2:]


def _yaml(size: int) -> Made:
    return Made("a.yaml", parts("yaml", size, lambda m: _yaml_row(m.person())).encode())


def _toml(size: int) -> Made:
    def row(maker: Maker) -> str:
        rows = (f"{key} = {json.dumps(value)}\n" for key, value in maker.person().items())
        return "[[customer]]\n" + "".join(rows) + "\n"

    return Made("a.toml", parts("toml", size, row).encode())


def _elements(person: Fields) -> str:
    inner = (f"    <{key}>{escape(str(value))}</{key}>\n" for key, value in person.items())
    return '  <customer state="open">\n' + "".join(inner) + "  </customer>\n"


def _xml(size: int) -> Made:
    text = parts("xml", size, lambda m: _elements(m.person()))
    return Made("a.xml", f'<?xml version="1.0"?>\n<customers>\n{text}</customers>\n'.encode())


def _html(size: int) -> Made:
    def row(maker: Maker) -> str:
        person = maker.person()
        cells = "".join(f"<td>{escape(str(value))}</td>" for value in person.values())
        link = f'<a href="mailto:{person["email"]}" title="write">{person["first_name"]}</a>'
        return f'<tr class="row">{cells}<td>{link}</td></tr>\n<p>{escape(next(maker.paragraphs()))}</p>\n'

    text = parts("html", size, row)
    return Made(
        "a.html", f"<!DOCTYPE html><html><body><table>\n{text}</table></body></html>".encode()
    )


def _svg(size: int) -> Made:
    text = parts(
        "svg", size, lambda m: f'<text x="1" y="2">{escape(str(m.person()["email"]))}</text>\n'
    )
    return Made("a.svg", f'<svg xmlns="http://www.w3.org/2000/svg">\n{text}</svg>\n'.encode())


def _source(size: int) -> Made:
    def function(maker: Maker) -> str:
        order, person = maker.order(), maker.person()
        return (
            f"def order_{order['order']}():  # asked for by {person['email']}\n"
            f"    return {order!r}\n\n"
        )

    return Made("a.py", parts("code", size, function).encode())


def _patch(size: int) -> Made:
    def hunk(maker: Maker) -> str:
        return (
            "".join(f"{sign}{maker.line()}\n" for sign in (" ", " ", "-", "+", "+", " "))
            + "@@ -1,4 +1,5 @@\n"
        )

    head = "diff --git a/a.log b/a.log\n--- a/a.log\n+++ b/a.log\n@@ -1,4 +1,5 @@\n"
    return Made("a.patch", (head + parts("patch", size, hunk)).encode())


def _notebook(size: int) -> Made:
    from tests.fixtures.settings import code, notebook

    lines = made("log", size).decode().splitlines(keepends=True)
    cells = [
        code("print(x)", {"output_type": "stream", "name": "stdout", "text": lines[at : at + 100]})
        for at in range(0, len(lines), 100)
    ]
    return Made("a.ipynb", notebook(*cells))


def _card(maker: Maker) -> str:
    one = maker.person()
    return (
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:{one['last_name']};{one['first_name']};;;\r\n"
        f"FN:{one['first_name']} {one['last_name']}\r\nEMAIL;TYPE=work:{one['email']}\r\n"
        f"TEL:{one['phone']}\r\nADR:;;{one['street']};{one['city']};;;\r\nNOTE:a b c\r\nEND:VCARD\r\n"
    )


def _vcard(size: int) -> Made:
    return Made("a.vcf", parts("vcard", size, _card).encode())


def _ical(size: int) -> Made:
    def event(maker: Maker) -> str:
        one = maker.person()
        return (
            f"BEGIN:VEVENT\r\nUID:{maker.uuid()}\r\nDTSTAMP:20260102T030405Z\r\n"
            f"SUMMARY:{one['first_name']} and the order\r\nLOCATION:{one['city']}\r\n"
            f"ATTENDEE;CN={one['first_name']}:mailto:{one['email']}\r\nEND:VEVENT\r\n"
        )

    text = parts("ical", size, event)
    whole = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//b//EN\r\n{text}END:VCALENDAR\r\n"
    return Made("a.ics", whole.encode())


def people(size: int) -> Iterator[Fields]:
    """Rows of invented people, as many as give a table of about `size` bytes."""
    maker = Maker("rows")
    return (maker.person() for _ in range(max(1, size // 180)))


def _database(size: int) -> Made:
    rows = list(people(size))
    with sqlite3.connect(":memory:") as base:
        base.execute(f"CREATE TABLE customers ({', '.join(rows[0])})")
        marks = ", ".join("?" * len(rows[0]))
        base.executemany(f"INSERT INTO customers VALUES ({marks})",
                         (tuple(row.values()) for row in rows))  # fmt: skip
        base.commit()
        return Made("a.sqlite", base.serialize())


def _table(size: int) -> Made:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows, held = list(people(size)), io.BytesIO()
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    pq.write_table(pa.table(columns), held, compression="none", use_dictionary=False)
    return Made("a.parquet", held.getvalue())


FILES: dict[str, Callable[[int], Made]] = {
    "txt": _of("prose", "a.txt"), "md": _of("prose", "a.md"), "log": _of("log", "a.log"),
    "code": _source, "patch": _patch, "html": _html, "svg": _svg, "xml": _xml,
    "json": _of("json", "a.json"), "jsonl": _jsonl, "yaml": _yaml, "toml": _toml,
    "csv": _of("csv", "a.csv"), "tsv": _tsv, "sql": _of("sql", "a.sql"), "har": _of("har", "a.har"),
    "ipynb": _notebook, "vcard": _vcard, "icalendar": _ical,
    "sqlite": _database, "parquet": _table,
}  # fmt: skip
