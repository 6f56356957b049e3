"""A form as PDF: by either program, without network, with the signed file attached."""

from __future__ import annotations

import sys
import tempfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pypdf
import pytest

from pii_guard import paper
from pii_guard.certificate.render import render_html
from pii_guard.errors import CertificateError
from tests.certificate.render.browser import PROGRAM
from tests.certificate.render.samples import shown

FILE = b'{"signed": "<file>"}'


def drawn_by_chromium(page):
    if PROGRAM is None:
        pytest.skip("Chromium is not installed")
    return paper.by_chromium(page, PROGRAM)


def drawn_by_weasyprint(page):
    weasyprint = paper._weasyprint()
    if weasyprint is None:
        pytest.skip("WeasyPrint or its Pango is not installed")
    return paper.by_weasyprint(page, weasyprint)


@pytest.fixture(params=[drawn_by_chromium, drawn_by_weasyprint])
def draw(request, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield request.param
    assert not list(tmp_path.glob("pii-guard-*"))  # nothing stays behind


@pytest.mark.parametrize(("size", "points"), [("a4", (595, 842)), ("letter", (612, 792))])
def test_it_is_the_same_page_on_paper_with_the_signed_file_attached(
    draw, size, points, monkeypatch
):
    page = draw(render_html(shown(), paper=size, embed=False))
    monkeypatch.setattr(paper, "_drawn", lambda _: page)
    read = pypdf.PdfReader(BytesIO(paper.pdf("", title="A title", attached={"bundle.json": FILE})))
    assert (round(read.pages[0].mediabox.width), round(read.pages[0].mediabox.height)) == points
    said = " ".join(" ".join(one.extract_text() for one in read.pages).split())
    assert "Exceptions, and what this does not cover" in said
    assert "its blocks may still be on the disk" in said
    assert 3 <= len(read.pages) <= 6
    assert read.attachments["bundle.json"] == [FILE]
    assert read.xmp_metadata.dc_title["x-default"] == "A title"


def test_nothing_is_fetched(draw):
    """A page that asks for a file beside it and for a host gets neither."""
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "secret.svg"
        secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="9">LEAKED</text></svg>')
        policy = render_html(shown()).partition("<style>")[0]
        made = draw(
            f"{policy}</head><body>kept<img src='{secret.as_uri()}'>"
            "<img src='http://127.0.0.1:9/x.png'></body></html>"
        )
    said = pypdf.PdfReader(BytesIO(made)).pages[0].extract_text()
    assert "kept" in said
    assert "LEAKED" not in said


def test_without_a_program_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    monkeypatch.setattr(paper, "_PROGRAMS", ("no-such-program-here",))
    with pytest.raises(CertificateError, match="no program that makes PDF") as caught:
        paper.pdf("<p>", title="", attached={})
    assert "form-pdf" in caught.value.remedy


@pytest.mark.parametrize("program", ["false", "true"])
def test_a_program_that_makes_nothing_is_a_clear_error(program):
    with pytest.raises(CertificateError, match="Chromium made no PDF"):
        paper.by_chromium("<p>", f"/bin/{program}")


def test_weasyprint_without_its_libraries_leaves_it_to_chromium(monkeypatch, tmp_path, capsys):
    broken = tmp_path / "weasyprint.py"
    broken.write_text("print('could not import some external libraries')\nraise OSError('pango')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(paper, "by_chromium", lambda page, browser: b"by chromium")
    monkeypatch.setattr(paper, "_PROGRAMS", ("true",))
    assert paper._drawn("<p>") == b"by chromium"
    assert capsys.readouterr().out == ""


def test_weasyprint_that_fails_is_a_clear_error_that_quotes_nothing():
    def fails(**_):
        raise RuntimeError("of Jane Roe")

    broken = SimpleNamespace(urls=SimpleNamespace(URLFetcher=lambda **_: None), HTML=fails)
    with pytest.raises(CertificateError, match="WeasyPrint made no PDF: RuntimeError") as caught:
        paper.by_weasyprint("<p>", broken)
    assert "Jane" not in repr(caught.value)


def test_what_is_no_pdf_is_a_clear_error(monkeypatch):
    monkeypatch.setattr(paper, "_drawn", lambda _: b"<html>")
    with pytest.raises(CertificateError, match="is no PDF"):
        paper.pdf("<p>", title="", attached={})
