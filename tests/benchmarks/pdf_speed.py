"""Milliseconds a page to read, rewrite and prove a PDF, beside pypdf's and pdfminer's text extraction.

    python tests/benchmarks/pdf_speed.py [PAGES ...]

Documents: the example letter, and generated ones of 10 and 100 pages (or PAGES) with 55 full lines a
page, of which every fifth holds a name, an e-mail address and a telephone number; all are removed.
"haystacks" is what proving searches besides what `reread` returns. Medians of three runs, in one
process; nothing is cached between runs.
"""

from __future__ import annotations

import io
import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import pypdf  # noqa: E402
from pdfminer.high_level import extract_text  # noqa: E402
from reportlab.lib.pagesizes import A4  # noqa: E402
from reportlab.pdfgen.canvas import Canvas  # noqa: E402

from pii_guard.document import Changes, Edit, Span  # noqa: E402
from pii_guard.formats.base import Bounds  # noqa: E402
from pii_guard.formats.pdf import FORMAT  # noqa: E402

LETTER = ROOT / "examples" / "reports" / "idor" / "letter.pdf"
VALUES = re.compile(
    r"Zebedee Quartermain|zq\d+x\d+@mail\.example|212-555-\d{4}|Maria Fern\u00e1ndez Ortega"
)
ROUNDS = 3
STEPS = ("read", "write", "reread", "haystacks", "pypdf", "pdfminer")


def generated(pages: int) -> bytes:
    """A document of full pages; every fifth line holds three values."""
    held = io.BytesIO()
    canvas = Canvas(held, pagesize=A4, invariant=1)
    for page in range(pages):
        canvas.setFont("Helvetica", 10)
        for line in range(55):
            text = f"Line {line} of page {page}: the quick brown fox jumps over the lazy dog, and the order ships."
            if line % 5 == 0:
                text = (
                    f"Customer {page}-{line}: Zebedee Quartermain, zq{page}x{line}@mail.example, "
                    f"212-555-{page % 100:02d}{line:02d}, paid."
                )
            canvas.drawString(50, 800 - 14 * line, text)
        canvas.showPage()
    canvas.save()
    return held.getvalue()


def changes(blob: bytes) -> Changes:
    """All values of the document, as the pipeline would ask for them."""
    edits, gone = [], set()
    for number, segment in enumerate(FORMAT.read(blob, Bounds()).segments):
        for found in VALUES.finditer(segment.text):
            edits.append(Edit(number, Span(*found.span()), "<PERSON_1>"))
            gone.add(found[0])
    return Changes(tuple(edits), {}, tuple(sorted(gone)))


def seconds(what: Callable[[], object]) -> float:
    """The median of a few runs."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        what()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def measured(blob: bytes) -> tuple[int, int, dict[str, float]]:
    """Pages, removed spans and milliseconds a page of each step."""
    wanted = changes(blob)
    out = FORMAT.write(blob, wanted, Bounds())
    pages = len(pypdf.PdfReader(io.BytesIO(blob)).pages)
    steps: dict[str, Callable[[], object]] = {
        "read": lambda: FORMAT.read(blob, Bounds()),
        "write": lambda: FORMAT.write(blob, wanted, Bounds()),
        "reread": lambda: FORMAT.reread(out, Bounds()),
        "haystacks": lambda: sum(len(text) for text in FORMAT.haystacks(out)),
        "pypdf": lambda: [p.extract_text() for p in pypdf.PdfReader(io.BytesIO(blob)).pages],
        "pdfminer": lambda: extract_text(io.BytesIO(blob)),
    }
    return pages, len(wanted.edits), {k: 1000 * seconds(v) / pages for k, v in steps.items()}


def main() -> None:
    """Print one line a document, milliseconds a page."""
    sizes = [int(argument) for argument in sys.argv[1:]] or [10, 100]
    documents = [("letter.pdf", LETTER.read_bytes())]
    documents += [(f"{size} pages", generated(size)) for size in sizes]
    print(f"{'ms a page':12}{'pages':>6}{'spans':>7}" + "".join(f"{s:>11}" for s in STEPS))
    for name, blob in documents:
        pages, spans, figures = measured(blob)
        row = "".join(f"{figures[step]:11.1f}" for step in STEPS)
        print(f"{name:12}{pages:6}{spans:7}{row}", flush=True)


if __name__ == "__main__":
    main()
