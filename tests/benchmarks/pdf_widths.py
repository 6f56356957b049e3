"""What the gap tells: how many names of a list fit what is left of a PDF, before and after.

    python -m tests.benchmarks.pdf_widths [NAMES]

Each of NAMES names (2,000 unless told) from the lists of our generator is set in the same document
in the ways that PDF writers set text, and taken out. Whoever knows the document, the setting and the
list, but not the name, can try every name of the list: those whose output is the same are the
candidates. "exact" is the gap as wide as the name, to a hundredth of a unit, as cutting glyphs out
leaves it; "ours" compares all that our output holds: every number and text of its content, every
place of an annotation, rounded to a tenth of a unit. (Fonts are no part of it; see `subsets.py`.)
Printed: the median of candidates over the names, and the share of names that are told apart from all
others.
"""

from __future__ import annotations

import collections
import io
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name
from reportlab.pdfbase.pdfmetrics import stringWidth

from pii_guard.document import Changes, Edit, Span
from pii_guard.formats.base import Bounds
from pii_guard.formats.pdf import FORMAT

LISTS = Path(__file__).parents[2] / "models" / "generate" / "lists" / "regions"
REST = "your order of two lamps has shipped"
RIGHT = 520.0
Setting = Callable[[str, str], tuple[bytes, list[list[float]]]]


def names(count: int) -> list[str]:
    """Full names of the lists that Helvetica can set, the same ones each time."""
    drawn = random.Random(4)
    pairs = set()
    for path in sorted(LISTS.glob("*.txt")):
        lists = dict(
            re.findall(r"(?ms)^(given|family):?\s*(.*?)(?=^\w+:|^\[|\Z)", path.read_text("utf-8"))
        )
        words = {
            key: [
                w
                for w in re.split(r"[|\n,]\s*|\s{2,}|\s", text)
                if re.fullmatch(r"[A-Z][a-z]{1,12}", w)
            ]
            for key, text in lists.items()
        }
        if words.get("given") and words.get("family"):
            for _ in range(count):
                pairs.add(f"{drawn.choice(words['given'])} {drawn.choice(words['family'])}")
    return sorted(drawn.sample(sorted(pairs), min(count, len(pairs))))


def wide(text: str, font: str, size: float = 12) -> float:
    return stringWidth(text, font, size)


def shown(text: str, x: float, y: float, before: str = "") -> str:
    return f"BT /F1 12 Tf {before} {x:.3f} {y} Td ({text}) Tj ET\n"


def middle(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """In the middle of one string."""
    return shown(f"Dear {name}, {REST}", 72, 700).encode(), []


def ending(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """At the end of a line."""
    return shown(f"With thanks to {name}", 72, 700).encode(), []


def by_td(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """What follows is placed by Td."""
    x = wide(f"Dear {name}", font)
    return f"BT /F1 12 Tf 72 700 Td (Dear {name}) Tj {x:.3f} 0 Td (, {REST}) Tj ET".encode(), []


def by_tm(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """What follows is placed by Tm, in a text object of its own."""
    x = 72 + wide(f"Dear {name}", font)
    return (
        shown(f"Dear {name}", 72, 700) + f"BT 1 0 0 1 {x:.3f} 700 Tm (, {REST}) Tj ET"
    ).encode(), []


def kerned(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """Letters kerned by TJ."""
    pairs = "".join(f"({a}){10 * (ord(a) % 5) - 20}" for a in f"Dear {name}, hello")
    return f"BT /F1 12 Tf 72 700 Td [{pairs}] TJ ET".encode(), []


def spaced(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """Letters set apart by Tc."""
    return shown(f"Dear {name}, {REST}", 72, 700, "1.3 Tc").encode(), []


def at_the_right(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """Lines that end at one margin."""
    lines = ["The warehouse of lamps", f"sent to {name}, Kent", "on the third of May"]
    return "".join(
        shown(line, RIGHT - wide(line, font), 700 - 16 * n) for n, line in enumerate(lines)
    ).encode(), []


def centred(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """One line in the middle of the page."""
    line = f"Certificate of {name}, lamps"
    return shown(line, 300 - wide(line, font) / 2, 700).encode(), []


LINES = (
    "The quick brown fox jumps over the lazy dog that sleeps in front of the house and",
    "nobody has told {name} by now that two lamps and a chair were",
    "shipped to the house by the river where nobody has ever lived before the last war",
)


def justified(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """Lines from margin to margin, by the width of spaces (Tw)."""
    out = ""
    for n, line in enumerate(LINES):
        text = line.format(name=name)
        space = (RIGHT - 72 - wide(text, font)) / text.count(" ")
        out += shown(text, 72, 700 - 16 * n, f"{space:.4f} Tw")
    return out.encode(), []


def justified_tj(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """Lines from margin to margin, by moves between words."""
    out = ""
    for n, line in enumerate(LINES):
        words = line.format(name=name).split()
        space = (RIGHT - 72 - sum(wide(w, font) for w in words)) / (len(words) - 1)
        parts = f"){-space / 12 * 1000:.3f}(".join(words)
        out += f"BT /F1 12 Tf 72 {700 - 16 * n} Td [({parts})] TJ ET\n"
    return out.encode(), []


def cells(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """A table: names at the left of a column, others at the right of the next."""
    rows = [("Anna Ford", "lamp"), (name, "two lamps"), ("Nobody Else", "a chair")]
    out = ""
    for n, (who, what) in enumerate(rows):
        out += shown(who, 72, 700 - 16 * n) + shown(what, 400 - wide(what, font), 700 - 16 * n)
    return out.encode(), []


def right_cells(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """A table whose names stand at the right of their column."""
    rows = ["Anna Ford", name, "Nobody Else"]
    out = "".join(shown(who, 300 - wide(who, font), 700 - 16 * n) for n, who in enumerate(rows))
    return out.encode(), []


def alone(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """At the right margin with no other line to tell so (a limit of ours)."""
    return shown(name, RIGHT - wide(name, font), 700).encode(), []


def marked(name: str, font: str) -> tuple[bytes, list[list[float]]]:
    """Underlined, on a coloured ground, in a link."""
    x, w = 72 + wide("Dear ", font), wide(name, font)
    back = f"1 1 0 rg {x:.3f} 697 {w:.3f} 13 re f 0 g {x:.3f} 698 m {x + w:.3f} 698 l S\n"
    return (back + shown(f"Dear {name}, {REST}", 72, 700)).encode(), [[x, 696, x + w, 711]]


SETTINGS: tuple[tuple[str, str, Setting], ...] = (
    ("in a string, Helvetica", "Helvetica", middle),
    ("in a string, Times", "Times-Roman", middle),
    ("in a string, Courier", "Courier", middle),
    ("before Td", "Helvetica", by_td),
    ("before Tm", "Helvetica", by_tm),
    ("kerned by TJ", "Helvetica", kerned),
    ("letters apart (Tc)", "Helvetica", spaced),
    ("ends a line", "Helvetica", ending),
    ("set right", "Helvetica", at_the_right),
    ("set in the middle", "Helvetica", centred),
    ("justified by Tw", "Helvetica", justified),
    ("justified by TJ", "Helvetica", justified_tj),
    ("table, left", "Helvetica", cells),
    ("table, right", "Helvetica", right_cells),
    ("underline, ground, link", "Helvetica", marked),
    ("right, alone", "Helvetica", alone),
)


def document(content: bytes, links: list[list[float]], font: str) -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(600, 800))
    page.obj.Resources = Dictionary(Font=Dictionary(F1=Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/" + font),
        Encoding=Name.WinAnsiEncoding)))  # fmt: skip
    page.obj.Contents = pdf.make_stream(content)
    if links:
        page.obj.Annots = Array([
            Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array(rect),
                       QuadPoints=Array([rect[0], rect[3], rect[2], rect[3], rect[0], rect[1], rect[2], rect[1]]))
            for rect in links])  # fmt: skip
    held = io.BytesIO()
    pdf.save(held, static_id=True)
    return held.getvalue()


def left(blob: bytes) -> str:
    """All that a PDF's pages hold, numbers rounded to a tenth."""
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        page = pdf.pages[0]
        contents = page.obj.Contents
        streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
        parts = [one.read_bytes() for one in streams]
        parts += [one.unparse() for one in page.obj.get("/Annots", ())]
    text = b"\n".join(parts).decode("latin-1")
    return re.sub(r"-?\d*\.\d+", lambda number: f"{float(number[0]):.1f}", text)


def redacted(blob: bytes, name: str) -> bytes:
    edits = [
        Edit(number, Span(*found.span()), "<PERSON_1>")
        for number, segment in enumerate(FORMAT.read(blob, Bounds()).segments)
        for found in re.finditer(re.escape(name), segment.text)
    ]
    return FORMAT.write(blob, Changes(tuple(edits), {}, (name,)), Bounds())


def candidates(classes: Iterable[object]) -> tuple[float, float]:
    """The median of how many share a class, and the share of those alone in one."""
    counted = collections.Counter(classes)
    sizes = sorted(size for size in counted.values() for _ in range(size))
    return statistics.median(sizes), sum(size == 1 for size in sizes) / len(sizes)


def main() -> None:
    """Print a line for each setting."""
    listed = names(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
    begun = time.process_time()
    print(
        f"{len(listed)} names      {'exact: median':>24}{'unique':>8}{'ours: median':>16}{'unique':>8}"
    )
    for title, font, setting in SETTINGS:
        exact = {name: round(wide(name, font), 2) for name in listed}
        # Kerns between letters make up the width, too.
        if setting is kerned:
            exact = {n: (exact[n], sum(ord(c) % 5 for c in n), len(n)) for n in listed}
        elif setting is spaced:
            exact = {n: (round(exact[n] + 1.3 * len(n), 2)) for n in listed}
        ours: dict[object, str] = {}
        for name in listed:
            if exact[name] not in ours:
                content, links = setting(name, font)
                ours[exact[name]] = left(redacted(document(content, links, font), name))
        before, alone_before = candidates(exact.values())
        after, alone_after = candidates(ours[exact[name]] for name in listed)
        print(
            f"{title:26}{before:14.0f}{alone_before:8.1%}{after:16.0f}{alone_after:8.1%}",
            flush=True,
        )
    print(f"{time.process_time() - begun:.0f} s of CPU time")


if __name__ == "__main__":
    main()
