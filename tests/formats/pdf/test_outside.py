"""What poppler, qpdf and pdfium make of the output: tools that had no part in writing it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import pypdfium2
import pytest
from PIL import ImageChops

from tests.fixtures import CANARY, KEPT, Planted
from tests.fixtures.pdf import planted

ROOT = Path(__file__).parents[3]
POPPLER = shutil.which("pdftotext") and shutil.which("pdfinfo") and shutil.which("pdfdetach")
FILES = [one for one in planted() if one.refused is None]
SHOWN_TOP = 740
"""Of the fixtures: above it stands only the line that is kept."""


@pytest.fixture(scope="module")
def outputs(guard_of_module):
    return {one.place: guard_of_module.redact(one.blob, name=one.name).output for one in FILES}


@pytest.fixture(scope="module")
def guard_of_module():
    from pii_guard import Guard

    return Guard()


def said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def told_by_poppler(path: Path) -> str:
    """All that poppler tells of a file: text in two orders, properties, structure, attached files."""
    files = path.with_suffix(".files")
    files.mkdir()
    parts = [
        said("pdftotext", "-layout", str(path), "-"),
        said("pdftotext", "-raw", str(path), "-"),
        said("pdfinfo", "-meta", str(path)),
        said("pdfinfo", "-js", str(path)),
        said("pdfinfo", "-dests", str(path)),
        said("pdfinfo", "-url", str(path)),
        said("pdfinfo", "-struct-text", str(path)),
        said("pdfinfo", str(path)),
        said("pdfdetach", "-list", str(path)),
        said("pdfdetach", "-saveall", "-o", str(files), str(path)),
    ]
    parts += [
        one.name + one.read_text("utf-8", "replace") for one in files.iterdir() if one.is_file()
    ]
    return "\n".join(parts)


def squeezed(text: str) -> str:
    return re.sub(r"\W", "", text.lower())


@pytest.mark.skipif(not POPPLER, reason="poppler is not installed")
@pytest.mark.parametrize("one", FILES, ids=str)
def test_poppler_tells_nothing_of_it(outputs, tmp_path, one: Planted):
    before, after = tmp_path / "before.pdf", tmp_path / "after.pdf"
    before.write_bytes(one.blob)
    after.write_bytes(outputs[one.place])
    told = told_by_poppler(after)
    assert squeezed(CANARY) not in squeezed(told)
    assert KEPT in told
    pages = re.compile(r"^Pages:\s+(\d+)", re.MULTILINE)
    assert pages.findall(told) == pages.findall(said("pdfinfo", str(before)))


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
@pytest.mark.parametrize("one", FILES, ids=str)
def test_qpdf_finds_it_sound(outputs, tmp_path, one: Planted):
    path = tmp_path / "after.pdf"
    path.write_bytes(outputs[one.place])
    done = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def drawn(blob: bytes):
    return [
        p.render(scale=1, may_draw_forms=True).to_pil().convert("L")
        for p in pypdfium2.PdfDocument(blob)
    ]


def shows_it(blob: bytes) -> bool:
    """Whether a page draws the value, or a thing whose look is made of it."""
    texts = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(blob)]
    return CANARY in "".join(texts)


@pytest.mark.parametrize("one", FILES, ids=str)
def test_pages_look_the_same_outside_the_line(outputs, one: Planted):
    before, after = drawn(one.blob), drawn(outputs[one.place])
    assert len(before) == len(after)
    for was, now in zip(before, after, strict=True):
        assert was.size == now.size
        changed = ImageChops.difference(was, now).point(lambda level: level > 24 and 255).getbbox()
        if changed is None:
            continue
        # Only where a value was drawn may it look otherwise, and never where the kept line stands.
        assert shows_it(one.blob) or "/AP" in one.blob.decode("latin-1") or DRAWN & {one.place}
        assert changed[1] > was.height - SHOWN_TOP


DRAWN = {
    "tiling pattern", "Type 3 glyph", "annotation", "annotation appearance", "form field", "XFA",
    "choice field", "rich text of an annotation", "object stream", "sound", "movie", "ActualText",
}  # fmt: skip


@pytest.mark.skipif(not POPPLER, reason="poppler is not installed")
def test_the_example_letter_is_clean_to_poppler(guard_of_module, tmp_path):
    blob = (ROOT / "examples" / "reports" / "idor" / "letter.pdf").read_bytes()
    path = tmp_path / "letter.pdf"
    path.write_bytes(guard_of_module.redact(blob, name="letter.pdf").output)
    told = told_by_poppler(path)
    for value in (
        "Ortega",
        "536-22-8417",
        "maria.fernandez@mail.example",
        "212-555-0147",
        "NG20931774",
    ):
        assert squeezed(value) not in squeezed(told)
    assert "from the address we have on record" in told
    assert len(pypdfium2.PdfDocument(io.BytesIO(blob))) == len(pypdfium2.PdfDocument(path))
