"""Milliseconds a page to read, rewrite and prove a PDF, beside pypdf's and pdfminer's text extraction.

    python tests/benchmarks/pdf_speed.py [PAGES ...]

Documents: the example letter, and generated ones of 10 and 100 pages (or PAGES) with 55 full lines a
page, of which every fifth holds a name, an e-mail address and a telephone number; all are removed.
"haystacks" is what proving searches besides what `reread` returns. Medians of three runs, in one
process, of CPU time; nothing is cached between runs.

Then what pages cost that are edited and pages that are rebuilt as pictures, and how many of the
planted files of `tests/fixtures/pdf.py`, of the example and of the PDF files of FOLDER (`--real FOLDER`)
needed the latter.
"""

from __future__ import annotations

import collections
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

from pii_guard import Guard  # noqa: E402
from pii_guard.document import Changes, Edit, Span  # noqa: E402
from pii_guard.formats.base import Bounds  # noqa: E402
from pii_guard.formats.pdf import FORMAT, _pictured  # noqa: E402
from pii_guard.formats.pdf.search import Values  # noqa: E402
from tests.fixtures.pdf import planted  # noqa: E402

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
        begun = time.process_time()
        what()
        times.append(time.process_time() - begun)
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


def is_picture(page: pypdf.PageObject) -> bool:
    """Whether it was rebuilt as a picture."""
    contents = page.get_contents()
    return contents is not None and contents.get_data().rstrip().endswith(b"/P Do Q")


def fallback(folder: Path | None) -> None:
    """Print the share of pages that became pictures, and what one costs beside an edited one."""
    guard = Guard()
    files = [one.blob for one in planted()] + [LETTER.read_bytes()]
    if folder is not None:
        files += [path.read_bytes() for path in sorted(folder.rglob("*.pdf"))]
    pages = pictured = 0
    verdicts: collections.Counter[str] = collections.Counter()
    for blob in files:
        result = guard.redact(blob, name="a.pdf")
        verdicts[result.verdict] += 1
        if result.verdict == "redacted":
            shown = pypdf.PdfReader(io.BytesIO(result.output)).pages
            pages += len(shown)
            pictured += sum(map(is_picture, shown))
    print(
        f"\n{len(files)} files: {dict(verdicts)}; {pictured} of {pages} pages rebuilt as pictures"
    )
    blob = generated(10)
    wanted = changes(blob)
    edited = FORMAT.write(blob, wanted, Bounds())
    every = dict.fromkeys(range(10), ())
    rebuilt = _pictured(blob, Values(wanted.gone), every)
    print(f"{'':12}{'ms a page':>10}{'KiB a page':>11}")
    for name, out, run in (
        ("edited", edited, lambda: FORMAT.write(blob, wanted, Bounds())),
        ("picture", rebuilt, lambda: _pictured(blob, Values(wanted.gone), every)),
    ):
        print(f"{name:12}{100 * seconds(run):10.1f}{len(out) / 10240:11.1f}")


def main() -> None:
    """Print one line a document, milliseconds a page."""
    arguments = sys.argv[1:]
    folder = Path(arguments.pop(arguments.index("--real") + 1)) if "--real" in arguments else None
    sizes = [int(one) for one in arguments if one != "--real"] or [10, 100]
    documents = [("letter.pdf", LETTER.read_bytes())]
    documents += [(f"{size} pages", generated(size)) for size in sizes]
    print(f"{'ms a page':12}{'pages':>6}{'spans':>7}" + "".join(f"{s:>11}" for s in STEPS))
    for name, blob in documents:
        pages, spans, figures = measured(blob)
        row = "".join(f"{figures[step]:11.1f}" for step in STEPS)
        print(f"{name:12}{pages:6}{spans:7}{row}", flush=True)
    fallback(folder)


if __name__ == "__main__":
    main()
