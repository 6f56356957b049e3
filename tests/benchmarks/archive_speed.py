"""MB/s to read, rewrite and read again archives, databases and tables, and memory a MB.

    python tests/benchmarks/archive_speed.py [MEGABYTES]

The content is a log and a table of invented people, of MEGABYTES (default 8) unpacked; one value is
replaced in each file. MB are of what is unpacked (of databases and tables: of the file). "memory" is the
peak of what Python allocates while reading, in MB for each MB of that. Detection is not in it. Medians of
three runs, in one process, in seconds of processor time.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import zstandard  # noqa: E402

from pii_guard.document import Changes, Edit, Span  # noqa: E402
from pii_guard.formats import Formats  # noqa: E402
from pii_guard.formats.base import Bounds  # noqa: E402
from tests.fixtures.archives import sevened, tarred, zipped  # noqa: E402

ROUNDS = 3
FORMATS, BOUNDS = Formats(), Bounds()


def log(size: int) -> bytes:
    """Lines of a log, `size` bytes of them."""
    lines, length, number = [], 0, 0
    while length < size:
        line = f"2026-01-02T10:{number // 60 % 60:02}:{number % 60:02}Z INFO user u{number * 7919 % 99991} from 203.0.113.{number % 256} status {200 + number % 7}\n"
        lines.append(line)
        length += len(line)
        number += 1
    return "".join(lines).encode()


def database(size: int) -> bytes:
    """A database of one table of about `size` bytes."""
    with sqlite3.connect(":memory:") as base:
        base.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, mail TEXT, sum REAL)")
        rows = ((f"Name {n}", f"u{n}@mail.example", n / 7) for n in range(size // 48))
        base.executemany("INSERT INTO people (name, mail, sum) VALUES (?,?,?)", rows)
        base.commit()
        return base.serialize()


def table(size: int) -> bytes:
    """A Parquet file of about `size` bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    count, held = size // 40, io.BytesIO()
    names = [f"Name {n}" for n in range(count)]
    mails = [f"u{n}@mail.example" for n in range(count)]
    columns = {"name": names, "mail": mails, "sum": [n / 7 for n in range(count)]}
    pq.write_table(pa.table(columns), held, compression="none", use_dictionary=False)
    return held.getvalue()


def notebook(size: int) -> bytes:
    """A notebook of cells that printed the log."""
    from tests.fixtures.settings import code
    from tests.fixtures.settings import notebook as made

    lines = log(size).decode().replace("INFO", "mail").splitlines(keepends=True)
    cells = [
        code("print(x)", {"output_type": "stream", "name": "stdout", "text": lines[at : at + 100]})
        for at in range(0, len(lines), 100)
    ]
    return made(*cells)


def inputs(size: int) -> list[tuple[str, str, bytes, int]]:
    """Name, media type, file, and the bytes that count."""
    whole = log(size)
    part = log(size // 200)
    members = {f"logs/{n}.log": part for n in range(200)}
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Roe;J;;;\r\nEMAIL:j.roe@mail.example\r\nNOTE:a b c\r\nEND:VCARD\r\n"
    cards = (card * (size // len(card))).encode()
    settings = "".join(
        f'[t{n}]\nname = "n{n}"\nmail = "u{n}@mail.example"\nsum = {n}\n' for n in range(size // 60)
    ).encode()
    base, columns, cells = database(size), table(size), notebook(size)
    return [
        ("zip, 200 members", "application/zip", zipped(members), size),
        ("tar, 200 members", "application/x-tar", tarred(members), size),
        ("7z, 200 members", "application/x-7z-compressed", sevened(members), size),
        ("gzip", "application/gzip", gzip.compress(whole, mtime=0), size),
        ("bzip2", "application/x-bzip2", bz2.compress(whole), size),
        ("xz", "application/x-xz", lzma.compress(whole), size),
        ("zstd", "application/zstd", zstandard.compress(whole), size),
        ("SQLite", "application/vnd.sqlite3", base, len(base)),
        ("Parquet", "application/vnd.apache.parquet", columns, len(columns)),
        ("vCard", "text/vcard", cards, len(cards)),
        ("TOML", "application/toml", settings, len(settings)),
        ("notebook", "application/x-ipynb+json", cells, len(cells)),
    ]


def seconds(what: Callable[[], object]) -> float:
    """The median of a few runs."""
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        what()
        times.append(time.process_time() - begun)
    return statistics.median(times)


def main() -> None:
    """Print one line a format."""
    size = int(float(sys.argv[1] if len(sys.argv) > 1 else 8) * 1_000_000)
    print(f"{'MB/s':18}{'file MB':>9}{'read':>9}{'write':>9}{'reread':>9}{'memory':>9}")
    for name, media_type, blob, counted in inputs(size):
        rates, memory = measured(media_type, blob, counted)
        row = "".join(f"{rate:9.1f}" for rate in rates)
        print(f"{name:18}{len(blob) / 1e6:9.2f}{row}{memory:9.1f}", flush=True)


def measured(media_type: str, blob: bytes, counted: int) -> tuple[list[float], float]:
    """MB/s of reading, writing and reading again; memory for each byte that counts."""
    form = FORMATS.of(media_type)
    document = form.read(blob, BOUNDS)
    given = {n: child.blob for n, child in enumerate(document.children)}
    edits: tuple[Edit, ...] = ()
    if document.children:
        given[0] = given[0].replace(b"u7919", b"<USERNAME_1>")
    else:
        told = enumerate(document.segments)
        number = next(n for n, s in told if "mail" in s.text and not s.number)
        edits = (Edit(number, Span(0, 1), "<X_1>"),)
    changes = Changes(edits, given)
    out = form.write(blob, changes, BOUNDS)
    del document
    steps = (
        lambda: form.read(blob, BOUNDS),
        lambda: form.write(blob, changes, BOUNDS),
        lambda: form.reread(out, BOUNDS),
    )
    rates = [counted / 1e6 / seconds(step) for step in steps]
    tracemalloc.start()
    held = form.read(blob, BOUNDS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del held
    return rates, peak / counted


if __name__ == "__main__":
    main()
