"""`pii-guard form` draws what verifies, and nothing else."""

from __future__ import annotations

import base64

import pypdf
import pytest
from lxml import html
from typer.testing import CliRunner

from pii_guard.certificate import generate, sign
from pii_guard.cli.app import app
from pii_guard.errors import CertificateError
from tests.certificate.conftest import repacked, statement
from tests.certificate.render.browser import PROGRAM


@pytest.fixture
def certificate(key):
    return sign(statement(), key)


@pytest.fixture
def form(tmp_path, key):
    def call(content, output="form.html", *args):
        (tmp_path / "certificate.json").write_bytes(content)
        trust, target = tmp_path / "issuer.pub", tmp_path / output
        given = [str(tmp_path / "certificate.json"), "--trust", str(trust), "-o", str(target)]
        return CliRunner().invoke(app, ["form", *given, *args]), target

    return call


def test_a_certificate_becomes_a_page_that_carries_it(form, certificate):
    done, target = form(certificate.to_json())
    assert done.exit_code == 0, done.output
    tree = html.document_fromstring(target.read_text("utf-8"))
    (link,) = tree.xpath("//a[@download='certificate.json']/@href")
    assert base64.b64decode(link.partition(",")[2]) == certificate.to_json()
    assert certificate.signer.key_id in tree.text_content()
    assert certificate.certificate_id in tree.text_content()


def test_given_the_copies_it_says_that_they_are_as_certified(form, certificate, stored):
    done, target = form(certificate.to_json(), "form.html", "--artifacts", str(stored))
    assert done.exit_code == 0, done.output
    assert "2 outputs are as certified" in target.read_text("utf-8")


@pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")
@pytest.mark.parametrize(("paper", "width"), [([], 595), (["--paper", "letter"], 612)])
def test_a_pdf_has_the_certificate_attached(form, certificate, paper, width):
    done, target = form(certificate.to_json(), "form.pdf", *paper)
    assert done.exit_code == 0, done.output
    read = pypdf.PdfReader(target)
    assert round(read.pages[0].mediabox.width) == width
    assert read.attachments["certificate.json"] == [certificate.to_json()]


def test_an_altered_certificate_is_refused(form, certificate):
    altered = certificate.payload.replace(b'"VDP-1"', b'"VDP-2"')
    done, target = form(repacked(certificate, altered))
    assert done.exit_code == 1
    assert "no form: signature" in done.output
    assert "VDP-2" not in done.output
    assert not target.exists()


def test_a_certificate_of_a_stranger_is_refused(form, tmp_path):
    stranger = sign(statement(), generate(tmp_path / "stranger.pem"))
    done, target = form(stranger.to_json())
    assert (done.exit_code, target.exists()) == (1, False)


def test_altered_copies_are_refused(form, certificate, stored):
    (stored / "anything0.md").write_bytes(b"of Jane Roe")
    done, target = form(certificate.to_json(), "form.html", "--artifacts", str(stored))
    assert (done.exit_code, target.exists()) == (1, False)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"a": 1, "a": 2}'])
def test_what_is_no_certificate_is_malformed(form, content):
    done, target = form(content)
    assert (done.exit_code, target.exists()) == (3, False)


def test_an_earlier_form_stays_where_a_later_one_is_refused(form, certificate):
    _, target = form(certificate.to_json())
    before = target.read_bytes()
    form(b"{}")
    assert target.read_bytes() == before


@pytest.mark.parametrize(
    ("output", "said"),
    [("form.docx", "neither .html nor .pdf"), ("nowhere/form.html", "cannot be written")],
)
def test_an_output_that_cannot_be_is_a_usage_error(form, certificate, output, said):
    done, _ = form(certificate.to_json(), output)
    assert isinstance(done.exception, CertificateError)
    assert said in str(done.exception)
    assert done.exception.exit_code == 2
