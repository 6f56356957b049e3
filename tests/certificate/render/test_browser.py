"""The form in a real browser: it fetches nothing, complains of nothing, fits, and prints well."""

from __future__ import annotations

from io import BytesIO

import pypdf
import pytest
from PIL import Image

from pii_guard.certificate.render import render_html
from tests.certificate.render.browser import PROGRAM, Browser
from tests.certificate.render.samples import artifact, finding, shown, statement

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")
PAPERS = {"a4": (8.27, 11.69), "letter": (8.5, 11.0)}
WIDE = statement(
    artifacts=[
        artifact(n, "application/vnd.apache.parquet", output="parquet") for n in range(1, 40)
    ],
    findings=[finding(n, n, "health", "HEALTH_INSURANCE_ID", [n], cut=True) for n in range(1, 40)],
    case={"ref": "V" * 64, "policy": {"uri": "https://acme.example/" + "x" * 200}},
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.fixture(scope="module", params=["rich", "wide"])
def form(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("form") / "form.html"
    signed = WIDE if request.param == "wide" else None
    path.write_text(render_html(shown(signed)), "utf-8")
    return path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_it_fits_its_window_and_asks_for_nothing(browser, form, width, dark):
    browser.open(form, width=width, dark=dark)
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.evaluate(over) == 0
    beyond = (
        "[...document.querySelectorAll('main *')].filter(e => !e.closest('thead, svg') && "
        "e.getBoundingClientRect().right > document.querySelector('main').getBoundingClientRect().right)"
        ".map(e => e.outerHTML.slice(0, 80))"
    )
    assert browser.evaluate(beyond) == []
    assert browser.asked == [form.as_uri()]
    assert browser.complaints == []


def test_the_colours_follow_the_readers_scheme(browser, form):
    grounds = []
    for dark in (False, True):
        browser.open(form, dark=dark)
        picture = Image.open(BytesIO(browser.screenshot())).convert("L")
        assert picture.height > 2000
        assert len(set(picture.crop((300, 0, 900, 900)).tobytes())) > 20
        grounds.append(picture.getpixel((2, 2)))
    assert grounds[0] > 200
    assert grounds[1] < 50


@pytest.mark.parametrize("paper", PAPERS)
def test_it_prints_on_a_few_pages_that_say_what_they_belong_to(browser, form, paper):
    browser.open(form, dark=True)
    read = pypdf.PdfReader(BytesIO(browser.pdf(PAPERS[paper])))
    assert 2 <= len(read.pages) <= 8
    for number, page in enumerate(read.pages, 1):
        said = page.extract_text()
        assert "urn:uuid:5b1f6c1e-3d0e-4b52-9a55-0d4b6c0a7f11" in said
        assert f"Page {number} / {len(read.pages)}" in said
        size = (float(page.mediabox.width) / 72, float(page.mediabox.height) / 72)
        assert size == pytest.approx(PAPERS[paper], abs=0.02)
    assert "Save the signed file" not in "".join(page.extract_text() for page in read.pages)
