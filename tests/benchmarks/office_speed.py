"""MB/s to read, rewrite and prove office files, by the size of the file and by that of what is in it.

    python tests/benchmarks/office_speed.py [SCALE]

Files are made here: letters of many short paragraphs and a table, a workbook of five columns, slides,
the same in OpenDocument and RTF where LibreOffice is installed. Every tenth text is replaced. Times
are the processor's, not the clock's, medians of three runs in one process; nothing is cached between.
"haystacks" is what proving searches besides what `reread` returns.
"""

from __future__ import annotations

import io
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import docx  # noqa: E402
import openpyxl  # noqa: E402
import pptx  # noqa: E402

from pii_guard.collecting import seldom  # noqa: E402
from pii_guard.document import Changes, Edit, Kind, Span  # noqa: E402
from pii_guard.formats import Formats  # noqa: E402
from pii_guard.formats.base import Bounds  # noqa: E402
from pii_guard.identify import identify  # noqa: E402

WORDS = (
    "the order ships on time and the customer asked for a copy of the invoice which we sent by post "
    "while the server answered with an error that nobody could explain until the log was read again"
).split()
STEPS = ("read", "write", "reread", "haystacks")
ROUNDS = 3


def sentence(chance: random.Random) -> str:
    """About twelve words."""
    return " ".join(chance.choice(WORDS) for _ in range(12)).capitalize() + "."


def letter(paragraphs: int) -> bytes:
    """A Word file: every paragraph in three runs, a value in each third one, and a table."""
    chance, document, held = random.Random(1), docx.Document(), io.BytesIO()
    for number in range(paragraphs):
        paragraph = document.add_paragraph(sentence(chance) + " ")
        paragraph.add_run(sentence(chance)).bold = True
        paragraph.add_run(
            f" Write to person{number}@mail{number}.example." if number % 3 == 0 else ""
        )
        if number % 5 == 0:
            document.add_paragraph("")
    table = document.add_table(rows=1 + paragraphs // 20, cols=3)
    for number, row in enumerate(table.rows):
        texts = (
            ("id", "name", "email")
            if number == 0
            else (str(number), "Jane Roe", f"j{number}@m.example")
        )
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.save(held)
    return held.getvalue()


def workbook(rows: int) -> bytes:
    """An Excel file of five columns, two of them numbers."""
    chance, book, held = random.Random(2), openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    sheet.append(["id", "name", "email", "phone", "note"])
    for number in range(rows):
        name = f"{chance.choice(WORDS).title()} {chance.choice(WORDS).title()}"
        sheet.append(
            [number, name, f"p{number}@m.example", 2_125_550_000 + number, sentence(chance)]
        )
    book.save(held)
    return held.getvalue()


def slides(count: int) -> bytes:
    """A presentation of nine lines a slide."""
    chance, show, held = random.Random(3), pptx.Presentation(), io.BytesIO()
    for _ in range(count):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = sentence(chance)
        slide.placeholders[1].text = "\n".join(sentence(chance) for _ in range(8))
    show.save(held)
    return held.getvalue()


def converted(blob: bytes, suffix: str, target: str) -> bytes | None:
    """The file as LibreOffice writes it in another format; None where it is not installed."""
    if shutil.which("soffice") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, f"file.{suffix}")
        source.write_bytes(blob)
        subprocess.run(
            ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile",
             "--convert-to", target, "--outdir", folder, str(source)],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
        return source.with_suffix(f".{target}").read_bytes()


def unpacked(blob: bytes) -> int:
    """Bytes of what an archive holds; of anything else, its own."""
    if not blob.startswith(b"PK"):
        return len(blob)
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        return sum(info.file_size for info in archive.infolist())


def seconds(what: Callable[[], object]) -> float:
    """The median of a few runs, in seconds of the processor."""
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        what()
        times.append(time.process_time() - begun)
    return statistics.median(times)


def measured(blob: bytes) -> tuple[int, dict[str, float], float]:
    """Texts, seconds of each step, and the peak of memory as a multiple of what is unpacked."""
    form, bounds = Formats().of(identify(blob)), Bounds()
    document = form.read(blob, bounds)
    edits = tuple(
        Edit(n, Span(0, len(one.text)), "7" if one.number else "<PERSON_1>")
        for n, one in enumerate(document.segments)
        if n % 10 == 5 and one.text.strip() and one.kind in (Kind.PROSE, Kind.CELL)
    )
    wanted = Changes(edits, {n: child.blob for n, child in enumerate(document.children)})
    out = form.write(blob, wanted, bounds)
    steps: dict[str, Callable[[], object]] = {
        "read": lambda: form.read(blob, bounds),
        "write": lambda: form.write(blob, wanted, bounds),
        "reread": lambda: form.reread(out, bounds),
        "haystacks": lambda: sum(len(one) for one in form.haystacks(out)),
    }
    figures = {name: seconds(step) for name, step in steps.items()}
    tracemalloc.start()
    form.read(blob, bounds)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return len(document.segments), figures, peak / unpacked(blob)


def main() -> None:
    """Print one line a file; MB/s are of all four steps together."""
    scale = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    made = {
        "docx": letter(int(4_000 * scale)),
        "xlsx": workbook(int(8_000 * scale)),
        "pptx": slides(int(150 * scale)),
    }
    for suffix, target in (("docx", "odt"), ("xlsx", "ods"), ("pptx", "odp"), ("docx", "rtf")):
        blob = converted(made[suffix], suffix, target)
        if blob is not None:
            made[target] = blob
    print(
        f"{'file':6}{'kB':>8}{'kB inside':>11}{'texts':>8}"
        + "".join(f"{step + ' s':>13}" for step in STEPS)
        + f"{'MB/s':>8}{'MB/s inside':>13}{'peak':>7}"
    )
    with seldom():
        for name, blob in made.items():
            texts, figures, peak = measured(blob)
            whole = sum(figures.values())
            row = "".join(f"{figures[step]:13.2f}" for step in STEPS)
            print(
                f"{name:6}{len(blob) / 1e3:8.0f}{unpacked(blob) / 1e3:11.0f}{texts:8}{row}"
                f"{len(blob) / 1e6 / whole:8.2f}{unpacked(blob) / 1e6 / whole:13.2f}{peak:7.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
