"""Builds small PDFs from raw content, removes values, and looks for what is left with foreign eyes."""

from __future__ import annotations

import io
import re

import pikepdf
import pypdf
import pypdfium2
from pdfminer.high_level import extract_text
from pikepdf import Array, Dictionary, Name

from pii_guard.document import Changes, Edit, Span
from pii_guard.formats.base import Bounds
from pii_guard.formats.pdf import FORMAT

BOUNDS = Bounds()
NAME = "Zebedee Quartermain"
WORDS = ("zebedee", "quartermain")


def made(content: bytes | list[bytes], change=None, pages: int = 1, **save) -> bytes:
    """A PDF whose pages show `content` with Helvetica as /F1; `change(pdf)` edits it."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica,
                   Encoding=Name.WinAnsiEncoding)
    )  # fmt: skip
    for _ in range(pages):
        page = pdf.add_blank_page(page_size=(600, 800))
        page.obj.Resources = Dictionary(Font=Dictionary(F1=font))
        parts = [content] if isinstance(content, bytes) else content
        page.obj.Contents = Array([pdf.make_stream(part) for part in parts])
    if change is not None:
        change(pdf)
    held = io.BytesIO()
    pdf.save(held, **save)
    return held.getvalue()


def line(text: str = f"Dear {NAME}, hello", x: int = 72, y: int = 700) -> bytes:
    """Content that shows one line."""
    return b"BT /F1 12 Tf %d %d Td (%s) Tj ET\n" % (x, y, text.encode("latin-1"))


def form(pdf, content: bytes, **entries):
    """A form XObject with /F1 of the first page."""
    resources = Dictionary(Font=pdf.pages[0].obj.Resources.Font)
    return pdf.make_stream(
        content, Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 600, 800],
                            Resources=resources, **entries)
    )  # fmt: skip


def edits_for(blob: bytes, value: str = NAME) -> tuple[Edit, ...]:
    """An edit for each place where a segment shows the value, over line ends too."""
    pattern = re.compile(r"\s".join(map(re.escape, value.split())))
    return tuple(
        Edit(number, Span(*found.span()), "<PERSON_1>")
        for number, segment in enumerate(FORMAT.read(blob, BOUNDS).segments)
        for found in pattern.finditer(segment.text)
    )


def without(blob: bytes, value: str = NAME) -> bytes:
    """The file with the value replaced wherever reading shows it, children in the same way."""
    edits = edits_for(blob, value)
    assert edits, "the fixture does not show the value"
    children = {
        n: c.blob.replace(value.encode(), b"<PERSON_1>")
        for n, c in enumerate(FORMAT.read(blob, BOUNDS).children)
    }
    return FORMAT.write(blob, Changes(edits, children, (value,)), BOUNDS)


def texts(blob: bytes) -> dict[str, str]:
    """What three extractors read."""
    document = pypdfium2.PdfDocument(blob)
    return {
        "pdfium": "\n".join(p.get_textpage().get_text_range() for p in document),
        "pdfminer": extract_text(io.BytesIO(blob)),
        "pypdf": "\n".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(blob)).pages),
    }


def bodies(blob: bytes) -> list[bytes]:
    """The raw bytes, every stream decompressed, every object as qpdf writes it."""
    found = [blob]
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        for item in [*pdf.objects, pdf.trailer]:
            if isinstance(item, pikepdf.Stream):
                if item.get("/Subtype") != Name.Image:
                    found.append(item.read_bytes())
                entries = dict(item.items())
                found.append(repr(entries).encode())
            elif isinstance(item, (Dictionary, Array)):
                found.append(item.unparse())
                found += [str(value).encode() for value in _strings(item)]
    return found


def _strings(item, depth: int = 0):
    values = item.items() if isinstance(item, (Dictionary, pikepdf.Stream)) else enumerate(item)
    for key, value in values:
        yield str(key)
        if isinstance(value, (pikepdf.String, Name)):
            yield str(value)
        elif isinstance(value, (Dictionary, Array)) and not value.is_indirect and depth < 50:
            yield from _strings(value, depth + 1)


def left(blob: bytes, words: tuple[str, ...] = WORDS) -> list[str]:
    """Where any of the words is still to be found, in any spelling; empty when nowhere."""
    places = []
    for reader, text in texts(blob).items():
        squeezed = "".join(c for c in text.lower() if c.isalnum())
        places += [f"{reader}: {w}" for w in words if w in squeezed or w[::-1] in squeezed]
    for number, body in enumerate(bodies(blob)):
        low = body.lower()
        shown = re.sub(rb"[^a-z0-9]", b"", low.replace(b"\0", b""))
        bare = re.sub(rb"\)[\s\d.-]*\(|[<>\s]", b"", low)
        for word in words:
            one = word.encode()
            wide = word.encode("utf-16-be")
            forms = (one, one[::-1], wide, one.hex().encode(), wide.hex().encode())
            if any(form in low or form in bare for form in forms) or one in shown:
                places.append(f"body {number}: {word}")
    return places
